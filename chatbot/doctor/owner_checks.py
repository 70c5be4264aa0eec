"""Owners of entries, against who is known here."""

from __future__ import annotations

from collections.abc import Iterable

from chatbot.answers.entries import Entry
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, say
from chatbot.reviews.due import People

_SHOWN = 5


def check_owners(entries: Iterable[Entry], people: People) -> Verdict[int]:
    """Say which owners nobody knows: reminders of their entries go to others."""
    owned = [each for each in entries if each.owner]
    strangers: dict[str, int] = {}
    for each in owned:
        if people.userid_of(each.owner) is None:
            strangers[each.owner] = strangers.get(each.owner, 0) + 1
    findings: list[Finding] = []
    if strangers:
        names, count = listed(list(strangers), _SHOWN), sum(strangers.values())
        findings.append(finding("owner_stranger", owners=names, count=count))
    return Verdict(tuple(findings), say("owners", count=len(owned)), len(owned))
