"""``/console/try``: what the bot would do about a message, and why it did what it did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from chatbot.clock import Clock
from chatbot.console.admin_pages import AdminWriter
from chatbot.console.gate import NotAllowed, require
from chatbot.console.problems import DeskProblem
from chatbot.dialogue.explanation import Explanation, explain, score_names
from chatbot.dialogue.service import DialogueService, Mind
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.errors import UserError
from chatbot.knowledge.build import at_target
from chatbot.notices.notice import Notice
from chatbot.replay import By, Replay, Replays
from chatbot.store.turns import KeptTurn

_LONGEST = 2000
_MOST_ID = 2**63 - 1

#: Returns the notices in force at a time on an account.
InForce = Callable[[datetime, str], tuple[Notice, ...]]
#: Raises what the request is answered with if its sender may not see the conversation.
MaySee = Callable[[web.Request, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was filled in."""

    text: str = ""
    account: str = ""
    tags: str = ""
    target: str = ""
    at: str = ""


class WrongQuestion(Exception):
    """What was filled in makes no question; ``key`` names the sentence that says so."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


class TryPages:
    """One page to try messages on, and one for each recorded turn."""

    def __init__(
        self,
        writer: AdminWriter,
        service: DialogueService,
        replays: Replays,
        may_see: MaySee,
        notices: InForce,
        clock: Clock,
    ) -> None:
        self._writer = writer
        self._service = service
        self._replays = replays
        self._may_see = may_see
        self._notices = notices
        self._clock = clock

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes, below ``/console``."""
        return [web.get("/try", self.show), web.get(r"/try/turns/{turn:\d{1,19}}", self.turn)]

    async def show(self, request: web.Request) -> web.Response:
        """Show the form and, if something was asked, what the bot would do and why."""
        require(request, "publish")
        asked = Asked(*(request.query.get(name, "").strip() for name in Asked.__slots__))
        mind = self._service.mind
        snapshot = mind.dialogue.snapshot
        values: dict[str, Any] = {
            "asked": asked,
            "accounts": snapshot.accounts.accounts,
            "target": snapshot.thresholds.target,
        }
        if not asked.text:
            return self._writer.page(request, "try", **values)
        try:
            target = _target(asked.target)
            outcome = await self._decide(asked, mind)
            if target is not None:
                other = Mind(at_target(mind.dialogue, target), mind.encoder)
                values["otherwise"] = (await self._decide(asked, other)).decision.to_json()
        except WrongQuestion as wrong:
            problem = self._writer.say(wrong.key, longest=_LONGEST)
            return self._writer.page(request, "try", 400, problem=problem, **values)
        return self._writer.page(request, "try", **values, **self._drawn(outcome))

    async def turn(self, request: web.Request) -> web.Response:
        """Show why a turn was decided as it was; with ``?by=then`` or ``now`` decide it again."""
        require(request, "publish")
        number = int(request.match_info["turn"])
        turn = await self._replays.turn(number) if number <= _MOST_ID else None
        if turn is None:
            raise web.HTTPNotFound
        try:
            await self._may_see(request, turn.conversation_id)
        except DeskProblem:
            raise NotAllowed from None
        values: dict[str, Any] = {"turn": turn, "live": self._service.dialogue.snapshot.number}
        by: By | None = next((each for each in _WAYS if each == request.query.get("by")), None)
        values |= self._explained(turn.decision, turn.trace)
        if by is None:
            return self._writer.page(request, "turn", **values)
        return await self._replayed(request, turn, by, values)

    async def _replayed(
        self, request: web.Request, turn: KeptTurn, by: By, values: dict[str, Any]
    ) -> web.Response:
        try:
            replay = await self._replays.again(turn, by)
        except UserError as error:
            return self._writer.page(request, "turn", 409, problem=str(error), **values)
        if replay is None:
            problem = self._writer.words["not_recorded"]
            return self._writer.page(request, "turn", 409, problem=problem, **values)
        return self._writer.page(request, "turn", by=by, again=self._again(replay), **values)

    def _again(self, replay: Replay) -> dict[str, Any]:
        return {"identical": replay.is_identical, **self._drawn(replay.after)}

    async def _decide(self, asked: Asked, mind: Mind) -> Outcome:
        if len(asked.text) > _LONGEST:
            raise WrongQuestion("too_long")
        accounts = mind.dialogue.snapshot.accounts
        account = accounts.named(asked.account) or accounts.default
        written = (each.strip() for each in asked.tags.replace("，", ",").split(","))
        tags = tuple(each for each in written if each)
        now = _moment(asked.at, mind.dialogue.snapshot.timezone) or self._clock.now()
        held = self._notices(now, account.open_kfid)
        situation = Situation(now, account=account.open_kfid, tags=tags, notices=held)
        utterance = Utterance((asked.text,))
        return await self._service.compute(lambda: mind.decide(utterance, Context(), situation))

    def _drawn(self, outcome: Outcome) -> dict[str, Any]:
        return self._explained(outcome.decision.to_json(), outcome.trace)

    def _explained(self, decision: dict[str, Any], trace: dict[str, Any]) -> dict[str, Any]:
        words = self._writer.texts.explain_words
        explanation: Explanation = explain(decision, trace, words)
        return {
            "decision": decision,
            "explanation": explanation,
            "score_names": score_names(words),
            "explain": words,
        }


_WAYS: tuple[By, ...] = ("then", "now")


def _moment(written: str, timezone: ZoneInfo) -> datetime | None:
    """Return the moment that is asked about, as a browser's field gives it; None if none is."""
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise WrongQuestion("wrong_time") from None
    # Far from our time an instant may not exist in another zone.
    if not 2000 <= moment.year < 2100:
        raise WrongQuestion("wrong_time")
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone)


def _target(written: str) -> float | None:
    """Return the share of right answers that is asked about, None if none is."""
    if not written:
        return None
    try:
        target = float(written.removesuffix("%")) / (100 if written.endswith("%") else 1)
    except ValueError:
        raise WrongQuestion("wrong_target") from None
    if not 0.5 < target < 1:
        raise WrongQuestion("wrong_target")
    return target
