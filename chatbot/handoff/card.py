"""The card an agent gets: who, what was asked, why it was handed over, where to read on. Pure.

Limits are those of a WeCom template card (developer documentation, 发送应用消息/模板卡片消息).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chatbot.store.turns import Turn
from chatbot.texts import Texts
from chatbot.wecom.cards import Card, CardLine, text_notice

_TURNS_SHOWN = 3


Place = Literal["assigned", "pool", "failed", "waiting"]


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the card tells."""

    customer: str
    account: str
    reason: str  # a reason code
    priority: str
    turns: Sequence[Turn]  # oldest first; the last one led to the handoff
    page_url: str
    place: Place
    servicer: str = ""
    draft: str = ""  # what the bot would have said
    duty_phone: str = ""  # whom to call about what is urgent


def handoff_card(facts: CardFacts, texts: Texts) -> Card:
    """Return the ``template_card`` object of a message to staff."""
    question = facts.turns[-1].text if facts.turns else ""
    urgent = facts.priority == "urgent"
    lines = [
        CardLine(texts.card_customer, facts.customer),
        CardLine(texts.card_account, facts.account),
        CardLine(texts.card_reason, texts.handoff_reason(facts.reason)),
        CardLine(texts.card_place, _place(facts, texts)),
    ]
    if facts.duty_phone:
        lines.append(CardLine(texts.card_duty_phone, facts.duty_phone))
    if facts.draft:
        lines.append(CardLine(texts.card_draft, facts.draft))
    form = [f"{title}：{value}" for title, value in facts.turns[-1].form] if facts.turns else []
    earlier = [turn.text for turn in facts.turns[:-1] if turn.text][-_TURNS_SHOWN:]
    return text_notice(
        texts.card_title_urgent if urgent else texts.card_title,
        question,
        url=facts.page_url,
        lines=lines,
        subtitle="\n".join(form or earlier),
    )


def _place(facts: CardFacts, texts: Texts) -> str:
    if facts.place == "assigned":
        return texts.card_assigned.format(servicer=facts.servicer)
    if facts.place == "waiting":
        return texts.card_waiting
    return texts.card_in_pool if facts.place == "pool" else texts.card_failed
