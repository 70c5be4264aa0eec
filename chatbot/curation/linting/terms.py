"""Entries whose days are over, or soon will be, and those due for review."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from chatbot.answers.entries import Entry
from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.material import Material, called

_SOON = timedelta(days=30)


def lint_terms(material: Material) -> Iterator[Finding]:
    """Yield a finding for each entry past its last day or its review, or within 30 days of it."""
    for entry in material.entries:
        yield from _validity(material, entry)
        yield from _review(material, entry)


def _validity(material: Material, entry: Entry) -> Iterator[Finding]:
    end = entry.valid.end
    if end is None or end > material.today + _SOON:
        return
    over = end < material.today
    yield Finding(
        "expired" if over else "expires-soon",
        "warning" if over else "note",
        f"{called(entry)}的有效期到 {end}，"
        + ("已经不再回答，问到时按没有这一条处理。" if over else "过了那天就不再回答。"),
        "还有效就改 until，不再用就删掉这一条。" if over else "还要用就先把 until 改晚。",
        entries=(entry.id,),
        place=material.places.of_entry(entry.id, "valid.until"),
    )


def _review(material: Material, entry: Entry) -> Iterator[Finding]:
    if entry.review is None or entry.review > material.today + _SOON:
        return
    due = entry.review <= material.today
    who = f"请{entry.owner}" if entry.owner else ""
    yield Finding(
        "review-due" if due else "review-soon",
        "warning" if due else "note",
        f"{called(entry)}定在 {entry.review} 复核" + ("，已经到了。" if due else "。"),
        f"{who}核对答案，然后把 review 改成下一次的日期。",
        entries=(entry.id,),
        place=material.places.of_entry(entry.id, "review"),
    )
