"""Cards and notices to staff: who is told of what, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection

from chatbot.assist.drafts import drafts_of_turns
from chatbot.customers.tag_groups import is_stage, stage_of
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Situation
from chatbot.handoff.card import CardFacts, Colleague, Draft, Informed, handoff_card
from chatbot.handoff.recipients import Recipients
from chatbot.pipeline import sessions
from chatbot.pipeline.sending import MESSAGE_BUDGET
from chatbot.store import handoffs
from chatbot.store.accounts import account_name
from chatbot.store.agents import absent_agents, display_name, read_roster
from chatbot.store.conversations import Conversation
from chatbot.store.outbox import Part
from chatbot.store.staff_messages import (
    CARD_RANK,
    NOTICE_RANK,
    URGENT_RANK,
    CardAbout,
    Place,
    StaffMessage,
    insert_message,
    new_task_id,
    reword_messages,
    withdraw_messages,
)
from chatbot.store.tags import tags_of_customers
from chatbot.store.turns import Turn, latest_turns, unsent_bodies
from chatbot.store.watch import read_desk_rules
from chatbot.texts import Texts
from chatbot.wecom.messages import text_message

log = structlog.get_logger()

_TURNS_ON_CARD = 4
#: A card that could not be sent within this time would tell of the past.
_CARD_LIFE = timedelta(hours=2)
_NOTICE_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Office:
    """Where a handoff goes, beside the platform: who supervises and where pages are."""

    supervisors: tuple[str, ...]
    base_url: str


@dataclass(frozen=True, slots=True)
class About:
    """The handoff and the turn that a card is about; None where staff began by themselves."""

    handoff_id: int | None
    turn_id: int | None

    @classmethod
    def part(cls, part: Part) -> About:
        """Return what a part of the outbox is about."""
        return cls(part.handoff_id, part.turn_id)


class StaffCards:
    """Puts cards and notices into the queue of staff."""

    def __init__(self, office: Office, snapshot: Callable[[], Snapshot]) -> None:
        self._office = office
        self._snapshot = snapshot

    @property
    def supervisors(self) -> Recipients:
        """Return who is told where nobody else would look."""
        return Recipients(self._office.supervisors)

    def tell(
        self,
        connection: Connection,
        conversation: Conversation,
        about: About,
        recipients: Recipients,
        place: Place,
        now: datetime,
        *,
        duty_phone: str = "",
        informed: Informed = "later",
    ) -> None:
        """Put a card for each of ``recipients`` into the queue.

        Who has just been given the conversation sees it in their client as well, so their card
        waits a moment, and is not sent if they have answered by then. ``informed`` is about the
        customer, where nobody answers.
        """
        receivers = recipients.receivers()
        if not receivers:
            log.error(
                "nobody_to_tell",
                conversation=conversation.id,
                advice="set CHATBOT_SUPERVISORS, or add servicers to the account",
            )
            return
        facts = self._facts(connection, conversation, about, place, duty_phone, now)
        facts = replace(facts, informed=informed)
        urgent = facts.priority == "urgent"
        due_at = now
        if place == "assigned" and not urgent:
            due_at += timedelta(seconds=read_desk_rules(connection).card_seconds)
        texts, present = self._snapshot().texts, _present(connection)
        for receiver in receivers:
            colleagues = [each for each in present if each.userid != receiver]
            _insert_card(
                connection, receiver, replace(facts, colleagues=colleagues), conversation, about,
                texts, now, due_at=due_at,
            )  # fmt: skip

    def notice(
        self,
        connection: Connection,
        userids: Sequence[str],
        text: str,
        url: str,
        key: str,
        now: datetime,
        *,
        due_at: datetime | None = None,
    ) -> None:
        """Tell members something that can wait to be told together with other things.

        ``key`` is what makes it the same notice: it is told once to each. It is told at ``due_at``
        at the soonest.
        """
        for told in _receivers(userids, key):
            insert_message(
                connection, told.userid, "notice", NOTICE_RANK, _notice(text, url), now,
                due_at=due_at or now, expires_at=now + _NOTICE_LIFE, key=told.key,
            )  # fmt: skip

    def reword_notice(
        self, connection: Connection, userids: Sequence[str], text: str, url: str, key: str
    ) -> None:
        """Let a notice that has not been told yet say something else."""
        keys = [told.key for told in _receivers(userids, key)]
        reword_messages(connection, keys, _notice(text, url))

    def withdraw_notice(
        self, connection: Connection, userids: Sequence[str], key: str, now: datetime
    ) -> None:
        """Take back a notice that has not been told yet; the same may be told later."""
        withdraw_messages(connection, [told.key for told in _receivers(userids, key)], now)

    def page_url(self, conversation: Conversation) -> str:
        """Return the address of the conversation's page."""
        return f"{self._office.base_url}/turns/{conversation.public_id}"

    def _facts(
        self,
        connection: Connection,
        conversation: Conversation,
        about: About,
        place: Place,
        duty_phone: str,
        now: datetime,
    ) -> CardFacts:
        snapshot = self._snapshot()
        texts = snapshot.texts
        handoff = handoffs.get_handoff(connection, about.handoff_id) if about.handoff_id else None
        turns = latest_turns(connection, conversation.id, _TURNS_ON_CARD)
        customer = conversation.external_userid
        tags = tags_of_customers(connection, [customer], now).get(customer, ())
        wrote_at = conversation.customer_wrote_at
        return CardFacts(
            customer=conversation.nickname or texts.card_unnamed,
            account=account_name(connection, conversation.open_kfid),
            reason=handoff.reason if handoff else "wish",
            priority=handoff.priority if handoff else "normal",
            turns=turns,
            page_url=self.page_url(conversation),
            console_url=f"{self._office.base_url}/console/open/{conversation.public_id}",
            place=place,
            messages_left=max(0, MESSAGE_BUDGET - conversation.sent_since_customer),
            time_left=max(timedelta(), wrote_at + sessions.WINDOW - now)
            if wrote_at
            else timedelta(),
            servicer=display_name(connection, conversation.servicer_userid) or "",
            drafts=_drafts(connection, conversation, turns, snapshot, tags, now),
            tags=[each for each in tags if not is_stage(each)],
            stage=stage_of(tags),
            duty_phone=duty_phone,
        )


