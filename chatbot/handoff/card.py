"""The card an agent gets: who, what was asked, why it was handed over, and what to do. Pure.

The whole is on the page of the conversation; this is the extract that fits a template card (WeCom
developer documentation, 发送应用消息/模板卡片消息): title, the last question, six lines, earlier
turns or the filled form, one draft, a list of colleagues, three buttons, and two links to the
console: to the conversation, and to it with the form of a case open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from chatbot.store.staff_messages import Place
from chatbot.store.turns import Turn
from chatbot.texts import Texts
from chatbot.wecom.cards import (
    CARD_LINES,
    CARD_OPTIONS,
    CARD_VALUE,
    Card,
    CardButton,
    CardChoice,
    CardLine,
    CardLink,
    CardQuote,
    button_card,
)
from chatbot.wecom.splitting import clip_characters

_TURNS_SHOWN = 3
_LEAST_NAME = 6

#: Whether the customer who waits was told so just now, can still be told, or never again before
#: somebody answers: the platform lets one message through.
Informed = Literal["now", "later", "never"]

#: What a button's event says, and the key of the list of colleagues.
TAKE, PASS, LATER, COLLEAGUE = "take", "pass", "later", "colleague"
#: A card that was put off comes again after this long.
PUT_OFF = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply that may be sent as it is; ``confidence`` is None where it was decided already."""

    text: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody the conversation can be given to."""

    userid: str
    name: str


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the card tells.

    ``messages_left`` and ``time_left`` are what the platform still lets through to the customer.
    """

    customer: str
    account: str
    reason: str  # a reason code
    priority: str
    turns: Sequence[Turn]  # oldest first; the last one led to the handoff
    page_url: str
    console_url: str  # leads to the conversation in the console
    place: Place
    messages_left: int
    time_left: timedelta
    servicer: str = ""
    drafts: Sequence[Draft] = ()
    colleagues: Sequence[Colleague] = ()
    tags: Sequence[str] = ()
    stage: str = ""  # of the customer's life with the brand
    duty_phone: str = ""  # whom to call about what is urgent
    informed: Informed = "later"


def handoff_card(facts: CardFacts, texts: Texts, task_id: str) -> Card:
    """Return the ``template_card`` object of a message to staff."""
    urgent = facts.priority == "urgent"
    return button_card(
        texts.card_title_urgent if urgent else texts.card_title,
        (facts.turns[-1].text if facts.turns else "") or texts.card_no_words,
        task_id=task_id,
        buttons=_buttons(facts, texts),
        url=facts.page_url,
        lines=_lines(facts, texts),
        links=[
            CardLink(texts.card_case, f"{facts.console_url}?case"),
            CardLink(texts.card_console, facts.console_url),
        ],
        subtitle="\n".join(_before(facts)),
        quote=_quote(facts, texts),
        choice=_choice(facts, texts),
    )


def card_outcome(outcome: str, by: str | None, texts: Texts) -> str:
    """Return what the buttons of a card become; ``by`` is the name of who did it."""
    caption = str(getattr(texts, f"card_outcome_{outcome}", texts.card_outcome_moved))
    return caption.format(by=by or texts.card_somebody)


def time_in_words(left: timedelta, texts: Texts) -> str:
    """Return how long there is still, in hours, or in minutes where it is less than one."""
    minutes = max(0, int(left.total_seconds()) // 60)
    if minutes >= 60:
        return texts.card_hours.format(hours=minutes // 60)
    return texts.card_minutes.format(minutes=minutes)


def _lines(facts: CardFacts, texts: Texts) -> list[CardLine]:
    left = texts.card_left.format(
        messages=facts.messages_left, time=time_in_words(facts.time_left, texts)
    )
    lines = [
        CardLine(texts.card_customer, _customer(facts, texts)),
        CardLine(texts.card_reason, texts.handoff_reason(facts.reason)),
        CardLine(texts.card_place, _place(facts, texts)),
        CardLine(texts.card_account, facts.account),
        CardLine(texts.card_budget, left if facts.time_left > timedelta() else texts.card_closed),
    ]
    if facts.duty_phone:
        lines.insert(0, CardLine(texts.card_duty_phone, facts.duty_phone))
    elif facts.tags:
        lines.append(CardLine(texts.card_tags, "、".join(facts.tags)))
    return [line for line in lines if line.value][:CARD_LINES]


def _customer(facts: CardFacts, texts: Texts) -> str:
    """Return who it is and in which stage; of a long name the stage is what is read."""
    if not facts.stage:
        return facts.customer
    rest = texts.card_staged.format(name="", stage=facts.stage)
    name = clip_characters(facts.customer, max(_LEAST_NAME, CARD_VALUE - len(rest)))
    return texts.card_staged.format(name=name, stage=facts.stage)


def _before(facts: CardFacts) -> list[str]:
    """Return the form as it was filled, or the customer's earlier words, a line each."""
    if facts.turns and facts.turns[-1].form:
        return [f"{title}：{value}" for title, value in facts.turns[-1].form]
    earlier = [" ".join(turn.text.split()) for turn in facts.turns[:-1] if turn.text]
    return earlier[-_TURNS_SHOWN:]


def _quote(facts: CardFacts, texts: Texts) -> CardQuote | None:
    if not facts.drafts:
        return None
    draft = facts.drafts[0]
    title = texts.card_draft
    if draft.confidence is not None:
        title = texts.card_draft_sure.format(percent=min(99, round(100 * draft.confidence)))
    return CardQuote(title, draft.text, facts.page_url)


def _choice(facts: CardFacts, texts: Texts) -> CardChoice | None:
    options = [(each.userid, each.name or each.userid) for each in facts.colleagues]
    if not options:
        return None
    return CardChoice(COLLEAGUE, texts.card_colleague, options[:CARD_OPTIONS])


def _buttons(facts: CardFacts, texts: Texts) -> list[CardButton]:
    buttons = [CardButton(texts.card_take, TAKE, 1)]
    if facts.colleagues:
        buttons.append(CardButton(texts.card_pass, PASS, 2))
    return [*buttons, CardButton(texts.card_later, LATER, 2)]


def _place(facts: CardFacts, texts: Texts) -> str:
    if facts.place == "assigned":
        return texts.card_assigned.format(servicer=facts.servicer)
    if facts.place == "waiting":
        words = {"now": texts.card_waiting_told, "never": texts.card_waiting_untold}
        return words.get(facts.informed, texts.card_waiting)
    return texts.card_in_pool if facts.place == "pool" else texts.card_failed
