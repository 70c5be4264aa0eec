"""What people say of sampled answers: on record, as a judgement of the turn, and as a label."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection

from chatbot.access.viewer import Viewer
from chatbot.clock import Clock
from chatbot.console.judging import judge_turn
from chatbot.errors import ChatbotError
from chatbot.store.audit import audit
from chatbot.store.database import Database
from chatbot.store.judgements import Judgement, judgements_of, lock_turn
from chatbot.store.samples import (
    Item,
    SampleVerdict,
    Word,
    last_word_of,
    sample_item,
    say_of_item,
    standing_before,
    take_word_back,
)
from chatbot.store.turn_labels import LabelSource


class NoItem(ChatbotError):
    """There is no such answer in a sample any more."""


class SampleDesk:
    """Judges, and takes back."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def judge(
        self, number: int, verdict: SampleVerdict, entry: tuple[str, str] | None, viewer: Viewer
    ) -> Item:
        """Keep what somebody says of an answer; the newest word counts, all stay on record.

        ``entry`` is the id and the question of what it should have been, for "other". Returns the
        answer with the word that counted until then. Raises NoItem.
        """
        now = self._clock.now()

        def work(connection: Connection) -> Item:
            item = _locked(connection, number)
            former = judgements_of(connection, [item.turn_id]).get(item.turn_id)
            say_of_item(connection, item.id, verdict, entry, viewer.userid, former, now)
            if verdict != "unsure":
                faq_id, question = entry or (None, "")
                judgement = Judgement(verdict, faq_id, question, viewer.userid, now)
                _put(connection, item.turn_id, item.conversation_id, judgement, now, sampled=True)
            detail = {"turn": item.turn_id, "verdict": verdict, "faq_id": entry and entry[0]}
            audit(connection, viewer, "sample_judge", str(item.id), detail, now)
            return item

        return await self._database.run(work)

    async def undo(self, week: date, viewer: Viewer) -> int | None:
        """Take back the viewer's last word of a week's sample; return of which answer it was.

        If somebody else has judged that answer since, here or in the desk, their word goes on to
        count. None if there is nothing to take back.
        """
        now = self._clock.now()

        def work(connection: Connection) -> int | None:
            found = last_word_of(connection, week, viewer.userid)
            if found is None:
                return None
            lock_turn(connection, found.turn_id)
            take_word_back(connection, found.id, now)
            now_said = judgements_of(connection, [found.turn_id]).get(found.turn_id)
            if now_said is not None and _is_of(now_said, found):
                former, sampled = standing_before(connection, found)
                talk = found.conversation_id
                _put(connection, found.turn_id, talk, former, now, sampled=sampled)
            audit(connection, viewer, "sample_undo", str(found.item_id), {}, now)
            return found.item_id

        return await self._database.run(work)


def _locked(connection: Connection, number: int) -> Item:
    """Return an item that nobody else judges until the transaction ends."""
    item = sample_item(connection, number)
    if item is None or lock_turn(connection, item.turn_id) is None:
        raise NoItem
    again = sample_item(connection, number)
    if again is None:
        raise NoItem
    return again


def _is_of(judgement: Judgement, word: Word) -> bool:
    """Return whether a judgement is what a word said."""
    return (judgement.judged_by, judgement.judged_at) == (word.said_by, word.said_at)


def _put(
    connection: Connection,
    turn: int,
    conversation: int,
    judgement: Judgement | None,
    now: datetime,
    *,
    sampled: bool,
) -> None:
    source: LabelSource = "sampled" if sampled else "judged"
    judge_turn(connection, turn, conversation, judgement, now, source)
