"""Words of a message, with a dictionary that knows the brand's own."""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

import jieba

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LONGEST_NEW_WORD = 4
#: Texts whose words are kept for when they are asked for again: a turn does so several times.
_MOST_KEPT = 1000
#: Of more words that only one of two segmenters has learnt, all texts are cut anew.
_MOST_CHANGED = 200

#: Characters that stand alone because they are grammar, not because a word is unknown.
_GRAMMAR = frozenset(
    "的了吗呢吧啊呀哦嘛么我你您他她它们这那哪几多少个是不没有无在和与或及也都就还再又很太"
    "能会可要想让给被把从到去来上下里外前后时候用对为以于之其请问什怎样如何谁点"
)


@cache
def _dictionary() -> tuple[dict[str, int], int]:
    """Return jieba's words with their frequencies and the sum of these, read once a process."""
    tokenizer = jieba.Tokenizer()
    with tokenizer.get_dict_file() as dictionary:
        frequencies, total = tokenizer.gen_pfdict(dictionary)
    return frequencies, total


class Segmenter:
    """jieba with its own dictionary object; safe to share between threads once built.

    The dictionary is read from jieba's package at every start: jieba's usual cache is a
    marshalled file in the machine's common temporary folder, which anybody may have written.

    What words are made of a text depends on the text and the words in it alone: learnt words do
    not change how much of general Chinese the others make up. So a segmenter takes over from a
    ``former`` one whatever has no word in it that only one of both has learnt.
    """

    def __init__(
        self,
        questions: Sequence[str] = (),
        names: Iterable[str] = (),
        words: Iterable[str] = (),
        former: Segmenter | None = None,
    ) -> None:
        """Learn the words of ``questions`` and ``names``, given as keys (letters and digits only).

        ``words`` are words because an admin says so; of ``names`` (rows of tables, keywords) it is
        told from the dictionary.
        """
        logging.getLogger("jieba").setLevel(logging.WARNING)
        self._tokenizer = jieba.Tokenizer()
        frequencies, total = _dictionary()
        self._tokenizer.total = total
        self._tokenizer.FREQ = frequencies.copy()  # the words learnt below belong to this one
        self._tokenizer.initialized = True
        self._kept: dict[str, tuple[str, ...]] = {}
        self._texts: dict[str, tuple[str, ...]] = {}
        self._weights: dict[str, Mapping[str, float]] = {}
        #: The share of a word that was seen once.
        self.least_share = 1.0 / max(total, 1)
        self._unlearnt: dict[str, tuple[str, ...]] = {}
        self._runs = self._read_runs(questions, former)
        self.learnt = tuple(sorted({*self._new_words(questions), *self._new_names(names), *words}))
        self._learnt = self._learn(total)
        self._kept.clear()  # cut before these words were known

    def _read_runs(
        self, questions: Iterable[str], former: Segmenter | None
    ) -> dict[str, tuple[str, ...]]:
        """Return the runs of single characters in each of ``questions``."""
        known = former._runs if former is not None else {}
        runs: dict[str, tuple[str, ...]] = {}
        for question in questions:
            found = known.get(question)
            if found is None:
                pieces = self._unlearnt[question] = self._cut_anew(question)
                found = tuple(dict.fromkeys(_single_runs(filter(_is_word, pieces))))
            runs[question] = found
        return runs

    def _learn(self, total: int) -> dict[str, int]:
        """Make words of what was learnt; return how frequent each is taken to be."""
        for word in filter(_HAN.search, self.learnt):  # Latin words are told by their ends
            self._tokenizer.add_word(word)
            self._tokenizer.total = total
        return {word: self._tokenizer.FREQ[word] for word in filter(_HAN.search, self.learnt)}

    def keep(self, texts: Iterable[str], former: Segmenter | None = None) -> None:
        """Keep the words of ``texts`` and their weights, as ``former`` has them where it can tell.

        For whoever builds this; afterwards many threads may share it.
        """
        changed = self._learnt.items() ^ (former._learnt.items() if former is not None else set())
        few = former is not None and len(changed) <= _MOST_CHANGED
        other = [word for word, _ in changed]
        lengths = sorted({len(word) for word in self._learnt})
        for text in texts:
            if text in self._texts:
                continue
            pieces = former._texts.get(text) if former is not None and few else None
            if pieces is not None and former is not None and not _has_any(text, other):
                self._texts[text] = pieces
                self._weights[text] = former._weights[text]
                continue
            pieces = self._unlearnt.get(text)
            if pieces is None or self._has_learnt(text, lengths):
                pieces = self._cut_anew(text)
            self._texts[text] = pieces
            self._weights[text] = self._weighed(pieces)
        self._unlearnt = {}

    def _has_learnt(self, text: str, lengths: Sequence[int]) -> bool:
        """Return whether a word that was learnt, of one of these ``lengths``, is in ``text``."""
        return any(
            text[at : at + length] in self._learnt
            for length in lengths
            for at in range(len(text) - length + 1)
        )

    def _cut_anew(self, text: str) -> tuple[str, ...]:
        return tuple(self._tokenizer.cut(text, HMM=False))

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``, without marks and spaces."""
        return list(filter(_is_word, self.pieces(text)))

    def pieces(self, text: str) -> tuple[str, ...]:
        """Return the words, marks and spaces of ``text``; joined they are the text again."""
        pieces = self._texts.get(text) or self._kept.get(text)
        if pieces is None:
            pieces = self._cut_anew(text)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[text] = pieces
        return pieces

    def weigh(self, text: str) -> Mapping[str, float]:
        """Return each word's weight: the logarithm of how rare it is in general Chinese."""
        weights = self._weights.get(text)
        return self._weighed(self.pieces(text)) if weights is None else weights

    def _weighed(self, pieces: Iterable[str]) -> Mapping[str, float]:
        return {
            word: -math.log(max(self.share(word), self.least_share))
            for word in filter(_is_word, pieces)
        }

    def general_share(self, word: str) -> float:
        """Return the share of ``word`` without what was learnt here."""
        frequencies, total = _dictionary()
        return (frequencies.get(word) or 0) / max(total, 1)

    def share(self, word: str) -> float:
        """Return how much of general Chinese ``word`` makes up, 0 if it is no word."""
        return (self._tokenizer.FREQ.get(word) or 0) * self.least_share

    def _new_words(self, questions: Iterable[str]) -> Iterator[str]:
        """Yield runs of single characters that at least two questions have in common.

        What the dictionary cannot join shows as single characters; a run that comes back is a
        name of the brand's ("云栖").
        """
        seen = Counter(run for question in questions for run in self._runs[question])
        yield from (word for word, count in seen.items() if count > 1)

    def _new_names(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the short names that the dictionary cannot put together."""
        for name in names:
            joined = (len(word) > 1 or not _HAN.match(word) for word in self.cut(name))
            if 1 < len(name) <= _LONGEST_NEW_WORD and not all(joined):
                yield name


def _is_word(piece: str) -> bool:
    return piece.isalnum() or any(map(str.isalnum, piece))


def _has_any(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


def _single_runs(words: Iterable[str]) -> list[str]:
    runs: list[str] = []
    run = ""
    for word in [*words, ""]:
        if len(word) == 1 and _HAN.match(word) and word not in _GRAMMAR:
            run += word
            continue
        if 1 < len(run) <= _LONGEST_NEW_WORD:
            runs.append(run)
        run = ""
    return runs
