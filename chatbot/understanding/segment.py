"""Words of a message, with a dictionary that knows the brand's own."""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import jieba

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LONGEST_NEW_WORD = 4

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

    def __init__(self, questions: Sequence[str] = ()) -> None:
        """Learn the words of ``questions``, given as keys (letters and digits only)."""
        logging.getLogger("jieba").setLevel(logging.WARNING)
        self._tokenizer = jieba.Tokenizer()
        frequencies, self._tokenizer.total = _dictionary()
        self._tokenizer.FREQ = frequencies.copy()  # the words learnt below belong to this one
        self._tokenizer.initialized = True
        self.learnt = self._new_words(questions)
        for word in self.learnt:
            self._tokenizer.add_word(word)

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``, without marks and spaces."""
        words = self._tokenizer.cut(text, HMM=False)
        return [word for word in words if any(map(str.isalnum, word))]

    def weigh(self, text: str) -> dict[str, float]:
        """Return each word's weight: the logarithm of how rare it is in general Chinese."""
        total = max(self._tokenizer.total, 1)
        frequency = self._tokenizer.FREQ
        return {word: math.log(total / max(frequency.get(word) or 1, 1)) for word in self.cut(text)}

    def _new_words(self, questions: Iterable[str]) -> tuple[str, ...]:
        """Return runs of single characters that at least two questions have in common.

        What the dictionary cannot join shows as single characters; a run that comes back is a
        name of the brand's ("云栖").
        """
        seen: Counter[str] = Counter()
        for question in questions:
            seen.update(set(_single_runs(self.cut(question))))
        return tuple(sorted(word for word, count in seen.items() if count > 1))


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
