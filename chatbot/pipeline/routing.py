"""Finding who takes over a conversation: what is known of it, by the content in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chatbot.clock import Clock
from chatbot.dialogue.snapshot import Snapshot
from chatbot.facts.meant import rows_meant, rows_named
from chatbot.handoff.facts import RoutingFacts, read_routing_facts
from chatbot.handoff.routing import Candidate, Desk, Wanted, candidates
from chatbot.pipeline import sessions
from chatbot.store.conversations import Conversation
from chatbot.store.database import Database
from chatbot.wecom.kf import Servicer, ServicerDepartment


@dataclass(frozen=True, slots=True)
class Survey:
    """Who can take over, the best first, and whether who has it receives and is on duty."""

    candidates: list[Candidate]
    serves: bool


class Router:
    """Says who can take over, the best first, for the snapshot that is live when it is asked."""

    def __init__(self, database: Database, snapshot: Callable[[], Snapshot], clock: Clock) -> None:
        self._database = database
        self._snapshot = snapshot
        self._clock = clock

    async def candidates(
        self,
        conversation: Conversation,
        handoff_id: int | None,
        servicers: Sequence[Servicer | ServicerDepartment],
    ) -> list[Candidate]:
        """Return who of the account's ``servicers`` can take over now; nobody: the pool."""
        return (await self.survey(conversation, handoff_id, servicers)).candidates

    async def survey(
        self,
        conversation: Conversation,
        handoff_id: int | None,
        servicers: Sequence[Servicer | ServicerDepartment],
    ) -> Survey:
        """Return that, and whether who has the conversation now is there."""
        now = self._clock.now()
        facts = await self._database.run(
            read_routing_facts, conversation.id, handoff_id, now - sessions.WINDOW, now
        )
        snapshot = self._snapshot()
        roster = {
            userid: replace(
                agent, stores=tuple(rows_named(snapshot.rows, snapshot.normaliser, agent.stores))
            )
            for userid, agent in facts.roster.items()
        }
        desk = Desk(
            servicers=servicers,
            roster=roster,
            loads=facts.loads,
            local=now.astimezone(snapshot.timezone),
            calendar=snapshot.accounts.calendar,
            named=snapshot.accounts.of(conversation.open_kfid).agents,
            absent=facts.absent,
        )
        found = candidates(_wanted(snapshot, facts), desk)
        return Survey(found, serves=desk.serves(conversation.servicer_userid))


def _wanted(snapshot: Snapshot, facts: RoutingFacts) -> Wanted:
    meant = rows_meant(snapshot.rows, facts.rows, facts.tags, facts.scene)
    return Wanted(
        skill=facts.skill,
        priority=facts.priority,
        stores=frozenset(meant.values()),
        advisers=facts.advisers,
        served_last=facts.served_last,
    )
