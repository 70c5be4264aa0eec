"""Tiny sentence-transformers models, made on the spot with random weights."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_WORDS = "早餐几点供应房间可以退订你好问停车要钱吗7 9 :".replace(" ", "")
_WIDTH = 16


def save_bert(folder: Path, *, seed: int = 0, prompts: dict[str, str] | None = None) -> Path:
    """Save a BERT of one layer that knows a few Chinese characters; return its folder."""
    torch = importlib.import_module("torch")
    transformers = importlib.import_module("transformers")
    folder.mkdir(parents=True)
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join([*_SPECIAL, *dict.fromkeys(_WORDS)]), encoding="utf-8")
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary.read_text(encoding="utf-8").splitlines()),
        hidden_size=_WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    transformers.BertModel(config).save_pretrained(folder)
    transformers.BertTokenizerFast(str(vocabulary)).save_pretrained(folder)
    _save_as_sentence_model(folder, prompts)
    return folder


def save_bag_of_letters(folder: Path) -> Path:
    """Save a model that adds up vectors of letters: a text without a known one has none."""
    library = importlib.import_module("sentence_transformers")
    library.SentenceTransformer(modules=[_bag_of_letters()], device="cpu").save(str(folder))
    return folder


def save_routed(folder: Path) -> Path:
    """Save a model that has other layers for questions than for documents."""
    library = importlib.import_module("sentence_transformers")
    modules: Any = importlib.import_module("sentence_transformers.base.modules")
    router = modules.Router.for_query_document([_bag_of_letters()], [_bag_of_letters()])
    library.SentenceTransformer(modules=[router], device="cpu").save(str(folder))
    return folder


def _bag_of_letters() -> Any:
    tokenizers = importlib.import_module("tokenizers")
    modules: Any = importlib.import_module("sentence_transformers.sentence_transformer.modules")
    letters = {letter: number for number, letter in enumerate("79早餐退房几点")}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(letters, []))
    return modules.StaticEmbedding(tokenizer, embedding_dim=_WIDTH)


def _save_as_sentence_model(folder: Path, prompts: dict[str, str] | None) -> None:
    library = importlib.import_module("sentence_transformers")
    modules: Any = importlib.import_module("sentence_transformers.sentence_transformer.modules")
    transformer = modules.Transformer(str(folder))
    pooling = modules.Pooling(_WIDTH)
    model = library.SentenceTransformer(
        modules=[transformer, pooling], prompts=prompts, device="cpu"
    )
    model.save(str(folder))
