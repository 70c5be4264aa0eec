"""Cases as they are made, changed and closed: each with its line of history, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from chatbot.cases.case import (
    LONGEST_NOTE,
    LONGEST_TITLE,
    SYSTEM,
    Case,
    CaseKind,
    CaseState,
    one_line,
)
from chatbot.cases.errors import CaseConflict, CaseProblem
from chatbot.store import cases as store
from chatbot.store.case_history import CaseChange, What, add_changes
from chatbot.store.cases import StoredCase
from chatbot.store.conversations import get_conversation

#: WeCom developer documentation, 通讯录管理/创建成员.
_USERID = re.compile(r"[a-z0-9][a-z0-9_.@-]{0,63}")
_LONGEST_PHONE = 40
_LONGEST_WANTED = 60


@dataclass(frozen=True, slots=True)
class NewCase:
    """What somebody asks to be kept. ``conversation_id`` is None for a chat no server sees.

    ``turns``, ``messages`` and ``parts`` are ids of what it is about.
    """

    external_userid: str
    title: str
    owner: str
    due_at: datetime
    kind: CaseKind = "other"
    conversation_id: int | None = None
    phone: str = ""
    note: str = ""
    turns: Sequence[int] = ()
    messages: Sequence[int] = ()
    parts: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be changed of a case; None stays as it is. A note is added beside it."""

    title: str | None = None
    kind: CaseKind | None = None
    due_at: datetime | None = None
    owner: str | None = None
    phone: str | None = None
    wanted: str | None = None
    note: str = ""


def create_case(connection: Connection, new: NewCase, by: str, now: datetime) -> Case:
    """Keep a case.

    Raises:
        CaseProblem: a title, an owner or the time is missing or wrong, or the conversation is
            another customer's.
    """
    title = _title(new.title)
    if new.conversation_id is not None:
        conversation = get_conversation(connection, new.conversation_id)
        if conversation.external_userid != new.external_userid:
            raise CaseProblem("这段对话不是这位客户的，请从客户自己的对话里新建事项")
    case = store.insert_case(
        connection,
        StoredCase(
            new.external_userid, new.conversation_id, new.kind, title, _owner(new.owner),
            _ahead(new.due_at, now), by, phone=one_line(new.phone, _LONGEST_PHONE),
        ),
        now,
    )  # fmt: skip
    store.link_case(connection, case, new.turns, new.messages, new.parts)
    add_changes(connection, case.id, [CaseChange(now, by, "created", after=case.title)])
    _add_note(connection, case, new.note, by, now)
    return case


def change_case(
    connection: Connection,
    case_id: int,
    version: int | None,
    changes: Changes,
    by: str,
    now: datetime,
) -> Case:
    """Change an open case; a new owner hears of it. ``version`` None: any.

    Raises:
        CaseConflict: ``version`` is not the newest.
        CaseProblem: it is closed already, or a value is wrong.
    """
    case = _open(_held(connection, case_id, version))
    wanted = _wanted_values(changes, case, now)
    lines = list(_lines(case, wanted, by, now))
    if lines:
        moved = "due" in {line.what for line in lines}
        given = "owner" in {line.what for line in lines}
        case = replace(
            case, **wanted, version=case.version + 1, changed_at=now,
            armed_at=now if moved else case.armed_at,
            assigned_at=now if given else case.assigned_at,
            assigned_by=by if given else case.assigned_by,
        )  # fmt: skip
        store.save_case(connection, case)
        add_changes(connection, case.id, lines)
    _add_note(connection, case, changes.note, by, now)
    return case


def close_case(
    connection: Connection,
    case_id: int,
    version: int | None,
    *,
    done: bool,
    note: str,
    by: str,
    now: datetime,
) -> Case:
    """Close a case: it is done, or there is nothing to do any more. ``version`` None: any.

    Raises:
        CaseConflict: ``version`` is not the newest.
        CaseProblem: it is closed already.
    """
    case = _open(_held(connection, case_id, version))
    return _set_state(connection, case, "done" if done else "dropped", note, by, now)


def reopen_case(
    connection: Connection,
    case_id: int,
    version: int,
    *,
    due_at: datetime,
    note: str,
    by: str,
    now: datetime,
) -> Case:
    """Open a closed case again, with a time that lies ahead.

    Raises:
        CaseConflict: ``version`` is not the newest.
        CaseProblem: it is open, or the time is over.
    """
    case = _held(connection, case_id, version)
    if case.is_open:
        raise CaseProblem(f"事项 {case_id} 还开着，直接改就可以")
    case = replace(case, due_at=_ahead(due_at, now), armed_at=now)
    if case.kind == "message" and case.owner is None:
        case = replace(case, owner=_owner(by), assigned_at=now, assigned_by=by)
    return _set_state(connection, case, "open", note, by, now)


