"""``_words.txt``: words of the brand's own; ``_synonyms.txt``: different words for one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from chatbot.knowledge.files import is_folder, is_there, read_text
from chatbot.knowledge.problems import Problems
from chatbot.understanding.normalise import Normaliser

WORDS_FILE = "_words.txt"
SYNONYMS_FILE = "_synonyms.txt"
#: Longer ones are sentences; they belong to an entry.
_LONGEST = 20
_SHORTEST = 2
_COMMENT = "#"
_EQUALS = re.compile("[=＝]")
_OTHER_MARKS = re.compile("[,，、;；|｜/:：]")


def read_words(
    folders: Sequence[Path], normaliser: Normaliser, problems: Problems
) -> tuple[str, ...]:
    """Return the words of every ``_words.txt`` in ``folders``, once each, in normal form.

    One word a line; a line that begins with ``#`` is a comment.
    """
    words: dict[str, None] = {}
    for folder in folders:
        lines: dict[str, int] = {}
        for path, number, line in _lines(folder, WORDS_FILE, problems):
            word = _word(path, number, line, normaliser, problems)
            if word in lines:
                problems.add(path, number, line, f"第 {lines[word]} 行已经写过这个词")
            elif word:
                lines[word] = number
                words[word] = None
    return tuple(words)


def read_synonyms(
    folder: Path, normaliser: Normaliser, problems: Problems
) -> tuple[tuple[str, ...], ...]:
    """Return the groups of ``_synonyms.txt``, in normal form; the first word stands for the others.

    A line is ``停车 = 车位 = 泊车``; one that begins with ``#`` is a comment. No word may stand in
    two lines: it would have two meanings, or a meaning of a meaning.
    """
    groups: list[tuple[str, ...]] = []
    line_of: dict[str, int] = {}
    for path, number, line in _lines(folder, SYNONYMS_FILE, problems):
        group: list[str] = []
        for written in _written_words(path, number, line, problems):
            word = _word(path, number, written, normaliser, problems)
            if word in line_of:
                text = f"第 {line_of[word]} 行已经写过这个词，一个词只能属于一组同义词"
                problems.add(path, number, written, text)
            elif word:
                line_of[word] = number
                group.append(word)
        groups += [tuple(group)] if len(group) > 1 else []
    return tuple(groups)


def _lines(folder: Path, name: str, problems: Problems) -> Iterator[tuple[Path, int, str]]:
    """Yield path, number and text of the lines that say something."""
    path = folder / name
    if not is_folder(folder) or not is_there(path):
        return
    for number, line in enumerate((read_text(path, problems) or "").split("\n"), start=1):
        text = line.strip()
        if text and not text.startswith(_COMMENT):
            yield path, number, text


def _written_words(path: Path, number: int, line: str, problems: Problems) -> list[str]:
    words = [word.strip() for word in _EQUALS.split(line)]
    if len(words) > 1:
        return words
    hint = "，分隔要用等号" if _OTHER_MARKS.search(line) or " " in line else ""
    text = f"每行写两个以上意思相同的词，如“停车 = 车位”，第一个是标准说法{hint}"
    problems.add(path, number, line, text)
    return []


def _word(
    path: Path, number: int, written: str, normaliser: Normaliser, problems: Problems
) -> str | None:
    """Return a word as it is looked for in normal texts, or None after a complaint."""
    word = normaliser.normalise(written)
    objection = _objection(word.text, word.key)
    if objection:
        problems.add(path, number, written, objection)
        return None
    return word.text


def _objection(text: str, key: str) -> str | None:
    if not key:
        return "这里少了一个词"
    if len(key) < _SHORTEST:
        return f"至少 {_SHORTEST} 个字：单个字在许多别的词里也有"
    if len(key) > _LONGEST:
        return f"最多 {_LONGEST} 个字，整句话请写成条目的相似问"
    if text.replace(" ", "") != key:
        return "只能写文字和数字，一行一个词" if _OTHER_MARKS.search(text) else "只能写文字和数字"
    return None
