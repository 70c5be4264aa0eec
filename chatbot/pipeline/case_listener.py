"""Cases that follow from what is said: promises of agents, messages left out of hours.

Everything here runs in the transaction that stores the words, so each message counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from chatbot.cases.case import LONGEST_TITLE, SYSTEM, Case, one_line
from chatbot.cases.left_message import Left, LeftMessageReader, due_of_left_message
from chatbot.cases.office_hours import OfficeHours
from chatbot.cases.promises import Promise, PromiseReader
from chatbot.cases.records import answer_left_message, give_left_message
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.frontdesk import Frontdesk
from chatbot.store import cases as store
from chatbot.store.case_history import CaseChange, What, add_changes
from chatbot.store.case_proposals import NewProposal, last_questions, propose_case
from chatbot.store.cases import StoredCase
from chatbot.store.conversations import Conversation
from chatbot.store.messages import find_message_id, texts_of_turn
from chatbot.wecom.kf_items import KfMessage

#: So many messages back a customer's question is looked for.
QUESTIONS_BACK = 8
_LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class _Readers:
    """What reads words by a snapshot's texts; made anew with a new snapshot."""

    snapshot: Snapshot
    promises: PromiseReader
    left: LeftMessageReader


class CaseListener:
    """Hears what customers and staff write, and where conversations go."""

    def __init__(self, snapshot: Callable[[], Snapshot], frontdesk: Frontdesk) -> None:
        self._snapshot = snapshot
        self._frontdesk = frontdesk
        self._readers: _Readers | None = None

    def staff_wrote(
        self, connection: Connection, conversation: Conversation, message: KfMessage, now: datetime
    ) -> None:
        """Follow a person's message: a left message is answered by it; it may promise something."""
        userid = message.servicer_userid.lower()
        if not userid:
            return
        answer_left_message(connection, conversation.id, userid, now)
        promise = self._promise(conversation, message.text, message.send_time)
        message_id = find_message_id(connection, message.open_kfid, message.msgid)
        if promise is None or promise.due_at <= now or message_id is None:
            return  # nothing, or history from before this server looked after the account
        self._propose(connection, conversation, userid, promise, now, message_id=message_id)

    def staff_sends(
        self,
        connection: Connection,
        conversation: Conversation,
        userid: str,
        said: Sequence[tuple[int, str]],
        now: datetime,
    ) -> None:
        """Follow what a person sends through the bot's channel: it may promise something.

        ``said`` are parts with their words. A left message counts as answered by it when it is
        delivered.
        """
        for part_id, words in said:
            promise = self._promise(conversation, words, now)
            if promise is not None and promise.due_at > now:
                self._propose(connection, conversation, userid, promise, now, part_id=part_id)
                return

    def _promise(self, conversation: Conversation, words: str, at: datetime) -> Promise | None:
        readers = self._read_with()
        hours = self._hours(readers.snapshot, conversation)
        return readers.promises.read(words, at.astimezone(readers.snapshot.timezone), hours)

    def _propose(
        self,
        connection: Connection,
        conversation: Conversation,
        userid: str,
        promise: Promise,
        now: datetime,
        *,
        message_id: int | None = None,
        part_id: int | None = None,
    ) -> None:
        words = one_line(promise.words, _LONGEST_WORDS)
        questions = last_questions(connection, conversation.id, QUESTIONS_BACK)
        asked = question_in(questions, self._frontdesk)
        title = asked[1] if asked is not None else one_line(words, LONGEST_TITLE)
        proposal = NewProposal(
            conversation.id, message_id, userid, promise.kind, title, words, promise.due_at, part_id
        )
        propose_case(connection, proposal, now)

    def customers_wrote(
        self,
        connection: Connection,
        said: Sequence[tuple[Conversation, KfMessage]],
        now: datetime,
    ) -> None:
        """Follow customers' messages: they are kept with the messages that are being left."""
        ids = {conversation.id for conversation, _ in said}
        leaving = store.recheck_reminders(connection, ids, now)
        for conversation, message in said:
            if conversation.id in leaving:
                self._keep(connection, conversation, message, now)

    def _keep(
        self, connection: Connection, conversation: Conversation, message: KfMessage, now: datetime
    ) -> None:
        case = store.lock_left_message(connection, conversation.id)
        if case is None or case.collects_until is None or message.send_time >= case.collects_until:
            return
        message_id = find_message_id(connection, message.open_kfid, message.msgid)
        if message_id is not None:
            store.link_case(connection, case, messages=[message_id])
        left = self._left(conversation, message.text, message.send_time)
        self._keep_left(connection, case, left, now)

    def handed_over(
        self,
        connection: Connection,
        conversation: Conversation,
        turn_id: int | None,
        servicer_userid: str | None,
        now: datetime,
    ) -> None:
        """Follow a handover: out of hours it begins a left message."""
        opens_at = self._frontdesk.next_opening(conversation.open_kfid, now)
        if opens_at is None or store.lock_left_message(connection, conversation.id) is not None:
            return
        said = texts_of_turn(connection, turn_id) if turn_id is not None else []
        left = _joined([self._left(conversation, words, now) for _, words in said])
        owner = servicer_userid.lower() if servicer_userid else None
        title = one_line(" ".join(words for _, words in said), LONGEST_TITLE)
        case = store.insert_case(
            connection,
            StoredCase(
                conversation.external_userid, conversation.id, "message",
                title or self._snapshot().texts.case_words["untitled"], owner,
                due_of_left_message(left.wanted_at, opens_at), SYSTEM, left.phone, left.wanted,
                collects_until=opens_at, assigned_by=owner or SYSTEM,
            ),
            now,
        )  # fmt: skip
        turns = [turn_id] if turn_id is not None else []
        store.link_case(connection, case, turns, [message_id for message_id, _ in said])
        add_changes(connection, case.id, [CaseChange(now, SYSTEM, "created", after=case.title)])

    def given_to(
        self, connection: Connection, conversation: Conversation, userid: str, now: datetime
    ) -> None:
        """Follow who has the session: what was left with it is theirs, unless somebody chose."""
        give_left_message(connection, conversation.id, userid, now)

    def _keep_left(self, connection: Connection, case: Case, left: Left, now: datetime) -> None:
        """Take what a message adds; the last number and the last time count."""
        phone, wanted = left.phone or case.phone, left.wanted or case.wanted
        due_at = case.due_at
        if left.wanted_at is not None and case.collects_until is not None:
            due_at = due_of_left_message(left.wanted_at, case.collects_until)
        if (phone, wanted, due_at) == (case.phone, case.wanted, case.due_at):
            return
        kept = replace(
            case, phone=phone, wanted=wanted, due_at=due_at, version=case.version + 1,
            changed_at=now, armed_at=now if due_at != case.due_at else case.armed_at,
        )  # fmt: skip
        store.save_case(connection, kept)
        added: list[tuple[What, str, str]] = [
            ("phone", case.phone, phone), ("wanted", case.wanted, wanted),
        ]  # fmt: skip
        lines = [CaseChange(now, SYSTEM, *each) for each in added if each[1] != each[2]]
        add_changes(connection, case.id, lines)

    def _left(self, conversation: Conversation, words: str, at: datetime) -> Left:
        readers = self._read_with()
        hours = self._hours(readers.snapshot, conversation)
        return readers.left.read(words, at.astimezone(readers.snapshot.timezone), hours)

    def _hours(self, snapshot: Snapshot, conversation: Conversation) -> OfficeHours:
        account = snapshot.accounts.of(conversation.open_kfid)
        return OfficeHours.of(account.hours, snapshot.accounts.calendar, snapshot.timezone)

    def _read_with(self) -> _Readers:
        snapshot, readers = self._snapshot(), self._readers
        if readers is None or readers.snapshot is not snapshot:
            promises = PromiseReader(snapshot.texts, snapshot.normaliser)
            left = LeftMessageReader(snapshot.texts, snapshot.normaliser)
            self._readers = readers = _Readers(snapshot, promises, left)
        return readers


def question_in(
    questions: Iterable[tuple[int, str]], frontdesk: Frontdesk
) -> tuple[int, str] | None:
    """Return the first of a customer's messages that wants an answer, its words in one line."""
    for message_id, words in questions:
        title = one_line(words, LONGEST_TITLE)
        if title and not frontdesk.ends_a_talk(words):
            return message_id, title
    return None


def _joined(said: list[Left]) -> Left:
    """Return what several messages say together; the last of each counts."""
    timed = next((each for each in reversed(said) if each.wanted_at is not None), Left())
    phone = next((each.phone for each in reversed(said) if each.phone), "")
    return Left(phone, timed.wanted, timed.wanted_at)
