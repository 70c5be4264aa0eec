"""Cuts a conversation into what customers call one: sessions, and how each came out.

A session begins with a customer's message after an hour in which nobody said anything; while a
handoff of it lasts, silence does not end it before the platform does (48 hours).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chatbot.dialogue.rating import RATING_RULE
from chatbot.insight.record import HandoffFact, LabelFact, Said, Talk, TurnFact

#: The silence that ends a session which the bot has.
SILENCE = timedelta(hours=1)
#: What the platform allows between two messages of a session (WeCom, 微信客服/会话分配与消息收发).
WINDOW = timedelta(hours=48)
#: Who asks about the same within this time after a session was not helped by it.
RETURN = timedelta(hours=24)

Outcome = Literal["solved", "handed_over", "unsolved", "greeting"]
#: Members took the conversation without a handoff.
BY_STAFF = "staff"
_HELPS = frozenset({"answer", "reply", "flow"})
_UNSURE = frozenset({"low-confidence", "dissatisfied"})


@dataclass(frozen=True, slots=True)
class Session:
    """One session: who said something when, and what the bot and people did."""

    said: Sequence[Said]
    turns: Sequence[TurnFact]
    labels: Sequence[LabelFact]
    handoffs: Sequence[HandoffFact]

    @property
    def start(self) -> datetime:
        """Return when the customer began."""
        return self.said[0].at

    @property
    def end(self) -> datetime:
        """Return when the last word was said."""
        return self.said[-1].at

    @property
    def answered(self) -> frozenset[str]:
        """Return the entries that the bot answered by."""
        return frozenset(entry for turn in self.turns for entry in turn.answered)

    @property
    def topic(self) -> str:
        """Return the first entry that the bot answered by, "" if there is none."""
        return next((turn.answered[0] for turn in self.turns if turn.answered), "")

    @property
    def about(self) -> frozenset[str]:
        """Return every entry that the customer seems to have asked for, answered or not."""
        unsure = {
            turn.leading for turn in self.turns
            if turn.leading and not turn.answered
            and (turn.action == "clarify" or turn.reason in _UNSURE)
        }  # fmt: skip
        return self.answered | unsure | {entry for each in self.labels for entry in each.refused}

    @property
    def is_question(self) -> bool:
        """Return whether something was asked: more than a greeting."""
        heard = any(each.userid is not None or each.turn_id is None for each in self.said)
        asked = any(turn.action != "smalltalk" for turn in self.turns)
        return heard or asked or bool(self.handoffs)

    @property
    def has_people(self) -> bool:
        """Return whether people were called or came."""
        return bool(self.handoffs) or any(each.userid is not None for each in self.said)

    @property
    def is_refused(self) -> bool:
        """Return whether the customer said that an answer was of no use."""
        return any(each.source == "dissatisfied" for each in self.labels)

    @property
    def is_helped(self) -> bool:
        """Return whether the bot said anything that could help."""
        return any(turn.mode == "full" and turn.action in _HELPS for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Result:
    """How a session came out, and why: a reason of a handoff, or of not being solved."""

    outcome: Outcome
    why: str = ""


def result_of(session: Session, later: Sequence[Session]) -> Result:
    """Return how ``session`` came out; ``later`` are those of the same customer after it."""
    if not session.is_question:
        return Result("greeting")
    if session.has_people:
        reason = session.handoffs[0].reason if session.handoffs else BY_STAFF
        return Result("handed_over", reason)
    if session.is_refused:
        return Result("unsolved", "dissatisfied")
    if _returns(session, later):
        return Result("unsolved", "returned")
    return Result("solved") if session.is_helped else Result("unsolved", "unanswered")


def _returns(session: Session, later: Sequence[Session]) -> bool:
    soon = (each for each in later if each.start - session.end < RETURN)
    return any(session.answered & each.about for each in soon)


def sessions_of(talk: Talk) -> list[Session]:
    """Return the sessions of a conversation, oldest first."""
    ratings = {turn.id for turn in talk.turns if turn.rule == RATING_RULE}
    turns = [turn for turn in talk.turns if turn.id not in ratings]
    groups = _groups(_spoken(talk, turns, ratings), talk.handoffs)
    place: dict[int | None, int] = {
        each.turn_id: n for n, group in enumerate(groups) for each in group if each.turn_id
    }
    starts = [group[0].at for group in groups]
    handoffs = [(_at(each.turn_id, each.at, place, starts), each) for each in talk.handoffs]
    return [
        Session(
            group,
            [turn for turn in turns if place[turn.id] == n],
            [each for each in talk.labels if place.get(each.turn_id) == n],
            [each for number, each in handoffs if number == n],
        )
        for n, group in enumerate(groups)
    ]


def session_at(sessions: Sequence[Session], at: datetime) -> Session | None:
    """Return the session that had begun last at that time, None before the first."""
    return next((each for each in reversed(sessions) if each.start <= at), None)


def _spoken(talk: Talk, turns: Sequence[TurnFact], ratings: set[int]) -> list[Said]:
    """Return what was said, ratings left out; a turn without a message stands for one."""
    said = [each for each in talk.said if each.turn_id not in ratings]
    known = {each.turn_id for each in said}
    said += [Said(turn.at, turn_id=turn.id) for turn in turns if turn.id not in known]
    return sorted(said, key=lambda each: (each.at, each.userid or ""))


def _groups(said: Sequence[Said], handoffs: Sequence[HandoffFact]) -> list[list[Said]]:
    groups: list[list[Said]] = []
    for each in said:
        if groups and (each.userid is not None or _goes_on(groups[-1], each.at, handoffs)):
            groups[-1].append(each)
        elif each.userid is None:
            groups.append([each])
    return groups


def _goes_on(group: Sequence[Said], at: datetime, handoffs: Sequence[HandoffFact]) -> bool:
    silence = at - group[-1].at
    if silence < SILENCE:
        return True
    return silence < WINDOW and any(
        group[0].at - SILENCE <= each.at <= at and (each.ended_at is None or each.ended_at > at)
        for each in handoffs
    )


def _at(
    turn_id: int | None, at: datetime, place: dict[int | None, int], starts: Sequence[datetime]
) -> int | None:
    """Return the number of the session of a handoff: that of its turn, or the last begun."""
    if turn_id in place:
        return place[turn_id]
    return next((n for n in reversed(range(len(starts))) if starts[n] <= at), None)
