"""What the core of editing asks of each kind of thing that pages edit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from chatbot.editing.merging import Merged, Record
from chatbot.errors import UserError
from chatbot.exchange.applying import Drafts
from chatbot.knowledge.content import Content
from chatbot.workshop import Folders

KindName = Literal["entry", "intent", "table", "words"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is edited: an entry by its id, an intent or a table by its name, a list of words."""

    kind: KindName
    key: str


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with a record: at which key, and where within its value, from 0.

    ``path`` leads from the record to the value, such as ``("answer", 1, "url")``; it is empty if
    the record as a whole is meant.
    """

    key: str
    text: str
    path: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return f"{self.key}：{self.text}" if self.key else self.text


class EditRefused(UserError):
    """A record that no file could hold; ``problems`` has all that is wrong with it."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("；".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class FileChange:
    """What the files say of something, and what they are to say; None for nothing.

    ``pictures`` are bytes of pictures by path below the knowledge folder that ``after`` shows and
    that the folder may lack.
    """

    key: str
    before: Record | None
    after: Record | None
    pictures: Mapping[str, bytes]


class Kind(Protocol):
    """Knows one kind of thing: as a record, within the content, and in files.

    Records are as an admin would write them, ready for JSON (days are texts), and without keys
    that say nothing: equal things have equal records.
    """

    @property
    def lists(self) -> Collection[str]:
        """Return the fields whose items stand for themselves."""
        ...

    def fields(self, content: Content, key: str) -> Record | None:
        """Return the record of ``key``, None if the content has none."""
        ...

    def merge(self, base: Record | None, theirs: Record | None, mine: Record | None) -> Merged:
        """Return ``theirs`` with what ``mine`` has changed of ``base``."""
        ...

    def applied(self, content: Content, key: str, record: Record | None) -> Content:
        """Return the content with a record in place of what it had, if anything.

        ``content.media`` has every picture that may be shown.

        Raises:
            EditRefused: the readers of files would refuse it; says all that is wrong.
        """
        ...

    def drafts(self, folders: Folders, content: Content, changes: Sequence[FileChange]) -> Drafts:
        """Return the files with the changes, ``content`` being what is read from them now.

        ``left`` of the drafts are the keys that only a person can change, and why.

        Raises:
            ContentError: a file cannot be read.
        """
        ...
