"""Changes ``_words.txt`` and ``_synonyms.txt`` by their lines: comments and all else stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chatbot.exchange.aligning import aligned
from chatbot.exchange.edits import NotEditableError, text_like
from chatbot.knowledge.files import decoded
from chatbot.knowledge.problems import Problems
from chatbot.understanding.normalise import Normaliser

#: The words of a line in normal form: one, or a group that means the same.
Group = tuple[str, ...]
#: What stands between the words of a group.
GROUP_MARK = " = "
_COMMENT = "#"
_EQUALS = re.compile(r"\s*[=＝]\s*")


@dataclass(frozen=True, slots=True)
class _Said:
    """A line that says something: the file, the number of the line there (from 0), its words."""

    file: int
    number: int
    words: Group

    @property
    def place(self) -> tuple[int, int]:
        return self.file, self.number


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Lines that say something else now, None for nothing, and lines to be put below a line."""

    instead: dict[tuple[int, int], str | None] = field(default_factory=dict)
    below: dict[tuple[int, int], list[str]] = field(default_factory=dict)


def edited_words(files: Sequence[bytes], wanted: Sequence[Group]) -> list[bytes]:
    """Return files that together say just ``wanted``, in this order; what stays is not touched.

    A new line stands below the one before it; of a group that changes, the words that stay keep
    how they are written.

    Raises:
        NotEditableError: there is no file, or one cannot be read.
    """
    sources = [decoded(each, Path(), Problems()) for each in files]
    texts = [each for each in sources if each is not None]
    if not texts or len(texts) < len(files):
        raise NotEditableError("文件不是 UTF-8 编码" if files else "没有可以写的文件")
    lines = [text.split("\n") for text in texts]
    outcome = _outcome(lines, wanted)
    return [
        text_like(former, "\n".join(_joined(lines[number], number, outcome)))
        for number, former in enumerate(files)
    ]


def _outcome(lines: Sequence[list[str]], wanted: Sequence[Group]) -> _Outcome:
    outcome, normaliser = _Outcome(), Normaliser()
    said = list(_said(lines, normaliser))
    # What two files say counts where it is said first.
    first: dict[Group, _Said] = {}
    for each in said:
        first.setdefault(each.words, each)
    staying: set[Group] = set()
    kept = list(first.values())
    above = (kept[0].file, kept[0].number - 1) if kept else (len(lines) - 1, _last(lines[-1]))
    for i, j in aligned(list(first), list(wanted)):
        if i is None and j is not None:
            outcome.below.setdefault(above, []).append(GROUP_MARK.join(wanted[j]))
        elif i is not None:
            above = kept[i].place
            if j is None:
                outcome.instead[above] = None
            elif kept[i].words == wanted[j]:
                staying.add(wanted[j])
            else:
                former = lines[above[0]][above[1]]
                outcome.instead[above] = _rewritten(former, wanted[j], normaliser)
    for each in said:  # what goes, or moves, goes from both
        if first[each.words] is not each and each.words not in staying:
            outcome.instead[each.place] = None
    return outcome


def _said(lines: Sequence[list[str]], normaliser: Normaliser) -> Iterator[_Said]:
    for file, each in enumerate(lines):
        for number, line in enumerate(each):
            text = line.strip()
            if text and not text.startswith(_COMMENT):
                words = (normaliser.normalise(word).text for word in _EQUALS.split(text))
                yield _Said(file, number, tuple(words))


def _rewritten(line: str, group: Group, normaliser: Normaliser) -> str:
    """Return a line with other words, those that it has as it writes them."""
    written = {normaliser.normalise(word).text: word for word in _EQUALS.split(line.strip())}
    between = _EQUALS.search(line)
    return (between[0] if between else GROUP_MARK).join(written.get(word, word) for word in group)


def _last(lines: Sequence[str]) -> int:
    """Return the number of the line that new ones go below, -1 in an empty file."""
    return len(lines) - (2 if not lines[-1] else 1)


def _joined(lines: Sequence[str], file: int, outcome: _Outcome) -> Iterator[str]:
    yield from outcome.below.get((file, -1), ())
    for number, line in enumerate(lines):
        instead = outcome.instead.get((file, number), line)
        if instead is not None:
            yield instead
        yield from outcome.below.get((file, number), ())
