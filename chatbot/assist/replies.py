"""Quick replies (话术): the brand's, which are its entries for agents alone, and an agent's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chatbot.answers.entries import Entry
from chatbot.assist.wording import Wording, word_entry, word_text
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.understood import Understood
from chatbot.errors import UserError
from chatbot.facts.variables import (
    ASSISTANT,
    ASSISTANT_NAMES,
    CUSTOMER,
    CUSTOMER_NAMES,
    Variable,
    stray_brace,
    variables_in,
)
from chatbot.store.quick_replies import OwnReply
from chatbot.texts import Texts

#: "shared" is the brand's for agents alone, "own" the agent's, "entry" what the bot answers too.
ReplyKind = Literal["shared", "own", "entry"]

LONGEST_TITLE = 30
LONGEST_FOLDER = 20
#: About what one message of the platform holds (2048 bytes).
LONGEST_TEXT = 600
MOST_OWN = 200
_ENTRY, _OWN = "faq:", "own:"
#: Joins the parts of an emoji; the other invisible characters can turn a line around.
_JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to choose: ``id`` tells it from all others, ``wording`` is how it reads."""

    id: str
    kind: ReplyKind
    title: str
    folder: str
    wording: Wording

    def to_json(self) -> dict[str, Any]:
        choose = self.wording.choose
        return {
            "id": self.id,
            "kind": self.kind,
            "shared": self.kind != "own",
            "title": self.title,
            "folder": self.folder,
            "text": self.wording.text,
            "messages": list(self.wording.messages),
            "may_be_sent": self.wording.may_be_sent,
            "refusal": self.wording.refusal,
            "choose": {"table": choose.table, "rows": list(choose.keys)} if choose else None,
        }


@dataclass(frozen=True, slots=True)
class Folder:
    """Quick replies of one folder, all shared or all the agent's own."""

    name: str
    shared: bool
    replies: tuple[Reply, ...]

    def to_json(self) -> dict[str, Any]:
        replies = [reply.to_json() for reply in self.replies]
        return {"name": self.name, "shared": self.shared, "replies": replies}


def entry_id(faq_id: str) -> str:
    """Return the id of an entry as a reply."""
    return f"{_ENTRY}{faq_id}"


def own_id(reply_id: int) -> str:
    """Return the id of an agent's own quick reply."""
    return f"{_OWN}{reply_id}"


def faq_id_in(item: str) -> str | None:
    """Return the entry that the id of a reply means, None if it means no entry."""
    return item.removeprefix(_ENTRY) if item.startswith(_ENTRY) else None


def own_id_in(item: str) -> int | None:
    """Return the number of the own quick reply that the id of a reply means, or None."""
    number = item.removeprefix(_OWN) if item.startswith(_OWN) else ""
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None


def entry_reply(
    snapshot: Snapshot, to: Understood, number: int, wording: Wording | None = None
) -> Reply:
    """Return the entry ``number`` as a reply to the customer ``to``."""
    entry = snapshot.entries[number]
    kind: ReplyKind = "shared" if entry.auto == "agents-only" else "entry"
    folder = _folder_of(entry, snapshot.texts)
    wording = wording or word_entry(snapshot, to, number)
    return Reply(entry_id(entry.id), kind, entry.question, folder, wording)


def own_reply(
    snapshot: Snapshot, to: Understood, reply: OwnReply, wording: Wording | None = None
) -> Reply:
    """Return an agent's own quick reply as a reply to the customer ``to``."""
    folder = reply.folder or snapshot.texts.assist_words["no_folder"]
    wording = wording or word_text(snapshot, to, reply.text)
    return Reply(own_id(reply.id), "own", reply.title, folder, wording)


def shared_numbers(snapshot: Snapshot) -> list[int]:
    """Return the entries for agents alone as they are listed: stages first, then in file order."""
    stages = snapshot.texts.assist_stages
    numbers = (n for n, entry in enumerate(snapshot.entries) if entry.auto == "agents-only")

    def stage(number: int) -> int:
        name = _folder_of(snapshot.entries[number], snapshot.texts).partition("/")[0]
        return stages.index(name) if name in stages else len(stages)

    return sorted(numbers, key=stage)


