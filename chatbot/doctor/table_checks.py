"""Tables of facts: cells that an answer needs, tables for nothing, rows no link leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from chatbot.answers.messages import words_of
from chatbot.doctor.report import Finding, Place, Verdict
from chatbot.doctor.words import finding, listed, say
from chatbot.facts.tables import CODE, Table
from chatbot.facts.variables import Variable, variables_in
from chatbot.knowledge.content import Content
from chatbot.knowledge.table_files import TABLES_FOLDER

_SHOWN = 5


def check_tables(content: Content, knowledge: Path) -> Verdict[int]:
    """Check every table against the answers that take facts from it."""
    users = _users(content)
    findings: list[Finding] = []
    for table in content.tables:
        path = _file_of(table, knowledge)
        needed = {name: by for (group, name), by in users.items() if group == table.name}
        if not needed:
            findings.append(finding("table_unused", at=Place(path), table=table.name))
        findings += _holes(table, needed, path)
        findings += _without_code(table, path)
    return Verdict(tuple(findings), say("tables", count=len(content.tables)), len(content.tables))


def _users(content: Content) -> Mapping[Variable, list[str]]:
    """Return the entries (by id) and intents (by name) that say each variable."""
    said = [(entry.id, entry.messages) for entry in content.entries]
    said += [(intent.name, intent.reply) for intent in content.intents]
    users: dict[Variable, list[str]] = {}
    for name, messages in said:
        texts = [words for message in messages for words in words_of(message)]
        for variable in dict.fromkeys(each for text in texts for each in variables_in(text)):
            users.setdefault(variable, []).append(name)
    return users


def _holes(table: Table, needed: Mapping[str, list[str]], path: str) -> Iterator[Finding]:
    """Yield each needed column with the rows that have nothing there."""
    for column in filter(needed.__contains__, table.columns):
        rows = [key for key in table.rows if not table.value(key, column)]
        if rows:
            yield finding(
                "cell_empty", at=Place(path, key=column), table=table.name, column=column,
                rows=listed(rows, _SHOWN), entries=listed(needed[column], _SHOWN),
            )  # fmt: skip


def _without_code(table: Table, path: str) -> Iterator[Finding]:
    """Yield the rows without a code in a table whose other rows have one."""
    without = [key for key in table.rows if not table.value(key, CODE)]
    if without and len(without) < len(table.rows):
        rows = listed(without, _SHOWN)
        yield finding("code_missing", at=Place(path, key=CODE), table=table.name, rows=rows)


def _file_of(table: Table, knowledge: Path) -> str:
    folder = knowledge / TABLES_FOLDER
    paths = (folder / f"{table.name}{suffix}" for suffix in (".csv", ".xlsx"))
    return str(next((path for path in paths if path.is_file()), folder))
