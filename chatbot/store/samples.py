"""The weekly samples of direct answers, and what people say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from chatbot.curation.sample.drawing import Answer
from chatbot.curation.sample.estimate import Judged
from chatbot.store.database import statement
from chatbot.store.judgements import Judgement
from chatbot.store.messages import storable_json, storable_text

#: What somebody says of a sampled answer: as of any turn, or that they cannot tell.
SampleVerdict = Literal["right", "wrong", "other", "unsure"]


@dataclass(frozen=True, slots=True)
class StratumSize:
    """A stratum of a week: its band of confidence, whether its entries are asked often, its size.

    See `chatbot.curation.sample.drawing`.
    """

    band: int
    often: bool
    answers: int


@dataclass(frozen=True, slots=True)
class Week:
    """A week with its sample by stratum; ``target`` is what was promised when it was drawn."""

    first_day: date
    drawn_at: datetime
    target: float
    strata: Sequence[StratumSize]
    judged: Sequence[Judged]


@dataclass(frozen=True, slots=True)
class NewItem:
    """An answer that was drawn, with the number of its stratum, as the customer read it."""

    turn_id: int
    stratum: int
    said: str


@dataclass(frozen=True, slots=True)
class Item:
    """A drawn answer as it is judged; ``place`` counts from 1.

    ``verdict`` is the word that counts, None while nobody has said any; ``word`` its number.
    """

    id: int
    first_day: date
    place: int
    said: str
    turn_id: int
    conversation_id: int
    public_id: str
    asked_at: datetime
    text: str
    decision: Mapping[str, Any]
    word: int | None
    verdict: SampleVerdict | None
    faq_id: str | None
    said_by: str | None


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said of an item; ``former`` is the judgement of the turn from before."""

    id: int
    item_id: int
    turn_id: int
    conversation_id: int
    said_by: str
    said_at: datetime
    former: Judgement | None


@dataclass(frozen=True, slots=True)
class SaidAnswer:
    """A turn with the bodies of what was sent for it, as the platform got them."""

    turn_id: int
    reply: Sequence[Mapping[str, Any]]
    sent: Sequence[dict[str, Any]]


