"""What members do by the buttons of a card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from chatbot.clock import Clock
from chatbot.handoff.acting import Acted, Conflict, Done, NotTaken, Now
from chatbot.handoff.card import COLLEAGUE, LATER, PASS, PUT_OFF, TAKE
from chatbot.pipeline.app_events import Handled
from chatbot.pipeline.desk import Desk
from chatbot.pipeline.staff_cards import send_again
from chatbot.store.agents import display_name
from chatbot.store.database import Database
from chatbot.store.events import StoredEvent
from chatbot.store.staff_messages import SentCard, change_card, touch_card
from chatbot.wecom.fields import dicts, text


@dataclass(frozen=True, slots=True)
class _Click:
    """Who touched which button of which card, and the colleague they chose, if any."""

    userid: str
    task_id: str
    key: str
    code: str
    colleague: str

    @classmethod
    def of(cls, fields: dict[str, Any]) -> _Click:
        return cls(
            userid=text(fields, "FromUserName").lower(),
            task_id=text(fields, "TaskId"),
            key=text(fields, "EventKey"),
            code=text(fields, "ResponseCode"),
            colleague=_chosen(fields),
        )


class CardClicks:
    """Carries out what a button asks for, and has the card show what came of it."""

    def __init__(
        self, database: Database, desk: Desk, clock: Clock, on_queued: Callable[[], None]
    ) -> None:
        self._database = database
        self._desk = desk
        self._clock = clock
        self._on_queued = on_queued

    async def handle(self, event: StoredEvent) -> Handled | None:
        """Take a click; None if the card is none of ours."""
        click = _Click.of(event.fields)
        card = await self._database.run(touch_card, click.task_id)
        if card is None:
            return None
        now = self._clock.now()
        if click.key == LATER:
            put_off = partial(_put_off, card=card, code=click.code, now=now)
            return Handled(put_off, self._on_queued)
        outcome, by = await self._move(click, card)
        show = partial(_show, card=card, code=click.code, outcome=outcome, by=by, now=now)
        return Handled(show, self._on_queued)

    async def _move(self, click: _Click, card: SentCard) -> tuple[str, str | None]:
        """Return what came of a take or a transfer, and the member who has it."""
        target = click.colleague if click.key == PASS else click.userid
        if click.key not in {TAKE, PASS} or not target:
            return "moved", None
        about = card.about
        acted = await self._desk.transfer(
            click.userid, about.conversation_id, about.session_version, target
        )
        return _outcome(acted, target, click)


def _outcome(acted: Acted, target: str, click: _Click) -> tuple[str, str | None]:
    gave = "taken" if target == click.userid else "given"
    if isinstance(acted, NotTaken):
        return ("not_taken" if gave == "taken" else "not_given"), None
    stands: Now | None = acted.now
    if isinstance(acted, Done) or (stands is not None and stands.servicer == target):
        return gave, target
    if isinstance(acted, Conflict) and acted.obstacle == "moving":
        return "busy", None
    if stands is not None and stands.servicer:
        return "taken", stands.servicer
    return ("ended" if stands is not None and stands.state == 4 else "moved"), None


def _show(
    connection: Connection,
    *,
    card: SentCard,
    code: str,
    outcome: str,
    by: str | None,
    now: datetime,
) -> None:
    change_card(connection, card, code, outcome, display_name(connection, by), now)


def _put_off(connection: Connection, *, card: SentCard, code: str, now: datetime) -> None:
    """Send the same card again after a while, if it is wanted then."""
    send_again(
        connection, card.userid, card.message, card.about, f"later:{code}", now,
        due_at=now + PUT_OFF,
    )  # fmt: skip
    change_card(connection, card, code, "later", None, now)


def _chosen(fields: dict[str, Any]) -> str:
    """Return the colleague chosen in the card's list; a single element comes without a list."""
    selected = fields.get("SelectedItems")
    if not isinstance(selected, dict):
        return ""
    items = selected.get("SelectedItem")
    for item in [items] if isinstance(items, dict) else dicts(selected, "SelectedItem"):
        options = item.get("OptionIds")
        if item.get("QuestionKey") == COLLEAGUE and isinstance(options, dict):
            option = options.get("OptionId")
            return str(option[0] if isinstance(option, list) and option else option or "").lower()
    return ""
