"""How likely one word follows another in messages to this brand."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from chatbot.understanding.segment import Segmenter

#: The words, marks and spaces of a text.
Pieces: TypeAlias = tuple[str, ...]

#: Stands for the ends of a text and for what is not written in Chinese characters.
EDGE = ""

_HAN = re.compile(r"[\u4e00-\u9fff]+")
#: Weight of the brand's own words against general Chinese, and of pairs against single words.
_OWN = 0.7
_PAIRS = 0.6
#: Share of general Chinese from which on a word is common: some 60 of 60 million words.
_COMMON = 1e-6
#: Chance that a run of Chinese characters ends after a word nothing is known of.
_END = 0.1
_NEVER: Mapping[str, float] = {}


class WordModel:
    """Pairs of words counted in the brand's own texts, with general Chinese behind them.

    The interpolation of Jelinek and Mercer ("Interpolated estimation of Markov source parameters
    from sparse data", 1980) with fixed weights: there are too few texts to fit any.
    """

    def __init__(
        self,
        texts: Iterable[str],
        words: Iterable[str],
        segmenter: Segmenter,
        former: WordModel | None = None,
    ) -> None:
        """Count ``texts``; each of ``words`` counts as if it were one text more.

        Of a ``former`` model the counts of texts are taken over that both have: those whose words
        are the same object.
        """
        self._segmenter = segmenter
        self._cut = [segmenter.pieces(text) for text in texts]
        self._pairs = _pairs(self._cut, former)
        self.own: Counter[str] = Counter(word for word in words if is_han(word))
        self._seen: Counter[str] = Counter()
        self._before: dict[str, dict[str, int]] = {}
        for (before, word), count in self._pairs.items():
            self._before.setdefault(word, {})[before] = count
            self._seen[before] += count
            if word:
                self.own[word] += count
        self._total = max(1, self.own.total())
        #: Worked out when first asked for: most words of a large brand never are.
        self._after: dict[str, Mapping[str, float]] = {}

    def alone(self, word: str) -> float:
        """Return the probability of a word without looking at others; 0 if it is none.

        A character by itself is a word always.
        """
        if word == EDGE:
            return _END
        own = self.own.get(word, 0) / self._total
        general = self._segmenter.share(word)
        if len(word) == 1:
            general = max(general, self._segmenter.least_share)
        return _OWN * own + (1.0 - _OWN) * general

    def is_word(self, word: str) -> bool:
        """Return whether ``word`` is one, of the brand's own or of general Chinese."""
        return len(word) == 1 or word in self.own or self._segmenter.share(word) > 0.0

    def is_common(self, word: str) -> bool:
        """Return whether ``word`` is one of general Chinese that everybody uses."""
        return self._segmenter.general_share(word) >= _COMMON

    def log_chances(self, word: str) -> Mapping[str, float]:
        """Return the log-probability of ``word`` after each word that it was ever seen after."""
        known = self._after.get(word)
        if known is None:
            known = self._after[word] = self._log_chances(word)
        return known

    def _log_chances(self, word: str) -> Mapping[str, float]:
        counts = self._before.get(word)
        if not counts:
            return _NEVER
        alone = (1.0 - _PAIRS) * self.alone(word)
        return {
            before: math.log(_PAIRS * count / self._seen[before] + alone)
            for before, count in counts.items()
        }

    def log_chance_anew(self, word: str) -> float:
        """Return the log-probability of ``word`` after one that it was never seen after."""
        return math.log((1.0 - _PAIRS) * self.alone(word))


def is_han(word: str) -> bool:
    """Return whether a word consists of Chinese characters alone."""
    return _HAN.fullmatch(word) is not None


def _pairs(texts: Sequence[Pieces], former: WordModel | None) -> dict[tuple[str, str], int]:
    """Count each word with the one before it; `EDGE` for the ends and what is not Chinese."""
    pairs: Counter[tuple[str, str]] = Counter(former._pairs if former is not None else ())
    before = former._cut if former is not None else ()
    times = Counter(map(id, texts))
    times.subtract(map(id, before))
    plain: dict[str, str] = {}
    for pieces in {id(pieces): pieces for pieces in (*texts, *before)}.values():
        more = times[id(pieces)]
        if not more:
            continue
        for piece in pieces:
            if piece not in plain:
                plain[piece] = piece if is_han(piece) else EDGE
        cut = [plain[piece] for piece in pieces]
        for pair in zip([EDGE, *cut], [*cut, EDGE], strict=True):
            pairs[pair] += more
    return {pair: count for pair, count in pairs.items() if count}
