"""Published content as numbered snapshots: immutable, one of them live, one at most waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, TextClause

from chatbot.answers.correction import Correction
from chatbot.errors import ChatbotError
from chatbot.matching.confidence import FITTED_SHARE
from chatbot.store.database import statement
from chatbot.store.edits import EditsSeen, edits_seen, release_edits
from chatbot.store.media import save_media
from chatbot.store.messages import storable_json
from chatbot.store.presence import CHANNEL

#: What processes listen to for news about the live snapshot.
CONTENT_TOPIC = "content"

Cause = Literal["first", "start", "watch", "publish", "rollback", "basis", "edit"]
State = Literal["live", "earlier", "candidate"]


@dataclass(frozen=True, slots=True)
class Basis:
    """What decisions depend on beside content: equal content and basis decide alike.

    ``out_of_scope_share`` is the share of messages without an entry as it is stated;
    ``correction`` what labels said when the snapshot was made, None before any did.
    """

    encoder: str
    target_precision: float
    release: str
    out_of_scope_share: float = FITTED_SHARE
    correction: Correction | None = None

    @property
    def uncorrected(self) -> Basis:
        """Return what is set, without what was learnt."""
        return replace(self, correction=None)


@dataclass(frozen=True, slots=True)
class Origin:
    """How a snapshot came to be; ``source`` is the number that a rollback went back to."""

    cause: Cause
    actor: str = ""
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Content that may become a snapshot: canonical JSON, its digest, and pictures by SHA-256."""

    digest: str
    content: str
    entries: int
    intents: int
    media: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published state of the content; ``content`` is its canonical JSON."""

    number: int
    digest: str
    content: str
    entries: int
    intents: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of an offer: the number it has, and whether anything changed.

    ``overruled``: it was to go live, but waits, because something else had gone live meanwhile.
    """

    number: int
    changed: bool
    overruled: bool = False


class EditsCame(ChatbotError):
    """Somebody edited on a page since an offer was prepared: it would undo that."""

    def __init__(self) -> None:
        super().__init__("an edit was made on a page meanwhile; it is looked at again")


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest content that there is: the candidate's, the live one's if none waits."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Past:
    """A line of the history."""

    number: int
    state: State
    created_at: datetime
    published_at: datetime | None
    origin: Origin
    entries: int
    intents: int
    digest: str
    basis: Basis


# A notification is sent when the transaction commits, so nobody looks too early. Process 0 is
# nobody: the sender listens as well.
_NOTIFY = statement("SELECT pg_notify(:channel, :payload)")
_LOCK = statement("LOCK TABLE snapshots IN SHARE ROW EXCLUSIVE MODE")
_BASIS = "encoder, target_precision, release, out_of_scope_share, correction"
_COLUMNS = f"number, digest, content, entries, intents, {_BASIS}"
_LIVE = statement(
    f"SELECT {_COLUMNS} FROM snapshots WHERE state = 'live' ORDER BY number DESC LIMIT 1"
)
_CANDIDATE = statement(f"SELECT {_COLUMNS} FROM snapshots WHERE state = 'candidate'")
_BY_NUMBER = statement(
    f"SELECT {_COLUMNS} FROM snapshots WHERE state = 'live' AND number = :number"
)
_NUMBERED = statement(f"SELECT {_COLUMNS} FROM snapshots WHERE number = :number")
_LATEST = statement(
    "SELECT number, digest FROM snapshots ORDER BY state = 'candidate' DESC, number DESC LIMIT 1"
)
_LIVE_LATEST = statement(
    "SELECT number, digest FROM snapshots WHERE state = 'live' ORDER BY number DESC LIMIT 1"
)
_WAITING_LATEST = statement("SELECT number, digest FROM snapshots WHERE state = 'candidate'")
_LIVE_BASIS = statement(
    f"SELECT {_BASIS} FROM snapshots WHERE state = 'live' ORDER BY number DESC LIMIT 1"
)
_LIVE_NUMBER = statement("SELECT max(number) FROM snapshots WHERE state = 'live'")
_OVERRULED = statement(
    # A new basis is the same content.
    "SELECT EXISTS (SELECT FROM snapshots"
    " WHERE state = 'live' AND number > :after AND cause <> 'basis')"
)
_DROP_CANDIDATE = statement("DELETE FROM snapshots WHERE state = 'candidate'")
_WAITING = statement("SELECT number FROM snapshots WHERE state = 'candidate'")
_DROP_THIS = statement("DELETE FROM snapshots WHERE state = 'candidate' AND number = :number")
_INSERT = statement(
    f"INSERT INTO snapshots (digest, content, entries, intents, {_BASIS},"
    " cause, actor, source, state, created_at, published_at)"
    " VALUES (:digest, :content, :entries, :intents, :encoder, :target_precision, :release,"
    " :out_of_scope_share, CAST(:correction AS jsonb),"
    " :cause, :actor, :source, :state, :now, :published_at) RETURNING number"
)
_HISTORY = statement(
    "SELECT number, state, created_at, published_at, cause, actor, source, entries, intents,"
    f" digest, {_BASIS}"
    " FROM snapshots ORDER BY state = 'candidate' DESC, number DESC LIMIT :limit"
)