def note_on_case(connection: Connection, case_id: int, note: str, by: str, now: datetime) -> Case:
    """Add a note to a case, open or closed."""
    case = _held(connection, case_id, None)
    if not one_line(note, LONGEST_NOTE):
        raise CaseProblem("备注是空的，请写一句话")
    _add_note(connection, case, note, by, now)
    return case


def take_left_message(connection: Connection, case: Case, userid: str, now: datetime) -> Case:
    """Give a left message to who has the conversation now; they know of it by its card."""
    taken = replace(
        case, owner=userid.lower(), version=case.version + 1, changed_at=now, assigned_at=now,
        assigned_by=userid.lower(),
    )  # fmt: skip
    store.save_case(connection, taken)
    line = CaseChange(now, SYSTEM, "owner", case.owner or "", userid.lower())
    add_changes(connection, case.id, [line])
    return taken


def answer_left_message(
    connection: Connection, conversation_id: int, userid: str, now: datetime
) -> None:
    """Note that a person answered what was left; who wants to be called waits for the call."""
    give_left_message(connection, conversation_id, userid, now)
    case = store.lock_left_message(connection, conversation_id)
    if case is not None and not case.phone and not case.wanted:
        _set_state(connection, case, "done", "", userid.lower(), now)


def give_left_message(
    connection: Connection, conversation_id: int, userid: str, now: datetime
) -> None:
    """Follow who has the session: what was left with it is theirs, unless somebody chose.

    Who came in by a one-time link is no member, and gets nothing.
    """
    if not _USERID.fullmatch(userid.lower()):
        return
    case = store.lock_left_message(connection, conversation_id)
    if case is None or case.owner == userid.lower():
        return
    if case.owner is None or case.assigned_by == case.owner:
        take_left_message(connection, case, userid, now)


def _held(connection: Connection, case_id: int, version: int | None) -> Case:
    case = store.lock_case(connection, case_id)
    if case is None:
        raise CaseProblem(f"没有编号 {case_id} 的事项；chatbot cases list 列出没有完成的")
    if version is not None and case.version != version:
        raise CaseConflict(case)
    return case


def _open(case: Case) -> Case:
    if not case.is_open:
        raise CaseProblem(f"事项 {case.id} 已经关闭；要接着做请先重新打开")
    return case


def _set_state(
    connection: Connection, case: Case, state: CaseState, note: str, by: str, now: datetime
) -> Case:
    changed = replace(
        case, state=state, version=case.version + 1, changed_at=now,
        closed_at=None if state == "open" else now,
    )  # fmt: skip
    store.save_case(connection, changed)
    add_changes(connection, case.id, [CaseChange(now, by, "state", case.state, state)])
    _add_note(connection, case, note, by, now)
    return changed


def _wanted_values(changes: Changes, case: Case, now: datetime) -> Mapping[str, Any]:
    """Return the fields that are to be something else, with their values."""
    values: dict[str, Any] = {}
    if changes.title is not None:
        values["title"] = _title(changes.title)
    if changes.kind is not None:
        values["kind"] = changes.kind
    if changes.due_at is not None and changes.due_at != case.due_at:
        values["due_at"] = _ahead(changes.due_at, now)
    if changes.owner is not None:
        values["owner"] = _owner(changes.owner)
    if changes.phone is not None:
        values["phone"] = one_line(changes.phone, _LONGEST_PHONE)
    if changes.wanted is not None:
        values["wanted"] = one_line(changes.wanted, _LONGEST_WANTED)
    return values


_WHAT: Mapping[str, What] = MappingProxyType({
    "title": "title", "kind": "kind", "due_at": "due", "owner": "owner", "phone": "phone",
    "wanted": "wanted",
})  # fmt: skip


def _lines(
    case: Case, values: Mapping[str, object], by: str, now: datetime
) -> Iterator[CaseChange]:
    for name, after in values.items():
        before = getattr(case, name)
        if before != after:
            yield CaseChange(now, by, _WHAT[name], _written(before), _written(after))


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if value is not None else ""


def _add_note(connection: Connection, case: Case, note: str, by: str, now: datetime) -> None:
    line = one_line(note, LONGEST_NOTE)
    if line:
        add_changes(connection, case.id, [CaseChange(now, by, "note", after=line)])


def _title(written: str) -> str:
    title = one_line(written, LONGEST_TITLE)
    if not title:
        raise CaseProblem("事项没有标题，请写一句要做什么")
    return title


def _owner(written: str) -> str:
    owner = written.strip().lower()
    if not _USERID.fullmatch(owner):
        raise CaseProblem(f"“{one_line(written, 20)}”不是成员账号，请写负责人的企业微信账号")
    return owner


def _ahead(due_at: datetime, now: datetime) -> datetime:
    if due_at < now:
        raise CaseProblem("完成的时间已经过去了，请写一个以后的时间")
    return due_at
