"""Words of a message, with a dictionary that knows the brand's own."""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import jieba

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LONGEST_NEW_WORD = 4
#: Texts whose words are kept for when they are asked for again: a turn does so several times.
_MOST_KEPT = 1000

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
    """

    def __init__(
        self,
        questions: Sequence[str] = (),
        names: Iterable[str] = (),
        words: Iterable[str] = (),
    ) -> None:
        """Learn the words of ``questions`` and ``names``, given as keys (letters and digits only).

        ``words`` are words because an admin says so; of ``names`` (rows of tables, keywords) it is
        told from the dictionary.
        """
        logging.getLogger("jieba").setLevel(logging.WARNING)
        self._tokenizer = jieba.Tokenizer()
        frequencies, self._tokenizer.total = _dictionary()
        self._tokenizer.FREQ = frequencies.copy()  # the words learnt below belong to this one
        self._tokenizer.initialized = True
        self._kept: dict[str, tuple[str, ...]] = {}
        self.learnt = tuple(sorted({*self._new_words(questions), *self._new_names(names), *words}))
        for word in filter(_HAN.search, self.learnt):  # Latin words are told by their ends
            self._tokenizer.add_word(word)
        self._kept.clear()  # cut before these words were known
        #: The share of a word that was seen once.
        self.least_share = 1.0 / max(int(self._tokenizer.total), 1)

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``, without marks and spaces."""
        return [word for word in self.pieces(text) if any(map(str.isalnum, word))]

    def pieces(self, text: str) -> tuple[str, ...]:
        """Return the words, marks and spaces of ``text``; joined they are the text again."""
        pieces = self._kept.get(text)
        if pieces is None:
            pieces = tuple(self._tokenizer.cut(text, HMM=False))
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[text] = pieces
        return pieces

    def weigh(self, text: str) -> dict[str, float]:
        """Return each word's weight: the logarithm of how rare it is in general Chinese."""
        return {word: -math.log(max(self.share(word), self.least_share)) for word in self.cut(text)}

    def general_share(self, word: str) -> float:
        """Return the share of ``word`` without what was learnt here."""
        frequencies, total = _dictionary()
        return (frequencies.get(word) or 0) / max(total, 1)

    def share(self, word: str) -> float:
        """Return how much of general Chinese ``word`` makes up, 0 if it is no word."""
        return (self._tokenizer.FREQ.get(word) or 0) * self.least_share

    def _new_words(self, questions: Iterable[str]) -> tuple[str, ...]:
        """Return runs of single characters that at least two questions have in common.

        What the dictionary cannot join shows as single characters; a run that comes back is a
        name of the brand's ("云栖").
        """
        seen: Counter[str] = Counter()
        for question in questions:
            seen.update(set(_single_runs(self.cut(question))))
        return tuple(sorted(word for word, count in seen.items() if count > 1))

    def _new_names(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the short names that the dictionary cannot put together."""
        for name in names:
            joined = (len(word) > 1 or not _HAN.match(word) for word in self.cut(name))
            if 1 < len(name) <= _LONGEST_NEW_WORD and not all(joined):
                yield name


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
