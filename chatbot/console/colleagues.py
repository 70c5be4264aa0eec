"""Who a conversation can be given to: the account's servicers, as WeCom tells at this moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from chatbot.accounts.agent import Agent, Roster
from chatbot.clock import Clock
from chatbot.console.problems import DeskProblem
from chatbot.dialogue.snapshot import Snapshot
from chatbot.pipeline.sessions import WINDOW
from chatbot.store.agents import read_roster
from chatbot.store.conversations import open_conversations
from chatbot.store.database import Database
from chatbot.wecom.errors import WeComError
from chatbot.wecom.kf import KfApi, Servicer, ServicerStatus


@dataclass(frozen=True, slots=True)
class Colleague:
    """A servicer: whether they receive customers, are on duty, and have room; and their load."""

    userid: str
    name: str
    receiving: bool
    on_duty: bool
    has_room: bool
    open: int

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)


class Colleagues:
    """Lists servicers, those who can take a conversation now first."""

    def __init__(
        self, database: Database, kf: KfApi, snapshot: Callable[[], Snapshot], clock: Clock
    ) -> None:
        self._database = database
        self._kf = kf
        self._snapshot = snapshot
        self._clock = clock

    async def of(self, open_kfid: str) -> list[Colleague]:
        """Return the members who serve an account."""
        try:
            servicers = await self._kf.servicers(open_kfid)
        except WeComError as error:
            raise DeskProblem(502, "servicers_unknown", why=error.meaning) from None
        now = self._clock.now()
        roster = await self._database.run(read_roster)
        loads = await self._database.run(open_conversations, now - WINDOW)
        found = [
            self._colleague(each, roster, loads.get(each.userid, 0))
            for each in servicers
            if isinstance(each, Servicer)
        ]
        return sorted(found, key=_place)

    def _colleague(self, servicer: Servicer, roster: Roster, load: int) -> Colleague:
        snapshot = self._snapshot()
        agent = roster.get(servicer.userid) or Agent(servicer.userid)
        local = self._clock.now().astimezone(snapshot.timezone)
        return Colleague(
            userid=agent.userid,
            name=agent.name or agent.userid,
            receiving=servicer.status is ServicerStatus.RECEIVING,
            on_duty=agent.is_on_duty(local, snapshot.accounts.calendar),
            has_room=agent.has_room(load),
            open=load,
        )


def _place(colleague: Colleague) -> tuple[bool, bool, bool, int, str]:
    return (
        not colleague.receiving, not colleague.on_duty, not colleague.has_room, colleague.open,
        colleague.userid,
    )  # fmt: skip
