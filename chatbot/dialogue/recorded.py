"""What a turn was decided from, as it is kept with the turn, so that it can be decided again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, get_args

from chatbot.customers.ratings import SCORES, RatingAsked
from chatbot.dialogue.json_values import instant_in, texts_in
from chatbot.dialogue.turn import Attachment, AttachmentKind, Context, Situation, Utterance
from chatbot.notices.notice import Notice

_KINDS: frozenset[str] = frozenset(get_args(AttachmentKind))


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that went into a turn: deciding is pure, so the same gives the same."""

    utterance: Utterance
    context: Context
    situation: Situation

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON that ``from_json`` rebuilds this from."""
        utterance, situation = self.utterance, self.situation
        return {
            "utterance": {
                "texts": list(utterance.texts),
                "attachments": [asdict(each) for each in utterance.attachments],
                "menu_id": utterance.menu_id,
            },
            "context": self.context.to_json(),
            "situation": {
                **asdict(situation),
                "now": situation.now.isoformat(),
                "tags": list(situation.tags),
                "notices": [notice.to_json() for notice in situation.notices],
            },
        }

    @classmethod
    def from_json(cls, record: object) -> Recorded | None:
        """Rebuild what ``to_json`` gave; None of turns that were recorded without."""
        if not isinstance(record, dict):
            return None
        situation = _situation(record.get("situation"))
        if situation is None:
            return None
        return cls(
            _utterance(record.get("utterance")), Context.from_json(record.get("context")), situation
        )


def _utterance(record: object) -> Utterance:
    known = record if isinstance(record, dict) else {}
    menu_id = known.get("menu_id")
    attached = known.get("attachments")
    found = (each for each in attached if isinstance(each, dict)) if attached else ()
    return Utterance(
        texts_in(known.get("texts")),
        tuple(
            Attachment(each["kind"], str(each.get("title", "")))
            for each in found
            if each.get("kind") in _KINDS
        ),
        menu_id if isinstance(menu_id, str) else None,
    )


def _situation(record: object) -> Situation | None:
    now = instant_in(record.get("now")) if isinstance(record, dict) else None
    if now is None or not isinstance(record, dict):
        return None
    return Situation(
        now=now,
        account=str(record.get("account", "")),
        customer=str(record.get("customer", "")),
        tags=texts_in(record.get("tags")),
        scene=str(record.get("scene", "")),
        rating=_rating(record.get("rating")),
        notices=tuple(map(Notice.from_json, record.get("notices", ()))),
    )


def _rating(record: object) -> RatingAsked | None:
    if not isinstance(record, dict) or not isinstance(record.get("key"), str):
        return None
    score = record.get("score")
    return RatingAsked(
        record["key"],
        score if score in SCORES else None,
        reasoned=record.get("reasoned") is True,
        latest=record.get("latest") is True,
    )
