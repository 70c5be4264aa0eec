"""``GET /turns``: what was recorded of a customer, newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chatbot.accounts.account import Accounts
from chatbot.api.accounts import find_open_kfid
from chatbot.api.bodies import TurnsQuery
from chatbot.store.database import Database
from chatbot.store.turn_records import HeardMessage, SentPart, TurnRecord, turn_records

Json = dict[str, Any]


class RecordedTurns:
    """Reads turns; times are shown in the brand's zone."""

    def __init__(
        self, database: Database, accounts: Callable[[], Accounts], timezone: ZoneInfo
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._timezone = timezone

    async def list(self, query: TurnsQuery) -> Json:
        """Return one page; a customer that nobody knows has no turns.

        Raises:
            ApiProblem: the account is unknown.
            StoreUnavailable: the database cannot be reached.
        """
        account = None
        if query.account is not None:
            account = await find_open_kfid(self._database, self._accounts(), query.account)
        # One more than asked for tells whether there is another page.
        found = await self._database.run(
            turn_records, query.customer, account, query.before, query.limit + 1
        )
        page = found[: query.limit]
        return {
            "customer": query.customer,
            "turns": [self._turn(turn) for turn in page],
            "next": page[-1].id if len(found) > len(page) else None,
        }

    def _turn(self, turn: TurnRecord) -> Json:
        return {
            "id": turn.id,
            "account": turn.open_kfid,
            "mode": turn.mode,
            "at": self._time(turn.created_at),
            "decision": turn.decision,
            "messages": [self._message(message) for message in turn.messages],
            "parts": [self._part(part) for part in turn.parts],
            "drafts": _drafts(turn.drafts),
        }

    def _message(self, message: HeardMessage) -> Json:
        return {
            "msgid": message.msgid,
            "type": message.msgtype,
            "content": message.content,
            "at": self._time(message.sent_at),
        }

    def _part(self, part: SentPart) -> Json:
        msgtype, content = _message_of(part.payload.get("message", part.payload))
        return {
            "id": part.id,
            "kind": part.kind,
            "state": part.state,
            "msgtype": msgtype,
            "content": content,
            "error": _error(part),
            "at": self._time(part.settled_at or part.created_at),
        }

    def _time(self, at: datetime) -> str:
        return at.astimezone(self._timezone).isoformat(timespec="seconds")


def _message_of(body: Json) -> tuple[str | None, Json | None]:
    """Return type and content of a message body; nothing for what is no message."""
    msgtype = body.get("msgtype")
    if not isinstance(msgtype, str):
        return None, None
    return msgtype, body.get(msgtype)


def _drafts(bodies: Sequence[Json]) -> list[Json]:
    return [{"msgtype": body["msgtype"], "content": body[body["msgtype"]]} for body in bodies]


def _error(part: SentPart) -> Json | None:
    if part.error_code is None and not part.error_text:
        return None
    return {"code": part.error_code, "message": part.error_text or ""}