def live_snapshot(connection: Connection) -> Snapshot | None:
    """Return what customers are answered from, or None before the first publish."""
    return _read(connection.execute(_LIVE).one_or_none())


def live_number(connection: Connection) -> int | None:
    """Return the number of the live snapshot without its content."""
    number: int | None = connection.scalar(_LIVE_NUMBER)
    return number


def live_basis(connection: Connection) -> Basis | None:
    """Return what the live snapshot's decisions depend on beside its content."""
    row = connection.execute(_LIVE_BASIS).one_or_none()
    return None if row is None else _basis(row)


def candidate_snapshot(connection: Connection) -> Snapshot | None:
    """Return what waits for a person, or None."""
    return _read(connection.execute(_CANDIDATE).one_or_none())


def published_snapshot(connection: Connection, number: int) -> Snapshot | None:
    """Return the snapshot with this number if it is, or ever was, live."""
    return _read(connection.execute(_BY_NUMBER, {"number": number}).one_or_none())


def offer_snapshot(
    connection: Connection, offer: Offer, origin: Origin, basis: Basis, now: datetime, *,
    publish: bool, after: int | None = None, seen: EditsSeen | None = None,
) -> Offered:  # fmt: skip
    """Make ``offer`` live, or the candidate that waits.

    ``seen`` are the edits of pages that the offer was prepared with; whether the offer holds them
    is the caller's to know. What a person publishes needs nobody to publish it any more, nor what
    came to nothing.

    ``after`` is the live number that the offer was prepared at. If other content went live since
    (a person rolled back, another machine took over), the offer waits instead of undoing that.

    Content equal to the live snapshot's, or to the waiting candidate's, changes nothing, but for a
    rollback to what was decided another way. A newer
    candidate replaces an older one, and what is published takes the place of any; only a rollback
    leaves it waiting, unless it goes back to just that content.

    Raises:
        EditsCame: there are other edits than ``seen``.
    """
    connection.execute(_LOCK)
    if seen is not None and edits_seen(connection) != seen:
        raise EditsCame
    overruled = publish and bool(after and connection.scalar(_OVERRULED, {"after": after}))
    publish = publish and not overruled
    live, waiting = _latest_of(connection, _LIVE_LATEST), _latest_of(connection, _WAITING_LATEST)
    if waiting and waiting.digest == offer.digest and not publish:
        return Offered(waiting.number, changed=False, overruled=overruled)
    is_live = live is not None and live.digest == offer.digest
    if is_live and origin.cause == "rollback":
        # The same content may have been decided another way then.
        is_live = live_basis(connection) == basis
    is_waiting = waiting is not None and waiting.digest == offer.digest
    if origin.cause != "rollback" or is_waiting:
        connection.execute(_DROP_CANDIDATE)
        if is_live or is_waiting or (publish and origin.cause == "publish"):
            release_edits(connection)
    if live and is_live:
        return Offered(live.number, changed=False)
    save_media(connection, offer.media, now)
    number = _insert(connection, offer, origin, basis, now, publish=publish)
    return Offered(number, changed=True, overruled=overruled)


