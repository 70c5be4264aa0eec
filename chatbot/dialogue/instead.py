"""Notices in the place of what entries answer."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

from chatbot.answers.entries import Entry
from chatbot.answers.messages import Message, TextMessage
from chatbot.dialogue.decision import Decision, GivenNotice, Reply
from chatbot.dialogue.notice_scope import known_rows, reaches
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Outcome
from chatbot.dialogue.understood import Understood
from chatbot.notices.notice import Notice
from chatbot.understanding.language import is_foreign, is_said_in


def notice_instead(snapshot: Snapshot, turn: Understood, entry: Entry) -> Notice | None:
    """Return the notice that stands in for what ``entry`` answers, the newest of several.

    One for some stores stands in only for who is surely a customer of theirs: who may be another
    store's gets the answer.
    """
    known = known_rows(snapshot, turn.message.key, turn.context, turn.situation)
    for notice in turn.situation.notices:
        about = notice.mode == "replace" and notice.is_about(entry.category)
        if about and reaches(snapshot, notice, known, surely=True):
            return notice
    return None


def mark_of(notice: Notice) -> str:
    """Return what tells a notice, as it is worded now, from others."""
    return f"{notice.id}:{zlib.crc32(notice.text.encode('utf-8', 'replace')):08x}"


def marks_instead(snapshot: Snapshot, turn: Understood, faq_ids: Sequence[str]) -> frozenset[str]:
    """Return the marks of the notices that stand in for what these entries answer now."""
    entries = (snapshot.entries[snapshot.by_id[each]] for each in faq_ids if each in snapshot.by_id)
    found = (notice_instead(snapshot, turn, entry) for entry in entries)
    return frozenset(mark_of(notice) for notice in found if notice is not None)


def said_instead(notice: Notice, turn: Understood) -> tuple[Message, ...]:
    """Return what a notice says for an answer; nothing to who would not understand it.

    What the entry says in their language does not hold now, so a person answers.
    """
    if is_foreign(turn.language) and not is_said_in((notice.text,), turn.language):
        return ()
    return (TextMessage(notice.text),)


def given_instead(
    notice: Notice, turn: Understood, decision: Decision
) -> tuple[Understood, Decision]:
    """Return the turn and its decision with the notice that stands in for the answer."""
    given = GivenNotice(notice.id, "replace", turn.today)
    return turn.knowing(notices=[[notice.id, "replace"]]), replace(decision, notices=(given,))


def notices_of(outcomes: Sequence[Outcome]) -> tuple[GivenNotice, ...]:
    """Return the notices of several answers, once each."""
    given = (notice for each in outcomes for notice in each.decision.notices)
    return tuple(dict.fromkeys(given))


def once(reply: Sequence[Reply]) -> tuple[Reply, ...]:
    """Return several answers without repeats: one notice may stand in for all of them."""
    return tuple(dict.fromkeys(reply))
