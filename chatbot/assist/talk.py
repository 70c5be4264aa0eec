"""What the database knows of the talk that a reply is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.dialogue.turn import Context, Situation
from chatbot.store.conversations import Conversation, known_name, look_up_conversation
from chatbot.store.messages import Message, message_history
from chatbot.store.tags import tags_of_customers
from chatbot.store.turns import Turn, latest_turns, unsent_bodies
from chatbot.wecom.kf_items import Origin

_TURNS = 4
_MESSAGES = 30


@dataclass(frozen=True, slots=True)
class Talk:
    """Who a reply is for and what was said before.

    ``turns`` are the last ones, oldest first; ``unsent`` is what the bot had ready for the last of
    them when somebody else took the session over. ``unheard`` is what the customer has written
    since the last turn and since staff wrote: to a person, so that no turn was made of it.
    """

    context: Context
    situation: Situation
    turns: Sequence[Turn] = ()
    unsent: Sequence[dict[str, Any]] = ()
    unheard: str = ""


def read_talk(
    connection: Connection, conversation_id: int | None, external_userid: str, now: datetime
) -> Talk | None:
    """Read it; None if there is no such conversation.

    Without a conversation, as in a member's own chat with a contact, ``external_userid`` says who
    it is, empty for nobody in particular.
    """
    if conversation_id is None:
        tags = _tags(connection, external_userid, now)
        name = known_name(connection, external_userid) if external_userid else None
        return Talk(Context(), Situation(now, customer=name or "", tags=tags))
    conversation = look_up_conversation(connection, conversation_id)
    if conversation is None:
        return None
    turns = latest_turns(connection, conversation_id, _TURNS)
    return Talk(
        Context.from_json(conversation.context),
        _situation(connection, conversation, now),
        turns,
        unsent_bodies(connection, turns[-1].id) if turns else (),
        _unheard(message_history(connection, conversation_id, _MESSAGES)),
    )


def _situation(connection: Connection, conversation: Conversation, now: datetime) -> Situation:
    return Situation(
        now=now,
        account=conversation.open_kfid,
        customer=conversation.nickname or "",
        tags=_tags(connection, conversation.external_userid, now),
        scene=conversation.scene,
    )


def _tags(connection: Connection, external_userid: str, now: datetime) -> tuple[str, ...]:
    return tags_of_customers(connection, [external_userid], now).get(external_userid, ())


def _unheard(messages: Sequence[Message]) -> str:
    """Return the words of the newest messages, as far back as nobody has taken them up."""
    words: list[str] = []
    for message in reversed(messages):
        if message.origin != Origin.CUSTOMER or message.fate == "turn":
            break
        if message.msgtype == "text" and not message.content.get("recalled"):
            words.append(str(message.content.get("content", "")))
    return "\n".join(reversed(words)).strip()