def folders(snapshot: Snapshot, to: Understood, own: Sequence[OwnReply]) -> tuple[Folder, ...]:
    """Return all quick replies for the customer ``to``: the brand's folders, then the agent's."""
    shared = (entry_reply(snapshot, to, number) for number in shared_numbers(snapshot))
    mine = (own_reply(snapshot, to, reply) for reply in own)
    return (*_grouped(shared, shared=True), *_grouped(mine, shared=False))


def clean_reply(
    snapshot: Snapshot, title: str, text: str, folder: str, reply_id: int = 0
) -> OwnReply:
    """Return an agent's own quick reply as it is kept.

    Raises:
        UserError: it cannot be kept; says in Chinese what is to be changed.
    """
    words = snapshot.texts.assist_words
    reply = OwnReply(reply_id, _one_line(folder), _one_line(title), _readable(text).strip())
    if not reply.title:
        raise UserError(words["title_empty"])
    if not reply.text:
        raise UserError(words["text_empty"])
    for name, value, limit in (
        ("title_long", reply.title, LONGEST_TITLE),
        ("folder_long", reply.folder, LONGEST_FOLDER),
        ("text_long", reply.text, LONGEST_TEXT),
    ):
        if len(value) > limit:
            raise UserError(words[name].format(limit=limit, count=len(value)))
    _check_variables(snapshot, reply.text)
    return reply


def known_variables(snapshot: Snapshot) -> tuple[str, ...]:
    """Return every variable that a reply may hold, as it is written."""
    groups = (CUSTOMER, ASSISTANT, *snapshot.rows)
    return tuple(
        str(Variable(group, name)) for group in groups for name in _names_in(snapshot, group)
    )


def _check_variables(snapshot: Snapshot, text: str) -> None:
    words = snapshot.texts.assist_words
    stray = stray_brace(text)
    if stray is not None:
        raise UserError(words["stray_brace"].format(written=stray))
    for variable in variables_in(text):
        known = list(_names_in(snapshot, variable.group))
        if variable.name not in known:
            there = known or [CUSTOMER, ASSISTANT, *snapshot.rows]
            listed = "、".join(
                str(Variable(variable.group, name)) if known else name for name in there
            )
            raise UserError(words["unknown_variable"].format(variable=variable, known=listed))


def _names_in(snapshot: Snapshot, group: str) -> Iterable[str]:
    """Return the variables of a group, none if there is no such group."""
    if group == CUSTOMER:
        return CUSTOMER_NAMES
    if group == ASSISTANT:
        accounts = (snapshot.accounts.default, *snapshot.accounts.accounts)
        own = (name for account in accounts for name in account.variables)
        return dict.fromkeys((*ASSISTANT_NAMES, *own))
    return snapshot.rows[group].table.columns if group in snapshot.rows else ()


def _grouped(replies: Iterable[Reply], *, shared: bool) -> Iterator[Folder]:
    by_folder: dict[str, list[Reply]] = {}
    for reply in replies:
        by_folder.setdefault(reply.folder, []).append(reply)
    for name, inside in by_folder.items():
        yield Folder(name, shared, tuple(inside))


def _folder_of(entry: Entry, texts: Texts) -> str:
    words = texts.assist_words
    inside = entry.category.removeprefix(words["root"]).removeprefix("/")
    is_below = entry.category in {words["root"], f"{words['root']}/{inside}"}
    return (inside if is_below else entry.category) or words["no_folder"]


def _one_line(text: str) -> str:
    return " ".join(_readable(text).split())


def _readable(text: str) -> str:
    """Return ``text`` without what cannot be seen, but with the ends of its lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return "\n".join("".join(filter(_is_seen, line)).rstrip() for line in lines)


def _is_seen(character: str) -> bool:
    return character.isprintable() or character == _JOINER
