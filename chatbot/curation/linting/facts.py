"""Tables with empty cells, and with columns that nothing says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from chatbot.answers.messages import words_of
from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.material import Material
from chatbot.facts.rows import NARROWING
from chatbot.facts.tables import ALIASES, CODE, Table
from chatbot.facts.variables import Variable, variables_in

_SHOWN = 3
#: Columns by which a row is found; they need not be said.
_FINDING = frozenset((ALIASES, CODE, *NARROWING))


def lint_facts(material: Material) -> Iterator[Finding]:
    """Yield a finding for each column that is never said, or else has empty cells."""
    used = _used(material)
    for table in material.content.tables:
        for column in table.columns[1:]:
            saying = used.get(Variable(table.name, column), [])
            empty = [key for key in table.rows if table.value(key, column) is None]
            if not saying and column not in _FINDING:
                yield _unused(material, table, column)
            elif empty and column not in {ALIASES, CODE}:
                yield _empty(material, table, column, empty, saying)


def _used(material: Material) -> Mapping[Variable, list[str]]:
    """Return the ids of the entries, or names of the intents, that say each variable."""
    used: dict[Variable, list[str]] = {}
    said = [(entry.id, entry.messages) for entry in material.entries]
    said += [(intent.name, intent.reply) for intent in material.content.intents]
    for name, messages in said:
        words = (words for message in messages for words in words_of(message))
        for variable in dict.fromkeys(each for text in words for each in variables_in(text)):
            used.setdefault(variable, []).append(name)
    return used


def _empty(
    material: Material, table: Table, column: str, rows: Sequence[str], saying: Sequence[str]
) -> Finding:
    shown = "、".join(f"“{key}”" for key in rows[:_SHOWN])
    count = f"等 {len(rows)} 行" if len(rows) > _SHOWN else ""
    places = [place for key in rows if (place := material.places.of_cell(table.name, key, column))]
    known = {entry.id for entry in material.entries}
    who = "、".join(saying[:_SHOWN]) + (f"等 {len(saying)} 处" if len(saying) > _SHOWN else "")
    effect = f"{who} 用到它，问到时会转人工" if saying else "问这里时缩小不到这几行"
    return Finding(
        "empty-cell",
        "warning" if saying else "note",
        f"表格“{table.name}”里{shown}{count}没有“{column}”，这一格是空的；{effect}。",
        "填上；真的没有，就写“没有”这样能读给客户听的话。",
        entries=tuple(name for name in saying if name in known),
        intents=tuple(name for name in saying if name not in known),
        place=places[0] if places else None,
        others=tuple(places[1:]),
    )


def _unused(material: Material, table: Table, column: str) -> Finding:
    first = next(iter(table.rows), "")
    return Finding(
        "unused-column",
        "note",
        f"表格“{table.name}”的“{column}”没有哪个答案用到。",
        f"在该说它的答案里写 {{{table.name}.{column}}}，或删掉这一列。",
        place=material.places.of_cell(table.name, first, column),
    )
