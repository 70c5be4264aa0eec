"""From what admins wrote to what the customer reads: variables filled in, or the lack named."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chatbot.answers.messages import (
    ImageMessage,
    LinkMessage,
    MenuMessage,
    Message,
    MiniprogramMessage,
    TextMessage,
    words_of,
)
from chatbot.dialogue.decision import (
    ImageReply,
    LinkReply,
    MiniprogramReply,
    Reply,
    TextReply,
)
from chatbot.dialogue.menus import question_menu
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.understood import Understood
from chatbot.facts.variables import (
    ASSISTANT,
    ASSISTANT_NAMES,
    CUSTOMER,
    CUSTOMER_NAMES,
    Missing,
    fill,
    variables_in,
)

Resolve = Callable[[str, str], str | None]


class MissingFact(Exception):
    """A text has a variable without a value, so it must not be said."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(f"{'、'.join(map(str, missing.variables))} has no value")


def resolver(snapshot: Snapshot, turn: Understood) -> Resolve:
    """Return what gives a variable its value, None where there is none.

    The row of a table is the one that the conversation remembers.
    """

    def resolve(group: str, name: str) -> str | None:
        if group == CUSTOMER:
            named = turn.situation.customer or snapshot.texts.unnamed_customer
            return named if name in CUSTOMER_NAMES else None
        if group == ASSISTANT:
            account = turn.account
            own = account.assistant or snapshot.texts.assistant_name
            return own if name in ASSISTANT_NAMES else account.variables.get(name)
        row = turn.context.rows.get(group)
        rows = snapshot.rows.get(group)
        return rows.table.value(row, name) if rows is not None and row is not None else None

    return resolve


def fill_text(snapshot: Snapshot, turn: Understood, text: str) -> str:
    """Return one of the desk's own texts; the reader refuses variables that may lack a value."""
    return _filled(text, resolver(snapshot, turn))


def tables_needed(snapshot: Snapshot, messages: Iterable[Message]) -> tuple[str, ...]:
    """Return the names of the tables that ``messages`` take facts from, once each."""
    groups = (
        group
        for message in messages
        for words in words_of(message)
        for group, _ in variables_in(words)
    )
    return tuple(dict.fromkeys(group for group in groups if group in snapshot.rows))


def to_replies(
    snapshot: Snapshot, turn: Understood, messages: Iterable[Message]
) -> tuple[Reply, ...]:
    """Return ``messages`` as they are sent.

    Raises:
        MissingFact: a variable has no value.
    """
    resolve = resolver(snapshot, turn)
    return tuple(_to_reply(snapshot, message, resolve) for message in messages)


def _to_reply(snapshot: Snapshot, message: Message, resolve: Resolve) -> Reply:
    match message:
        case TextMessage():
            return TextReply(_filled(message.text, resolve))
        case ImageMessage():
            return ImageReply(message.file, snapshot.media.get(message.file, ""))
        case LinkMessage():
            title, desc, url = (
                _filled(words, resolve) for words in (message.title, message.desc, message.url)
            )
            picture = snapshot.media.get(message.image, "")
            return LinkReply(title, desc, url, message.image, picture)
        case MiniprogramMessage():
            title, page = (_filled(words, resolve) for words in (message.title, message.page))
            picture = snapshot.media.get(message.image, "")
            return MiniprogramReply(message.appid, page, title, message.image, picture)
        case MenuMessage():
            head, tail = (_filled(words, resolve) for words in (message.head, message.tail))
            items = [_filled(item, resolve) for item in message.items]
            return question_menu(snapshot, head, items, tail)


def _filled(text: str, resolve: Resolve) -> str:
    filled = fill(text, resolve)
    if isinstance(filled, Missing):
        raise MissingFact(filled)
    return filled