#: What the platform took may have been read; what it was not given was said to nobody.
_SAID_STATES = "o.state IN ('delivered', 'unknown')"
_PARTS = "outbox o WHERE o.turn_id = t.id AND o.kind = 'kf_message' AND o.by_userid IS NULL"
#: Where a person took over instead, the answer was not said either.
_WAS_SAID = (
    "NOT EXISTS (SELECT FROM handoffs h WHERE h.turn_id = t.id)"
    f" AND (EXISTS (SELECT FROM {_PARTS} AND {_SAID_STATES})"
    f" OR NOT EXISTS (SELECT FROM {_PARTS}))"
)
# What the customer picked from a menu was not the bot's guess. A draft was not said to anybody.
_ANSWERS = statement(
    "SELECT id, decision ->> 'faq_id' AS faq_id,"
    " COALESCE(CAST(decision ->> 'confidence' AS float8), 0) AS confidence FROM turns t"
    " WHERE created_at >= :since AND created_at < :until AND action = 'answer' AND mode = 'full'"
    " AND decision ->> 'faq_id' IS NOT NULL AND COALESCE(trace ->> 'rule', '') <> 'picked'"
    # Weeks overlap where the brand's time zone was changed between them.
    " AND NOT EXISTS (SELECT FROM sample_items i WHERE i.turn_id = t.id)"
    f" AND {_WAS_SAID} ORDER BY id"
)
_SAID = statement(
    "SELECT t.id, COALESCE(t.decision -> 'reply', '[]') AS reply, COALESCE((SELECT"
    f" jsonb_agg(COALESCE(o.payload -> 'message', o.payload) ORDER BY o.id) FROM {_PARTS}"
    f" AND {_SAID_STATES}), '[]') AS sent"
    " FROM turns t WHERE t.id = ANY(:turns)"
)
_CLAIM = statement(
    "INSERT INTO sample_weeks (first_day, drawn_at, target, strata)"
    " VALUES (:first_day, :now, :target, CAST(:strata AS jsonb)) ON CONFLICT DO NOTHING"
)
_IS_DRAWN = statement("SELECT EXISTS (SELECT FROM sample_weeks WHERE first_day = :first_day)")
_PUT = statement(
    "INSERT INTO sample_items (first_day, turn_id, place, stratum, said)"
    " VALUES (:first_day, :turn_id, :place, :stratum, :said)"
)
#: The word that counts of each item.
_COUNTS = (
    "SELECT DISTINCT ON (item_id) item_id, id, verdict, faq_id, said_by FROM sample_words"
    " WHERE taken_back_at IS NULL ORDER BY item_id, id DESC"
)
_WEEKS = statement(
    "SELECT first_day, drawn_at, target, strata FROM sample_weeks"
    " WHERE CAST(:until AS date) IS NULL OR first_day < :until ORDER BY first_day DESC LIMIT :limit"
)
_STRATA = statement(
    "SELECT i.first_day, i.stratum, count(*) AS drawn,"
    " count(*) FILTER (WHERE w.verdict = 'right') AS good,"
    " count(*) FILTER (WHERE w.verdict IN ('wrong', 'other')) AS bad"
    f" FROM sample_items i LEFT JOIN ({_COUNTS}) w ON w.item_id = i.id"
    " WHERE i.first_day = ANY(:days) GROUP BY i.first_day, i.stratum"
)
_ITEM = (
    "SELECT i.id, i.first_day, i.place, i.said, i.turn_id, t.conversation_id, c.public_id,"
    " t.created_at, t.text, t.decision, w.id AS word, w.verdict, w.faq_id, w.said_by"
    " FROM sample_items i JOIN turns t ON t.id = i.turn_id"
    " JOIN conversations c ON c.id = t.conversation_id"
    f" LEFT JOIN ({_COUNTS}) w ON w.item_id = i.id"
)
_ITEMS = statement(f"{_ITEM} WHERE i.first_day = :first_day ORDER BY i.place")
_ONE = statement(f"{_ITEM} WHERE i.id = :id")
_SAY = statement(
    "INSERT INTO sample_words (item_id, verdict, faq_id, question, said_by, said_at, former)"
    " VALUES (:item_id, :verdict, :faq_id, :question, :said_by, :now, CAST(:former AS jsonb))"
)
_LAST_OF = statement(
    "SELECT w.id, w.item_id, i.turn_id, t.conversation_id, w.said_by, w.said_at, w.former"
    " FROM sample_words w JOIN sample_items i ON i.id = w.item_id JOIN turns t ON t.id = i.turn_id"
    " WHERE i.first_day = :first_day AND w.said_by = :said_by AND w.taken_back_at IS NULL"
    " ORDER BY w.id DESC LIMIT 1"
)
_BEHIND = statement(
    "SELECT id, former, taken_back_at IS NULL AS stands FROM sample_words"
    " WHERE item_id = :item_id AND id < :before AND said_by = :said_by AND said_at = :said_at"
    " AND verdict <> 'unsure' ORDER BY id DESC LIMIT 1"
)
_TAKE_BACK = statement("UPDATE sample_words SET taken_back_at = :now WHERE id = :id")
_BESIDE = statement(
    # What comes by itself: judgements in the desk, and complaints, of the same kind of answers.
    "SELECT count(*) AS answers,"
    " count(*) FILTER (WHERE j.verdict = 'right') AS good,"
    " count(*) FILTER (WHERE j.verdict IN ('wrong', 'other')) AS bad"
    " FROM turns t LEFT JOIN turn_judgements j ON j.turn_id = t.id AND NOT EXISTS"
    " (SELECT FROM sample_items i WHERE i.turn_id = t.id)"
    " WHERE t.created_at >= :since AND t.created_at < :until AND t.action = 'answer'"
    f" AND t.mode = 'full' AND COALESCE(t.trace ->> 'rule', '') <> 'picked' AND {_WAS_SAID}"
)
_COMPLAINTS = statement(
    # A complaint belongs to the time of the answer that it is about.
    "SELECT count(DISTINCT a.id) FROM turn_labels l JOIN turns t ON t.id = l.turn_id"
    " JOIN LATERAL (SELECT id, created_at FROM turns WHERE conversation_id = t.conversation_id"
    " AND id < t.id AND action = 'answer' AND mode = 'full' ORDER BY id DESC LIMIT 1) a ON true"
    " WHERE l.source = 'dissatisfied' AND l.created_at >= :since"
    " AND a.created_at >= :since AND a.created_at < :until"
)


@dataclass(frozen=True, slots=True)
class Beside:
    """What was told by itself of a time's direct answers: by people who looked, by customers."""

    answers: int
    right: int
    wrong: int
    complaints: int


def answers_between(connection: Connection, since: datetime, until: datetime) -> list[Answer]:
    """Return the direct answers of a time."""
    rows = connection.execute(_ANSWERS, {"since": since, "until": until})
    return [Answer(*row) for row in rows]


def said_by_turns(connection: Connection, turns: Sequence[int]) -> dict[int, SaidAnswer]:
    """Return what was said in these turns."""
    found = connection.execute(_SAID, {"turns": list(turns)})
    return {row.id: SaidAnswer(*row) for row in found}


def is_drawn(connection: Connection, first_day: date) -> bool:
    """Return whether a week has its sample."""
    return bool(connection.scalar(_IS_DRAWN, {"first_day": first_day}))


