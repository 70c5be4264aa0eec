"""One written form for texts that mean the same: for matching only, never for showing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from opencc import OpenCC

from chatbot.understanding.emoji import remove_emoji
from chatbot.understanding.noise import Denoiser, plain_signs

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_SPACE_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}]) +| +(?=[{_CJK}])")
_LINE_END = re.compile(r"\s*[\r\n]\s*")
_SPACES = re.compile(r"\s+")
_REPEATED_MARK = re.compile(r"([^\w\s])\1+")
_SURROGATE = re.compile("[\ud800-\udfff]")
#: Nearly all texts are of nothing but these, and each of them is visible.
_PLAIN = re.compile(r"[ -~\u4e00-\u9fa5，。！？、：；]*")


@dataclass(frozen=True, slots=True)
class NormalText:
    """``text`` keeps the marks and is what is embedded; ``key`` is its letters and digits."""

    text: str
    key: str

    @property
    def is_empty(self) -> bool:
        """Return whether nothing but marks, spaces and pictures was written."""
        return not self.key


class Normaliser:
    """Width, case, traditional characters, spaces, emoji, control characters, typing noise.

    What it was told to keep is read once; a normaliser that takes over from a ``former`` one reads
    only what that one does not know.
    """

    def __init__(self, texts: Iterable[str] = (), former: Normaliser | None = None) -> None:
        """Keep the normal forms of ``texts``."""
        self._to_simplified = OpenCC("t2s")
        self._denoiser = Denoiser()
        known = former._known if former is not None else {}
        self._known: dict[str, NormalText] = {}
        for raw in texts:
            self._known[raw] = known.get(raw) or self._read(raw)

    def normalise(self, raw: str) -> NormalText:
        """Return the normal form of any string, lone surrogates and NULs included.

        The end of a line becomes a comma: people write one sentence in several messages.
        """
        return self._known.get(raw) or self._read(raw)

    def _read(self, raw: str) -> NormalText:
        readable = _LINE_END.sub(",", plain_signs(_SURROGATE.sub("", raw)).strip())
        folded = unicodedata.normalize("NFKC", _without_control(remove_emoji(readable))).casefold()
        text = _SPACES.sub(" ", self.simplify(folded)).strip()
        text = _REPEATED_MARK.sub(r"\1", _SPACE_BESIDE_CJK.sub("", text))
        text = self._denoiser.clean(text)
        return NormalText(text, "".join(filter(str.isalnum, text)))

    def simplify(self, text: str) -> str:
        """Return ``text`` with simplified in the place of traditional characters."""
        return str(self._to_simplified.convert(text))

    def key(self, raw: str) -> str:
        """Return the letters and digits alone: equal keys are the same wording."""
        return self.normalise(raw).key


def _without_control(text: str) -> str:
    """Turn control characters into spaces and drop the invisible ones."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return " " if category in {"Cc", "Co", "Cn"} else character
