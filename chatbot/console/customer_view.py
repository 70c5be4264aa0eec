"""The customer beside the conversation: tags with why, notes, sessions with people, contacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from chatbot.console.desk_rows import Json
from chatbot.console.harmless import harmless
from chatbot.customers.records import TagRecord, customer_page
from chatbot.customers.tag_groups import STAGES
from chatbot.dialogue.snapshot import Snapshot
from chatbot.store.agents import member_names
from chatbot.store.database import Database
from chatbot.store.desk_customer import other_talks, past_handoffs, tag_names, turn_texts
from chatbot.store.notes import notes_of
from chatbot.store.tags import Evidence
from chatbot.texts import Texts

_NOTES, _PAST, _OTHERS, _TAG_NAMES, _EVIDENCE = 50, 20, 10, 300, 5


class CustomerReader:
    """Reads what is known of a customer."""

    def __init__(self, database: Database, snapshot: Callable[[], Snapshot]) -> None:
        self._database = database
        self._snapshot = snapshot

    async def view(self, customer: str, conversation_id: int | None) -> Json:
        """Return all of it, as it is shown beside a conversation (None: beside none)."""
        return await self._database.run(self._view, customer, conversation_id)

    def _view(self, connection: Connection, customer: str, conversation_id: int | None) -> Json:
        snapshot = self._snapshot()
        names = member_names(connection)
        page = customer_page(connection, customer)
        given = [each for each in page.tags if each.standing.state == "given"]
        said = turn_texts(
            connection, [line.turn_id for each in given for line in each.evidence if line.turn_id]
        )
        tags = [_tag(each, names, said, snapshot) for each in given]
        return {
            "external_userid": customer,
            "stage": next((tag["name"] for tag in tags if tag["group"] == STAGES), ""),
            "tags": tags,
            "tag_names": [f"{group}:{name}" for group, name in tag_names(connection, _TAG_NAMES)],
            "contacts": [
                {
                    "name": names.get(each.userid.lower(), each.userid), "active": each.active,
                    "since": _time(each.since), "channel": harmless(each.channel),
                }
                for each in page.followers
            ],
            "notes": [
                {
                    "id": note.id, "text": harmless(note.text), "at": _time(note.written_at),
                    "by": names.get(note.written_by, note.written_by),
                }
                for note in notes_of(connection, customer, _NOTES)
            ],
            "handoffs": _handoffs(connection, customer, names, snapshot.texts),
            "others": [
                {"id": each.public_id, "account": each.account, "state": each.state,
                 "at": _time(each.wrote_at)}
                for each in other_talks(connection, customer, conversation_id or 0, _OTHERS)
            ],
        }  # fmt: skip


def _handoffs(
    connection: Connection, customer: str, names: Mapping[str, str], texts: Texts
) -> list[dict[str, Any]]:
    return [
        {
            "id": each.public_id, "account": each.account, "at": _time(each.at),
            "ended_at": _time(each.ended_at), "reason": texts.handoff_reason(each.reason),
            "servicer": names.get((each.servicer or "").lower(), each.servicer or ""),
        }
        for each in past_handoffs(connection, customer, _PAST)
    ]  # fmt: skip


def _tag(
    record: TagRecord, names: Mapping[str, str], said: Mapping[int, str], snapshot: Snapshot
) -> Json:
    standing = record.standing
    evidence = [line for line in record.evidence if line.change == "given"][-_EVIDENCE:]
    return {
        "group": standing.tag.group,
        "name": standing.tag.name,
        "since": _time(standing.last_given_at),
        "lapses": _time(standing.lapses_at),
        "times": standing.times,
        "in_wecom": any(
            each.state == "written" and each.goal == "present" for each in record.in_wecom
        ),
        "why": [_why(line, names, said, snapshot) for line in reversed(evidence)],
    }


def _why(
    line: Evidence, names: Mapping[str, str], said: Mapping[int, str], snapshot: Snapshot
) -> Json:
    name = line.source_name
    if line.source in {"person", "admin"}:
        name = names.get(name.lower(), name)
    elif line.source == "entry" and name in snapshot.by_id:
        name = snapshot.entries[snapshot.by_id[name]].question
    words = snapshot.texts.desk_words[f"evidence_{line.source}"].format(name=name)
    return {
        "words": words,
        "score": line.score,
        "at": _time(line.at),
        "said": harmless(said.get(line.turn_id or 0, ""))[:200],
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
