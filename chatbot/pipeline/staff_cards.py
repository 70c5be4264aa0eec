"""Cards to staff: who is told of a conversation, and what the card says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from chatbot.handoff.card import CardFacts, Place, handoff_card
from chatbot.handoff.recipients import Recipients
from chatbot.pipeline.intake import new_msgid
from chatbot.pipeline.payload_words import payload_words
from chatbot.store import handoffs, outbox
from chatbot.store.accounts import account_name
from chatbot.store.conversations import Conversation
from chatbot.store.outbox import NewPart
from chatbot.store.turns import Turn, latest_turns
from chatbot.texts import Texts
from chatbot.wecom.cards import Card

log = structlog.get_logger()

_TURNS_ON_CARD = 4


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


class StaffCards:
    """Puts cards for staff into the outbox."""

    def __init__(self, office: Office, texts: Callable[[], Texts]) -> None:
        self._office = office
        self._texts = texts

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
    ) -> None:
        """Put the card for ``recipients`` into the outbox."""
        targets = recipients.targets()
        if not targets:
            log.error(
                "nobody_to_tell",
                conversation=conversation.id,
                advice="set CHATBOT_SUPERVISORS, or add servicers to the account",
            )
            return
        card = self._card(connection, conversation, about, place, duty_phone)
        for target in targets:
            new = NewPart(
                lane="direct", kind="staff_message", conversation_id=conversation.id,
                turn_id=about.turn_id, handoff_id=about.handoff_id,
                session_version=conversation.session_version, msgid=new_msgid(),
                payload={**target, "msgtype": "template_card", "template_card": card},
                due_at=now,
            )  # fmt: skip
            outbox.insert_part(connection, new, now)

    def _card(
        self,
        connection: Connection,
        conversation: Conversation,
        about: About,
        place: Place,
        duty_phone: str,
    ) -> Card:
        texts = self._texts()
        handoff = handoffs.get_handoff(connection, about.handoff_id) if about.handoff_id else None
        turns = latest_turns(connection, conversation.id, _TURNS_ON_CARD)
        facts = CardFacts(
            customer=conversation.nickname or texts.card_unnamed,
            account=account_name(connection, conversation.open_kfid),
            reason=handoff.reason if handoff else "wish",
            priority=handoff.priority if handoff else "normal",
            turns=turns,
            page_url=f"{self._office.base_url}/turns/{conversation.public_id}",
            place=place,
            servicer=conversation.servicer_userid or "",
            draft=_draft(turns, texts),
            duty_phone=duty_phone,
        )
        return handoff_card(facts, texts)


def _draft(turns: Sequence[Turn], texts: Texts) -> str:
    """Return what the bot would have said in the last turn, in one line; empty if it spoke."""
    drafts = turns[-1].drafts if turns else ()
    return " ".join(" ".join(payload_words(draft, texts).split()) for draft in drafts)
