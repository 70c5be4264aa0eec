"""What a conversation adds to the figures, see `definitions` for what each of them says."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from chatbot.insight.record import HandoffFact, LabelFact, RatingFact, Talk, TurnFact
from chatbot.insight.sessions import Session, result_of, session_at, sessions_of
from chatbot.insight.sums import Cell, Sum

#: The least seconds of each step of waiting but the first, so that a median can be told of sums.
WAIT_STEPS = (15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)
#: Confidences are summed in ten-thousandths: four digits are what the record keeps of them.
SCALE = 10_000
BINS = 10
#: How a customer shows which entry was meant.
_CHOICES = frozenset({"click", "typed", "rephrased"})


_Count = tuple[datetime, str, str, str, int, int]


def cells_of(talk: Talk, zone: ZoneInfo) -> dict[Cell, Sum]:
    """Return what a conversation adds; days are those of ``zone``."""
    found: defaultdict[Cell, Sum] = defaultdict(Sum)
    sessions = sessions_of(talk)
    for at, topic, figure, key, n, amount in _counts(talk, sessions, zone):
        cell = Cell(at.astimezone(zone).date(), topic, figure, key)
        found[cell] = found[cell].plus(Sum(n, amount))
    return dict(found)


def _counts(talk: Talk, sessions: Sequence[Session], zone: ZoneInfo) -> Iterator[_Count]:
    for number, session in enumerate(sessions):
        yield from _outcome(session, sessions[number + 1 :])
        yield from _handling(session)
        for turn in session.turns:
            yield from _turn(turn)
        for label in session.labels:
            yield from _label(label, session)
        for each in session.handoffs:
            yield from _waiting(each, session, talk.handoffs, zone)
    for turn in _complained_of(sessions):
        yield turn.at, turn.topic, "refused", "", 1, 0
    for rating in talk.ratings:
        yield from _rating(rating, session_at(sessions, rating.at))


def _outcome(session: Session, later: Sequence[Session]) -> Iterator[_Count]:
    result, at, topic = result_of(session, later), session.start, session.topic
    yield at, topic, "conversations", "", 1, 0
    if result.outcome != "greeting":
        yield at, topic, "requests", "", 1, 0
        yield at, topic, result.outcome, result.why, 1, 0


def _handling(session: Session) -> Iterator[_Count]:
    words: defaultdict[str, list[datetime]] = defaultdict(list)
    for each in session.said:
        if each.userid is not None:
            words[each.userid].append(each.at)
    for userid, times in words.items():
        seconds = int((times[-1] - times[0]).total_seconds())
        yield session.start, session.topic, "handling", userid, 1, seconds


#: What a member says of an answer that was not right.
_FAULTS = frozenset({"wrong", "other"})


def _turn(turn: TurnFact) -> Iterator[_Count]:
    topic = turn.topic
    yield turn.at, topic, "turns", "", 1, 0
    for entry in turn.answered:
        yield turn.at, entry, "asked", entry, 1, 0
    if turn.reason == "low-confidence":
        yield turn.at, topic, "missed", "", 1, 0
    for tag in turn.tags:
        yield turn.at, topic, "tags", tag, 1, 0
    if turn.action != "answer":
        return
    if turn.mode == "full":
        yield turn.at, topic, "answers", "", 1, 0
        if turn.verdict in _FAULTS:
            yield turn.at, topic, "faulted", "", 1, 0
    if turn.verdict is not None:
        yield turn.at, topic, "judged", turn.verdict, 1, 0
        yield from _promise(turn.at, topic, turn.confidence, right=turn.verdict == "right")


def _label(label: LabelFact, session: Session) -> Iterator[_Count]:
    if label.source in _CHOICES and label.leading is not None:
        at = next(turn.at for turn in session.turns if turn.id == label.turn_id)
        right = label.faq_id == label.leading
        yield from _promise(at, session.topic, label.confidence, right=right)


def _complained_of(sessions: Sequence[Session]) -> list[TurnFact]:
    """Return the direct answers that the customer complained of, once each.

    A complaint is about the last one before it; it counts where that counts, so that what is
    refused is a part of what was answered.
    """
    turns = [turn for session in sessions for turn in session.turns]
    answers = {turn.id: turn for turn in turns if turn.action == "answer" and turn.mode == "full"}
    told = [
        label.turn_id for session in sessions for label in session.labels
        if label.source == "dissatisfied"
    ]  # fmt: skip
    before = [[each for each in answers if each < turn] for turn in told]
    return [answers[each] for each in sorted({max(each) for each in before if each})]


def _promise(at: datetime, topic: str, confidence: float, *, right: bool) -> Iterator[_Count]:
    promised = round(confidence * SCALE)
    step = str(min(promised * BINS // SCALE, BINS - 1))
    yield at, topic, "promised", step, 1, promised
    if right:
        yield at, topic, "kept", step, 1, 0


def _waiting(
    handoff: HandoffFact, session: Session, handoffs: Sequence[HandoffFact], zone: ZoneInfo
) -> Iterator[_Count]:
    """Count from the handoff to a member's first word; the platform's times are whole seconds."""
    begun = handoff.at.replace(microsecond=0)
    until = min((each.at for each in handoffs if each.at > handoff.at), default=None)
    first = next(
        (each for each in session.said
         if each.userid is not None and each.at >= begun and (until is None or each.at < until)),
        None,
    )  # fmt: skip
    if first is not None:
        seconds = int((first.at - begun).total_seconds())
        hour = handoff.at.astimezone(zone).hour
        key = f"{hour:02d}/{bisect_right(WAIT_STEPS, seconds):02d}/{first.userid}"
        yield handoff.at, session.topic, "waiting", key, 1, seconds
    elif handoff.ended_at is not None:
        yield handoff.at, session.topic, "unserved", "", 1, 0


def _rating(rating: RatingFact, session: Session | None) -> Iterator[_Count]:
    topic = session.topic if session else ""
    key = f"{rating.score or 'silent'}/{rating.userid}"
    yield rating.at, topic, "ratings", key, 1, 0