def latest(connection: Connection, *, lock: bool = False) -> Latest | None:
    """Return what newer content is made of; with ``lock`` it stays so until the transaction ends.

    None before the first publish.
    """
    if lock:
        connection.execute(_LOCK)
    return _latest_of(connection, _LATEST)


def _latest_of(connection: Connection, which: TextClause) -> Latest | None:
    row = connection.execute(which).one_or_none()
    return None if row is None else Latest(*row)


def snapshot_numbered(connection: Connection, number: int) -> Snapshot | None:
    """Return a snapshot, be it live, a candidate or of before."""
    return _read(connection.execute(_NUMBERED, {"number": number}).one_or_none())


def still_waits(connection: Connection, number: int) -> bool:
    """Return whether this candidate waits, and keep it so until the transaction ends."""
    connection.execute(_LOCK)
    waiting: int | None = connection.scalar(_WAITING)
    return waiting == number


def waiting_number(connection: Connection) -> int | None:
    """Return the number of the candidate that waits, None if there is none."""
    number: int | None = connection.scalar(_WAITING)
    return number


def drop_candidate(connection: Connection, number: int) -> bool:
    """Let the candidate with this number go; return False if it does not wait any more."""
    return connection.execute(_DROP_THIS, {"number": number}).rowcount == 1


def restate_live(
    connection: Connection, former: Snapshot, offer: Offer, basis: Basis, now: datetime
) -> Offered:
    """Give the live content a new number if it is from now on decided or stored another way.

    ``offer`` is what this release makes of ``former``. So one number never stands for two ways
    to decide. Nothing changes if another snapshot went live meanwhile.
    """
    same = former.basis == basis and former.digest == offer.digest
    if not same:
        connection.execute(_LOCK)
    if same or live_number(connection) != former.number:
        return Offered(former.number, changed=False)
    origin = Origin("basis", source=former.number)
    return Offered(_insert(connection, offer, origin, basis, now, publish=True), changed=True)


def history(connection: Connection, limit: int) -> list[Past]:
    """Return the candidate that waits and the newest snapshots, newest first."""
    live = live_number(connection)
    return [
        Past(
            number=row.number,
            state=_state(row.state, row.number, live),
            created_at=row.created_at,
            published_at=row.published_at,
            origin=Origin(row.cause, row.actor, row.source),
            entries=row.entries,
            intents=row.intents,
            digest=row.digest,
            basis=_basis(row),
        )
        for row in connection.execute(_HISTORY, {"limit": limit})
    ]


def _state(stored: str, number: int, live: int | None) -> State:
    if stored == "candidate":
        return "candidate"
    return "live" if number == live else "earlier"


def _insert(
    connection: Connection, offer: Offer, origin: Origin, basis: Basis, now: datetime, *,
    publish: bool,
) -> int:  # fmt: skip
    values = {
        "digest": offer.digest, "content": offer.content,
        "entries": offer.entries, "intents": offer.intents,
        **asdict(basis), **asdict(origin), "correction": _stored(basis.correction),
        "now": now,
        "state": "live" if publish else "candidate",
        "published_at": now if publish else None,
    }  # fmt: skip
    number = int(connection.execute(_INSERT, values).scalar_one())
    if publish:
        connection.execute(_NOTIFY, {"channel": CHANNEL, "payload": f"0:{CONTENT_TOPIC}"})
    return number


def _read(row: Row[Any] | None) -> Snapshot | None:
    if row is None:
        return None
    return Snapshot(row.number, row.digest, row.content, row.entries, row.intents, _basis(row))


def _basis(row: Row[Any]) -> Basis:
    return Basis(
        encoder=row.encoder,
        target_precision=row.target_precision,
        release=row.release,
        out_of_scope_share=row.out_of_scope_share,
        correction=None if row.correction is None else Correction.from_json(row.correction),
    )


def _stored(correction: Correction | None) -> str | None:
    return None if correction is None else storable_json(correction.to_json())
