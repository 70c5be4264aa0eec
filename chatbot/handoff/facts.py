"""What the database knows when somebody is looked for to take a conversation over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from chatbot.accounts.agent import Roster
from chatbot.dialogue.turn import Context
from chatbot.store.agents import absent_agents, advisers_of, read_roster, served_last
from chatbot.store.conversations import get_conversation, open_conversations
from chatbot.store.handoffs import get_handoff
from chatbot.store.tags import tags_of_customers


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """What tells who should have it: as it was said, not yet which row of a table that is.

    ``rows`` are those remembered from the talk, by table; ``scene`` is of the link the customer
    came by. ``loads`` says how many conversations each member has open.
    """

    skill: str | None
    priority: str
    rows: Mapping[str, str]
    tags: tuple[str, ...]
    scene: str
    advisers: frozenset[str]
    served_last: str | None
    roster: Roster
    loads: Mapping[str, int]
    absent: frozenset[str]


def read_routing_facts(
    connection: Connection,
    conversation_id: int,
    handoff_id: int | None,
    since: datetime,
    now: datetime,
) -> RoutingFacts:
    """Read it all; conversations begun before ``since`` are over."""
    conversation = get_conversation(connection, conversation_id)
    customer = conversation.external_userid
    handoff = get_handoff(connection, handoff_id) if handoff_id is not None else None
    return RoutingFacts(
        skill=handoff.skill if handoff else None,
        priority=handoff.priority if handoff else "normal",
        rows=Context.from_json(conversation.context).rows,
        tags=tags_of_customers(connection, [customer], now).get(customer, ()),
        scene=conversation.scene,
        advisers=advisers_of(connection, customer),
        served_last=served_last(connection, customer),
        roster=read_roster(connection),
        loads=open_conversations(connection, since),
        absent=absent_agents(connection),
    )
