"""From what admins wrote to what the customer reads: variables filled in, or the lack named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

from chatbot.accounts.account import Account
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
    MenuReply,
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

#: What an address may hold beside letters and digits (RFC 3986, 2.2 and 2.3), and the sign of what
#: is quoted already.
_OF_ADDRESSES = ":/?#[]@!$&'()*+,;=-._~%"

Resolve = Callable[[str, str], str | None]


class MissingFact(Exception):
    """A text has a variable without a value, so it must not be said."""

    def __init__(self, missing: Missing) -> None:
        super().__init__(f"{'、'.join(map(str, missing.variables))} has no value")
        self.variables = missing.variables


def resolver(snapshot: Snapshot, turn: Understood) -> Resolve:
    """Return what gives a variable its value, None where there is none.

    The row of a table is the one that the conversation remembers.
    """
    return values_of(snapshot, turn.account, turn.situation.customer, turn.context.rows)


def values_of(
    snapshot: Snapshot, account: Account, customer: str, chosen: Mapping[str, str]
) -> Resolve:
    """Return what gives a variable its value; ``chosen`` is the row of each table."""

    def resolve(group: str, name: str) -> str | None:
        if group == CUSTOMER:
            named = customer.strip() or snapshot.texts.unnamed_customer
            return named if name in CUSTOMER_NAMES else None
        if group == ASSISTANT:
            own = account.assistant or snapshot.texts.assistant_name
            return own if name in ASSISTANT_NAMES else account.variables.get(name)
        row = chosen.get(group)
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
    replies = (_to_reply(snapshot, turn, message, resolve) for message in messages)
    return tuple(reply for reply in replies if not isinstance(reply, MenuReply) or reply.items)


def _to_reply(snapshot: Snapshot, turn: Understood, message: Message, resolve: Resolve) -> Reply:
    match message:
        case TextMessage():
            return TextReply(_filled(message.text, resolve))
        case ImageMessage():
            return ImageReply(message.file, snapshot.media.get(message.file, ""))
        case LinkMessage():
            title, desc = (_filled(words, resolve) for words in (message.title, message.desc))
            url = _filled(message.url, _in_address(resolve))
            picture = snapshot.media.get(message.image, "")
            return LinkReply(title, desc, url, message.image, picture)
        case MiniprogramMessage():
            title = _filled(message.title, resolve)
            page = _filled(message.page, _in_address(resolve))
            picture = snapshot.media.get(message.image, "")
            return MiniprogramReply(message.appid, page, title, message.image, picture)
        case MenuMessage():
            head, tail = (_filled(words, resolve) for words in (message.head, message.tail))
            items = [_filled(item, resolve) for item in message.items]
            return question_menu(snapshot, head, items, tail, silent=turn.silent)


def _in_address(resolve: Resolve) -> Resolve:
    """Return ``resolve`` for an address: a space or a Chinese letter would end or break it."""

    def quoted(group: str, name: str) -> str | None:
        value = resolve(group, name)
        return None if value is None else quote(value, safe=_OF_ADDRESSES)

    return quoted


def _filled(text: str, resolve: Resolve) -> str:
    filled = fill(text, resolve)
    if isinstance(filled, Missing):
        raise MissingFact(filled)
    return filled
