"""From a decision to messages within the platform's budget. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatbot.dialogue.decision import (
    Decision,
    GivenNotice,
    HandoffRequest,
    ImageReply,
    LinkReply,
    MenuReply,
    MiniprogramReply,
    Reply,
    TextReply,
)
from chatbot.pipeline.pictures import reference
from chatbot.wecom.messages import (
    ClickItem,
    link_message,
    media_message,
    menu_message,
    miniprogram_message,
    text_message,
)
from chatbot.wecom.splitting import split_text

#: One message is never spent by the bot itself: it tells the customer that a person takes over.
RESERVE = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """Customer-service message bodies in order, then a handoff if there is one.

    ``told`` are the notices that stand in front of the first message.
    """

    messages: tuple[dict[str, Any], ...]
    handoff: HandoffRequest | None = None
    told: tuple[GivenNotice, ...] = ()
    #: The turn is only recorded, with what it would have sent; a handoff happens without a word.
    recorded: bool = False
    drafts: tuple[dict[str, Any], ...] = ()


def plan_reply(decision: Decision, handed_over: dict[str, Any], budget_left: int) -> Plan:
    """Plan what is sent for a decision with ``budget_left`` messages.

    An answer that does not fit is not cut: a person takes over instead. Notices in front that do
    not fit wait for the next turn.
    """
    last = (handed_over,) if budget_left > 0 else ()
    allowed = max(0, budget_left - RESERVE)
    messages = to_messages(decision.reply, allowed)
    told = tuple(each for each in decision.notices if each.mode == "prefix")
    if decision.unheaded is not None and len(messages) > allowed:
        messages, told = to_messages(decision.unheaded, allowed), ()
    fits = len(messages) <= allowed
    if decision.handoff is not None:
        said = messages if fits else ()
        return Plan((*said, *last), decision.handoff, told if said else ())
    if not fits:
        return Plan(last, HandoffRequest(None, "normal", "budget"))
    return Plan(messages, told=told)


def plan_record(decision: Decision, *, cared_for: bool, budget: int) -> Plan:
    """Plan for an account whose bot may only draft.

    Unless it is ``cared_for``, because a person, or the pool, has the session or there is nothing
    to answer, a person must get it: nobody else would answer.
    """
    drafts = to_messages(decision.reply, max(0, budget - RESERVE))
    handoff = decision.handoff or HandoffRequest(None, "normal", "mode")
    return Plan((), None if cared_for else handoff, recorded=True, drafts=drafts)


def to_messages(replies: Sequence[Reply], allowed: int) -> tuple[dict[str, Any], ...]:
    """Return message bodies; neighbouring texts are joined only if there are too many."""
    messages = [body for reply in replies for body in _bodies(reply)]
    if len(messages) > allowed:
        messages = [body for reply in _joined(replies) for body in _bodies(reply)]
    return tuple(messages)


def _bodies(reply: Reply) -> list[dict[str, Any]]:
    """Return the messages of one reply; a picture's reference stands for its media id."""
    match reply:
        case TextReply():
            return [text_message(part) for part in split_text(reply.text)]
        case ImageReply():
            return [media_message("image", reference(reply.sha256))]
        case LinkReply():
            picture = reference(reply.sha256)
            return [link_message(reply.title, reply.desc, reply.url, picture)]
        case MiniprogramReply():
            picture = reference(reply.sha256)
            return [miniprogram_message(reply.appid, reply.page, reply.title, picture)]
        case MenuReply():
            items = [ClickItem(item.id, item.text) for item in reply.items]
            return [menu_message(reply.head, items, reply.tail)]


def _joined(replies: Sequence[Reply]) -> list[Reply]:
    joined: list[Reply] = []
    for reply in replies:
        if joined and isinstance(reply, TextReply) and isinstance(joined[-1], TextReply):
            joined[-1] = TextReply(f"{joined[-1].text}\n{reply.text}")
        else:
            joined.append(reply)
    return joined