def claim_week(
    connection: Connection,
    first_day: date,
    target: float,
    strata: Sequence[StratumSize],
    now: datetime,
) -> bool:
    """Note that this transaction draws a week's sample; False if another one does, or has."""
    values = {
        "first_day": first_day, "target": target, "now": now,
        "strata": storable_json(list(map(asdict, strata))),
    }  # fmt: skip
    return connection.execute(_CLAIM, values).rowcount == 1


def put_items(connection: Connection, first_day: date, items: Sequence[NewItem]) -> None:
    """Keep what was drawn, in the order in which it is judged."""
    for place, each in enumerate(items, 1):
        connection.execute(_PUT, {
            "first_day": first_day, "turn_id": each.turn_id, "place": place,
            "stratum": each.stratum, "said": storable_text(each.said),
        })  # fmt: skip


def sample_weeks(connection: Connection, limit: int, until: date | None = None) -> list[Week]:
    """Return the newest weeks that have a sample, newest first; those begun before ``until``."""
    rows = connection.execute(_WEEKS, {"limit": limit, "until": until}).all()
    counts = {
        (row.first_day, row.stratum): (row.drawn, row.good, row.bad)
        for row in connection.execute(_STRATA, {"days": [row.first_day for row in rows]})
    }

    def week(row: Row[Any]) -> Week:
        strata = [StratumSize(**each) for each in row.strata]
        judged = [
            Judged(each.answers, *counts.get((row.first_day, number), (0, 0, 0)))
            for number, each in enumerate(strata)
        ]
        return Week(row.first_day, row.drawn_at, row.target, strata, judged)

    return [week(row) for row in rows]


def items_of(connection: Connection, first_day: date) -> list[Item]:
    """Return what was drawn for a week, in the order in which it is judged."""
    return [Item(*row) for row in connection.execute(_ITEMS, {"first_day": first_day})]


def sample_item(connection: Connection, number: int) -> Item | None:
    """Return one drawn answer, None if there is no such."""
    row = connection.execute(_ONE, {"id": number}).one_or_none()
    return Item(*row) if row else None


def say_of_item(
    connection: Connection,
    item_id: int,
    verdict: SampleVerdict,
    entry: tuple[str, str] | None,
    said_by: str,
    former: Judgement | None,
    now: datetime,
) -> None:
    """Keep what somebody says of an item; ``entry`` is what it should have been, with its name."""
    faq_id, question = entry or (None, "")
    connection.execute(_SAY, {
        "item_id": item_id, "verdict": verdict, "faq_id": faq_id,
        "question": storable_text(question), "said_by": said_by, "now": now,
        "former": None if former is None else storable_json(_former(former)),
    })  # fmt: skip


def _former(judgement: Judgement) -> dict[str, Any]:
    return asdict(judgement) | {"judged_at": judgement.judged_at.isoformat()}


def last_word_of(connection: Connection, first_day: date, said_by: str) -> Word | None:
    """Return what somebody said last of a week's sample and has not taken back."""
    values = {"first_day": first_day, "said_by": said_by}
    row = connection.execute(_LAST_OF, values).one_or_none()
    if row is None:
        return None
    *rest, former = row
    number, item_id, turn_id, conversation_id, by, at = rest
    return Word(number, item_id, turn_id, conversation_id, by, at, _judgement(former))


def _judgement(former: Mapping[str, Any] | None) -> Judgement | None:
    if former is None:
        return None
    at = datetime.fromisoformat(former["judged_at"])
    return Judgement(**{**former, "judged_at": at})


def standing_before(connection: Connection, word: Word) -> tuple[Judgement | None, bool]:
    """Return the judgement from before a word that stands, and whether it is the sample's.

    One that was taken back meanwhile counts for what had been said before it.
    """
    former, before = word.former, word.id
    while former is not None:
        values = {"item_id": word.item_id, "before": before, "said_by": former.judged_by,
                  "said_at": former.judged_at}  # fmt: skip
        behind = connection.execute(_BEHIND, values).one_or_none()
        if behind is None or behind.stands:
            return former, behind is not None
        former, before = _judgement(behind.former), behind.id
    return None, False


def take_word_back(connection: Connection, number: int, now: datetime) -> None:
    """Let a word not count any more; it stays on record."""
    connection.execute(_TAKE_BACK, {"id": number, "now": now})


def told_beside(connection: Connection, since: datetime, until: datetime) -> Beside:
    """Return what was told by itself of the direct answers of a time, those drawn left out."""
    values = {"since": since, "until": until}
    row = connection.execute(_BESIDE, values).one()
    complaints = int(connection.scalar(_COMPLAINTS, values) or 0)
    return Beside(row.answers, row.good, row.bad, complaints)