class _Receiver(NamedTuple):
    """Who is told of a notice, and by which key once."""

    userid: str
    key: str


def _receivers(userids: Sequence[str], key: str) -> list[_Receiver]:
    members = dict.fromkeys(each.lower() for each in userids)
    return [_Receiver(userid, f"{key}:{userid}") for userid in members]


def _notice(text: str, url: str) -> dict[str, Any]:
    return text_message(f"{text}\n{url}" if url else text)


def _insert_card(
    connection: Connection,
    receiver: str,
    facts: CardFacts,
    conversation: Conversation,
    about: About,
    texts: Texts,
    now: datetime,
    *,
    due_at: datetime,
) -> None:
    task_id = new_task_id()
    card = handoff_card(facts, texts, task_id)
    rank = URGENT_RANK if facts.priority == "urgent" else CARD_RANK
    insert_message(
        connection, receiver, "card", rank,
        {"msgtype": "template_card", "template_card": card}, now,
        due_at=due_at, expires_at=now + _CARD_LIFE, task_id=task_id,
        about=CardAbout(
            conversation.id, conversation.session_version, about.handoff_id, facts.place
        ),
    )  # fmt: skip


def send_to_supervisors(
    connection: Connection, card: StaffMessage, supervisors: Sequence[str], now: datetime
) -> None:
    """Send a card that reached nobody to the supervisors, each once, unless it was theirs."""
    others = [each for each in supervisors if each != card.userid]
    if not others or card.conversation_id is None or card.place is None:
        log.error("card_reached_nobody", id=card.id, conversation=card.conversation_id)
        return
    about = CardAbout(card.conversation_id, card.session_version or 0, card.handoff_id, card.place)
    for userid in others:
        key = f"instead:{card.conversation_id}:{card.session_version}:{userid}"
        send_again(connection, userid, card.message, about, key, now, due_at=now)


def send_again(
    connection: Connection,
    userid: str,
    message: dict[str, Any],
    about: CardAbout,
    key: str,
    now: datetime,
    *,
    due_at: datetime,
) -> None:
    """Send the ``message`` of a card to somebody once more: a card of its own to the platform."""
    task_id = new_task_id()
    content = {**message["template_card"], "task_id": task_id}
    insert_message(
        connection, userid, "card", CARD_RANK, {**message, "template_card": content}, now,
        due_at=due_at, expires_at=now + _CARD_LIFE, task_id=task_id, about=about, key=key,
    )  # fmt: skip


def _present(connection: Connection) -> list[Colleague]:
    """Return who is in the roster and has not gone home."""
    absent = absent_agents(connection)
    return [
        Colleague(agent.userid, agent.name)
        for agent in read_roster(connection).values()
        if agent.userid not in absent
    ]


def _drafts(
    connection: Connection,
    conversation: Conversation,
    turns: Sequence[Turn],
    snapshot: Snapshot,
    tags: tuple[str, ...],
    now: datetime,
) -> list[Draft]:
    """Return what may be replied, first of all what the bot was about to say."""
    if not turns:
        return []
    situation = Situation(
        now=now, account=conversation.open_kfid, customer=conversation.nickname or "", tags=tags,
        scene=conversation.scene,
    )  # fmt: skip
    context = Context.from_json(conversation.context)
    unsent = unsent_bodies(connection, turns[-1].id)
    return [
        Draft(" ".join(each.text.split()), each.confidence or None)
        for each in drafts_of_turns(snapshot, turns, context, situation, unsent)
    ]
