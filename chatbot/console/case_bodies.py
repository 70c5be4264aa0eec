"""What pages send about cases."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chatbot.cases.case import LONGEST_NOTE, LONGEST_TITLE
from chatbot.console.bodies import Body

_Title = Annotated[str, Field(max_length=LONGEST_TITLE)]
_Note = Annotated[str, Field(max_length=LONGEST_NOTE)]
_Userid = Annotated[str, Field(max_length=64)]
_Due = Annotated[str, Field(max_length=40)]
_Phone = Annotated[str, Field(max_length=40)]
_Kind = Literal["reply", "call", "handle", "other"]
_Id = Annotated[int, Field(ge=1, lt=2**63)]


class NewCaseBody(Body):
    """A case to keep; ``turns`` and ``messages`` are what it is about. No owner: who writes."""

    title: _Title
    due: _Due
    kind: _Kind = "other"
    owner: _Userid | None = None
    phone: _Phone = ""
    note: _Note = ""
    turns: list[_Id] = Field(default_factory=list, max_length=20)
    messages: list[_Id] = Field(default_factory=list, max_length=20)


class _Seen(Body):
    """The version of the case that the page showed."""

    version: int = Field(ge=1, lt=2**31)


class ChangeBody(_Seen):
    """What is to be different; what is not named stays."""

    title: _Title | None = None
    due: _Due | None = None
    kind: _Kind | None = None
    owner: _Userid | None = None
    phone: _Phone | None = None
    note: _Note = ""


class CloseBody(_Seen):
    """Whether it is done; else there is nothing to do any more."""

    done: bool
    note: _Note = ""


class ReopenBody(_Seen):
    """Until when it is to be done now."""

    due: _Due
    note: _Note = ""


class NoteBody(Body):
    """A note."""

    text: _Note


class AcceptBody(Body):
    """How a proposal is taken up; what is not named is as it was proposed."""

    title: _Title | None = None
    due: _Due | None = None
    kind: _Kind | None = None
    owner: _Userid | None = None
