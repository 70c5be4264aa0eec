"""Open cases, against who is there to do them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, say
from chatbot.store.cases import case_owners, count_overdue

_SHOWN = 5
#: Later than this nobody seems to look any more.
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CaseLoad:
    """How many open cases each owner has, and how many are long overdue."""

    owners: dict[str, int]
    forgotten: int


def read_case_load(connection: Connection, now: datetime) -> CaseLoad:
    """Read it; nothing is changed."""
    forgotten = count_overdue(connection, now - _FORGOTTEN_AFTER)
    return CaseLoad(case_owners(connection), forgotten)


def check_cases(load: CaseLoad, people: Collection[str]) -> Verdict[int]:
    """Say which owners are none of the ``people`` who serve or supervise, and what is forgotten."""
    strangers = {owner: count for owner, count in load.owners.items() if owner not in people}
    findings: list[Finding] = []
    if strangers:
        names = listed(list(strangers), _SHOWN)
        findings.append(finding("case_stranger", members=names, count=sum(strangers.values())))
    if load.forgotten:
        findings.append(finding("cases_forgotten", count=load.forgotten))
    count = sum(load.owners.values())
    return Verdict(tuple(findings), say("cases", count=count), count)
