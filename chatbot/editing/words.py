"""The brand's own words, and its synonyms, as they are edited on pages: a list each."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from chatbot.editing.kinds import EditRefused, FieldProblem, FileChange
from chatbot.editing.merging import Merged, Record, merged_records
from chatbot.exchange.applying import Draft, Drafts
from chatbot.exchange.edit_words import GROUP_MARK, Group, edited_words
from chatbot.exchange.edits import NotEditableError
from chatbot.knowledge.content import Content
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.word_files import SYNONYMS_FILE, WORDS_FILE, read_synonyms, read_words
from chatbot.understanding.normalise import Normaliser
from chatbot.workshop import Folders

#: The two lists, which their edits are named by; the field of the record is called the same.
WORDS, SYNONYMS = "words", "synonyms"
_EQUALS = re.compile(r"\s*[=＝]\s*")
_LISTS = frozenset({WORDS, SYNONYMS})


class WordsKind:
    """``words``: each a word in normal form; ``synonyms``: each a group, ``停车 = 车位``."""

    @property
    def lists(self) -> Collection[str]:
        """Return the fields whose items stand for themselves."""
        return _LISTS

    def fields(self, content: Content, key: str) -> Record | None:
        """Return a list; there always is one, be it empty."""
        if key not in _LISTS:
            return None
        lines = (
            list(content.words) if key == WORDS else list(map(GROUP_MARK.join, content.synonyms))
        )
        return {key: lines} if lines else {}

    def merge(self, base: Record | None, theirs: Record | None, mine: Record | None) -> Merged:
        """Return ``theirs`` with the lines that ``mine`` has added, without those it dropped."""
        return merged_records(base, theirs, mine, _LISTS)

    def applied(self, content: Content, key: str, record: Record | None) -> Content:
        """Return the content with a list as the record says.

        Raises:
            EditRefused: the readers of files would refuse it; says all that is wrong.
        """
        lines = [str(each) for each in (record or {}).get(key) or ()]
        if key == WORDS:
            return replace(content, words=read_word_lines(lines))
        return replace(content, synonyms=read_synonym_lines(lines))

    def drafts(self, folders: Folders, content: Content, changes: Sequence[FileChange]) -> Drafts:
        """Return the files with the changes: new words in the file that is read last."""
        files: dict[Path, Draft] = {}
        left: dict[str, str] = {}
        for change in changes:
            try:
                files |= _drafts(folders, change)
            except (NotEditableError, EditRefused) as reason:
                left[change.key] = str(reason)
        return Drafts(folders.knowledge, files, left)


def read_word_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """Return words as a file of these lines would give them; raises EditRefused."""
    with tempfile.TemporaryDirectory() as folder:
        problems = _written(Path(folder) / WORDS_FILE, lines)
        words = read_words([Path(folder)], Normaliser(), problems)
    _refuse(WORDS, problems)
    return words


def read_synonym_lines(lines: Sequence[str]) -> tuple[Group, ...]:
    """Return groups as a file of these lines would give them; raises EditRefused."""
    with tempfile.TemporaryDirectory() as folder:
        problems = _written(Path(folder) / SYNONYMS_FILE, lines)
        groups = read_synonyms(Path(folder), Normaliser(), problems)
    _refuse(SYNONYMS, problems)
    return groups


def normal_lines(key: str, lines: Sequence[str]) -> list[str]:
    """Return lines as the content has them: in normal form, groups with one mark between words."""
    normaliser, parts = Normaliser(), _EQUALS if key == SYNONYMS else None
    split = (parts.split(line) if parts else [line] for line in lines)
    normal = (
        GROUP_MARK.join(normaliser.normalise(word).text or word for word in words)
        for words in split
    )
    return list(dict.fromkeys(normal))


def _written(path: Path, lines: Sequence[str]) -> Problems:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return Problems()


def _refuse(key: str, problems: Problems) -> None:
    if problems.found:
        raise EditRefused(
            [
                FieldProblem(
                    key, f"第 {each.line} 行“{each.key}”：{each.text}", (key, each.line - 1)
                )
                for each in problems.found
            ]
        )


def _drafts(folders: Folders, change: FileChange) -> dict[Path, Draft]:
    lines = [str(each) for each in (change.after or {}).get(change.key) or ()]
    wanted: list[Group]
    if change.key == WORDS:
        places = [folders.knowledge / WORDS_FILE, folders.intents / WORDS_FILE]
        wanted = [(word,) for word in read_word_lines(lines)]
    else:
        places = [folders.knowledge / SYNONYMS_FILE]
        wanted = list(read_synonym_lines(lines))
    if not folders.knowledge.is_dir():
        raise NotEditableError(f"{folders.knowledge} 不是文件夹，词没有地方写")
    there = [path for path in places if path.is_file()]
    former = {path: path.read_bytes() if there else None for path in there or places[:1]}
    after = edited_words([data or b"" for data in former.values()], wanted)
    return {path: Draft(data, new) for (path, data), new in zip(former.items(), after, strict=True)}
