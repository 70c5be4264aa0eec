"""Reads the sums of days for pages and digests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, TextClause

from chatbot.insight.sums import Sum
from chatbot.store.database import statement
from chatbot.store.insight import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which sums count; None: of all places, all topics, all accounts."""

    places: Sequence[int] | None = None
    topics: Sequence[str] | None = None
    open_kfid: str | None = None

    def values(self, start: date, end: date) -> dict[str, Any]:
        """Return what is bound in a statement about the days from ``start`` until ``end``."""
        places = [EVERYWHERE] if self.places is None else list(self.places)
        return {
            "places": places, "topics": list(self.topics or ()), "open_kfid": self.open_kfid,
            "start": start, "end": end,
        }  # fmt: skip


def _by_topics(sql: str) -> tuple[TextClause, TextClause]:
    """Return a statement about all topics together, by indexes for that, and one about some."""
    where = (
        "place_id = ANY(:places) AND day >= :start AND day < :end"
        " AND (CAST(:open_kfid AS text) IS NULL OR open_kfid = :open_kfid) AND topic"
    )
    filled = sql.replace("{where}", where)
    return (
        statement(filled.replace("{topics}", "= '*'")),
        statement(filled.replace("{topics}", "= ANY(:topics)")),
    )


#: Those of a trend and of a table by account or entry: they have indexes of their own.
_OUTCOMES = "('conversations', 'requests', 'solved', 'handed_over', 'unsolved')"
_SUMS = _by_topics(
    "SELECT day >= :now AS is_now, figure, key, sum(n), sum(amount) FROM insight_sums"
    " WHERE {where} {topics} GROUP BY 1, 2, 3 HAVING sum(n) <> 0"
)
_DAYS = _by_topics(
    f"SELECT day, figure, sum(n) FROM insight_sums WHERE {{where}} {{topics}}"
    f" AND figure IN {_OUTCOMES} GROUP BY day, figure"
)
_ACCOUNTS = _by_topics(
    f"SELECT open_kfid, figure, sum(n) FROM insight_sums WHERE {{where}} {{topics}}"
    f" AND figure IN {_OUTCOMES} GROUP BY open_kfid, figure"
)
_ENTRIES = (
    "SELECT topic, figure, sum(n) FROM insight_sums WHERE {where} {topics}"
    " AND figure IN ('requests', 'solved', 'handed_over') GROUP BY topic, figure"
)
_BY_ENTRY = (_by_topics(_ENTRIES.replace("{topics}", "<> '*'"))[0], _by_topics(_ENTRIES)[1])

#: By figure and key.
SumsByKey = dict[tuple[str, str], Sum]


def sums_of_two(
    connection: Connection, chosen: Chosen, before: date, start: date, end: date
) -> tuple[SumsByKey, SumsByKey]:
    """Return the sums from ``start`` until ``end``, and those from ``before`` until ``start``."""
    values = {**chosen.values(before, end), "now": start}
    found: tuple[SumsByKey, SumsByKey] = ({}, {})
    for is_now, figure, key, n, amount in connection.execute(_one(_SUMS, chosen), values):
        found[0 if is_now else 1][figure, key] = Sum(int(n), int(amount))
    return found


def outcomes_by_day(
    connection: Connection, chosen: Chosen, start: date, end: date
) -> dict[date, dict[str, int]]:
    """Return by day how many sessions there were and how they came out."""
    return _grouped(connection, _one(_DAYS, chosen), chosen.values(start, end))


def outcomes_by_account(
    connection: Connection, chosen: Chosen, start: date, end: date
) -> dict[str, dict[str, int]]:
    """Return the same by account."""
    return _grouped(connection, _one(_ACCOUNTS, chosen), chosen.values(start, end))


def outcomes_by_entry(
    connection: Connection, chosen: Chosen, start: date, end: date
) -> dict[str, dict[str, int]]:
    """Return by the entry that sessions were about how many there were and how they came out."""
    return _grouped(connection, _one(_BY_ENTRY, chosen), chosen.values(start, end))


def _one(pair: Sequence[TextClause], chosen: Chosen) -> TextClause:
    return pair[0] if chosen.topics is None else pair[1]


def _grouped(
    connection: Connection, query: TextClause, values: dict[str, Any]
) -> dict[Any, dict[str, int]]:
    found: defaultdict[Any, dict[str, int]] = defaultdict(dict)
    for key, figure, n in connection.execute(query, values):
        if n:
            found[key][figure] = int(n)
    return dict(found)
