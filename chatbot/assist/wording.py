"""How an entry, or an agent's own text, reads for one customer; or why it may not be sent. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from chatbot.answers.entries import Entry, texts_of
from chatbot.answers.messages import Message, TextMessage, words_of
from chatbot.dialogue.rows import find_row
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.dialogue.understood import Understood, understand
from chatbot.dialogue.wording import MissingFact, tables_needed, to_replies
from chatbot.pipeline.payload_words import payload_words
from chatbot.pipeline.planning import to_messages
from chatbot.texts import Texts
from chatbot.understanding.language import CHINESE

#: WeCom developer documentation, 微信客服/发送消息: five messages for each of a customer's.
_MOST_MESSAGES = 5
_NO_ROWS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class OpenRow:
    """The table of which a row has to be chosen first, and the rows that may be meant."""

    table: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """A reply in the words of one customer.

    ``messages`` are bodies as ``kf/send_msg`` takes them, a picture by its reference; ``text`` is
    the same as words to copy. ``refusal`` says in Chinese why it may not be sent, empty if it may:
    then there are no messages, and ``text`` is what is written, perhaps with open variables.
    """

    text: str
    messages: tuple[dict[str, Any], ...] = ()
    refusal: str = ""
    choose: OpenRow | None = None

    @property
    def may_be_sent(self) -> bool:
        """Return whether it may be sent as it is."""
        return not self.refusal


def reader(snapshot: Snapshot, said: str, context: Context, situation: Situation) -> Understood:
    """Return the customer as who reads a reply: who said ``said``, in this talk and situation."""
    return understand(snapshot, Utterance((said,) if said else ()), context, situation)


def word_entry(
    snapshot: Snapshot,
    to: Understood,
    number: int,
    *,
    in_kind: bool = False,
    chosen: Mapping[str, str] = _NO_ROWS,
) -> Wording:
    """Return how the entry ``number`` reads for the customer ``to``.

    ``in_kind``: to a message in another language only what answers in it may be sent; else what is
    said in Chinese stands in. ``chosen`` are rows that an agent chose, by table; they come before
    what the talk tells.
    """
    entry = snapshot.entries[number]
    messages = _messages_for(entry, to, in_kind=in_kind)
    if not messages:
        return _refused(snapshot, entry.messages, "no_language")
    refusal = _standing_refusal(snapshot, to, entry, number, messages)
    wording = _worded(snapshot, to, messages, chosen)
    return replace(wording, messages=(), refusal=refusal, choose=None) if refusal else wording


def word_text(
    snapshot: Snapshot, to: Understood, text: str, chosen: Mapping[str, str] = _NO_ROWS
) -> Wording:
    """Return how an agent's own text reads for the customer ``to``."""
    return _worded(snapshot, to, (TextMessage(text),), chosen)


def words_to_copy(bodies: Iterable[Mapping[str, Any]], texts: Texts) -> str:
    """Return what message bodies say, a link with its address."""
    lines: list[str] = []
    for body in bodies:
        lines.append(payload_words(dict(body), texts))
        if body.get("msgtype") == "link":
            lines.append(str(body["link"].get("url", "")))
    return "\n".join(filter(None, lines))


def _messages_for(entry: Entry, to: Understood, *, in_kind: bool) -> tuple[Message, ...]:
    tags, account = to.situation.tags, to.account.key
    found = entry.answer_for(tags, account, to.language)
    return found if found or in_kind else entry.answer_for(tags, account, CHINESE)


def _standing_refusal(
    snapshot: Snapshot, to: Understood, entry: Entry, number: int, messages: Sequence[Message]
) -> str:
    """Return why the entry is not for customers here and now, whatever it says; else nothing."""
    words = snapshot.texts.assist_words
    mark = words["internal_mark"]
    if any(text.lstrip().startswith(mark) for text in texts_of(messages)):
        return words["internal"]
    if number in snapshot.scopes.outside(to.account):
        return words["other_account"]
    return "" if entry.valid.covers(to.today) else words["out_of_date"]


def _worded(
    snapshot: Snapshot, to: Understood, messages: Sequence[Message], chosen: Mapping[str, str]
) -> Wording:
    for name in tables_needed(snapshot, messages):
        rows = snapshot.rows[name].table.rows
        choice = find_row(snapshot, to, name)
        key = chosen[name] if chosen.get(name) in rows else choice.key
        if key is None:
            return _refused(
                snapshot, messages, "which_row", OpenRow(name, choice.keys or tuple(rows))
            )
        to = to.remembering(name, key)
    try:
        replies = to_replies(snapshot, to, messages)
    except MissingFact as missing:
        return _refused(snapshot, messages, "missing_fact", missing=missing)
    if not replies:
        return _refused(snapshot, messages, "nothing_left")
    bodies = to_messages(replies, _MOST_MESSAGES)
    return Wording(words_to_copy(bodies, snapshot.texts), bodies)


def _refused(
    snapshot: Snapshot,
    messages: Iterable[Message],
    why: str,
    choose: OpenRow | None = None,
    *,
    missing: MissingFact | None = None,
) -> Wording:
    text = "\n".join(words for message in messages for words in words_of(message) if words)
    variables = "、".join(map(str, missing.variables)) if missing is not None else ""
    table = choose.table if choose is not None else ""
    refusal = snapshot.texts.assist_words[why].format(table=table, variables=variables)
    return Wording(text, refusal=refusal, choose=choose)
