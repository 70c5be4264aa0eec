"""Owners of entries, against who is known."""

from __future__ import annotations

from pathlib import Path

from .clinic import Clinic, found, summary

_ENTRIES = """\
- {id: a, question: 早餐几点供应？, answer: 七点。, owner: azhen}
- {id: b, question: 有停车场吗？, answer: 有。, owner: 老王, review: 2026-01-01}
- {id: c, question: 有泳池吗？, answer: 没有。}
"""


async def test_that_an_owner_nobody_knows_is_named(
    healthy: Clinic, database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "owned"
    folder.mkdir()
    (folder / "faq.yaml").write_text(_ENTRIES, encoding="utf-8")
    report = await healthy.examine(DATABASE_URL=database_url, KNOWLEDGE_DIR=str(folder))
    assert "1 条知识的负责人是 老王" in found(report, "owner-stranger").cause
    assert summary(report, "owners") == "2 条写了负责人"
