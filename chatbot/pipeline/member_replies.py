"""A decision as messages to a colleague: the app's chat has no menus to tap. Pure.

A menu becomes a text with numbered lines. A colleague who answers with a line's number, or its
words, has picked it, which the dialogue is told as if the line had been tapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.dialogue.choices import chosen
from chatbot.dialogue.decision import (
    Decision,
    ImageReply,
    LinkReply,
    MenuItem,
    MenuReply,
    MiniprogramReply,
    Reply,
    TextReply,
)
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context
from chatbot.forms.step import FormState
from chatbot.pipeline.pictures import reference
from chatbot.texts import Texts
from chatbot.wecom.messages import media_message, text_message
from chatbot.wecom.splitting import clip, split_text

_TITLE_BYTES, _DESCRIPTION_BYTES = 128, 512

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MemberReply:
    """Message bodies in order, and the menu lines that the next message may pick by number."""

    messages: tuple[Json, ...]
    menu: tuple[dict[str, str], ...] = ()


def make_reply(
    snapshot: Snapshot, decision: Decision, context: Context, contacts: Sequence[str] | None
) -> MemberReply:
    """Return what a colleague is sent; ``context`` is the one after the turn.

    ``contacts`` are the names of people to ask when the bot cannot help, None if it can.
    """
    texts, numbered = snapshot.texts, takes_numbers(snapshot, context)
    messages = [body for reply in _said(decision) for body in _bodies(reply, texts, numbered)]
    if contacts is not None:
        messages += _texts(_turned_away(texts, contacts))
    lines = decision.menu.items if decision.menu and numbered and contacts is None else ()
    return MemberReply(tuple(messages), tuple({"id": each.id, "text": each.text} for each in lines))


def _said(decision: Decision) -> Sequence[Reply]:
    """Return what is said; words before a handover promise one, which is not to come.

    They are kept in an emergency, where they say what to do.
    """
    handoff = decision.handoff
    return decision.reply if handoff is None or handoff.priority == "urgent" else ()


def takes_numbers(snapshot: Snapshot, context: Context) -> bool:
    """Return whether a number stands for a line of the menu.

    Not while a form asks for something that a number may itself be the answer to.
    """
    state = FormState.from_json(context.form) if context.form else None
    if state is None or state.confirming or state.asked is None:
        return True
    intent = snapshot.flows.get(state.flow)
    slot = intent.flow.slot(state.asked) if intent and intent.flow else None
    return slot is None or slot.type == "choice"


def picked_line(
    snapshot: Snapshot, menu: Sequence[Mapping[str, str]], said: str
) -> tuple[str, str] | None:
    """Return id and words of the menu line that a message picks, None if it says more."""
    key = snapshot.normaliser.key(said)
    place = int(key) - 1 if key.isdecimal() and len(key) <= 2 else chosen(key, len(menu))
    if place is None:
        keys = [snapshot.normaliser.key(line["text"]) for line in menu]
        place = keys.index(key) if key and key in keys else None
    if place is None or not 0 <= place < len(menu):
        return None
    return menu[place]["id"], menu[place]["text"]


def _turned_away(texts: Texts, contacts: Sequence[str]) -> str:
    if not contacts:
        return texts.member_handoff_alone
    return texts.member_handoff.format(contacts="、".join(contacts))


def _bodies(reply: Reply, texts: Texts, numbered: bool) -> list[Json]:
    match reply:
        case TextReply():
            return _texts(reply.text)
        case ImageReply():
            return [media_message("image", reference(reply.sha256))]
        case LinkReply():
            return [_text_card(reply)]
        case MiniprogramReply():
            return _texts(texts.member_miniprogram.format(title=reply.title))
        case MenuReply():
            return _texts(_menu_text(reply, texts, numbered))


def _texts(text: str) -> list[Json]:
    return [text_message(part) for part in split_text(text)]


def _text_card(link: LinkReply) -> Json:
    """Return a textcard; the platform wants a description."""
    card = {
        "title": clip(link.title, _TITLE_BYTES),
        "description": clip(link.desc or link.title, _DESCRIPTION_BYTES),
        "url": link.url,
    }
    return {"msgtype": "textcard", "textcard": card}


def _menu_text(menu: MenuReply, texts: Texts, numbered: bool) -> str:
    hint = texts.member_menu_hint if numbered else ""
    lines = [menu.head, *_lines(menu.items, numbered), menu.tail, hint]
    return "\n".join(line for line in lines if line)


def _lines(items: Iterable[MenuItem], numbered: bool) -> list[str]:
    return [
        f"{number}. {item.text}" if numbered else f"· {item.text}"
        for number, item in enumerate(items, 1)
    ]
