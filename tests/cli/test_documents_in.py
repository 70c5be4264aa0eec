"""`chatbot knowledge import FILE.docx`: proposals on the page of gaps."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatbot.cli.knowledge import knowledge
from chatbot.store.database import Database
from chatbot.store.gap_acts import decide_gap
from chatbot.store.gaps import Group, gap_groups
from tests.cli.knowledge_shell import run, shell
from tests.exchange.docx_samples import document, paragraph

__all__ = ["shell"]

_NOW = datetime(2026, 3, 31, tzinfo=UTC)


def _write(path: str, pool: str = "在二楼，找王经理，电话 13812345678。") -> None:
    blocks = [
        paragraph("设施", "1"), paragraph("有游泳池吗", "2"), paragraph(pool),
        paragraph("有健身房吗", "2"), paragraph("有，24 小时开放。"),
    ]  # fmt: skip
    Path(path).write_bytes(document(*blocks))


def _groups(database: Database) -> dict[str, Group]:
    return {each.title: each for each in database.run_sync(gap_groups) if each.title}


@pytest.mark.usefixtures("shell")
def test_that_a_document_is_proposed_once_and_its_changes_until_somebody_decides(
    database: Database,
) -> None:
    _write("手册.docx")
    tried = run("import", "手册.docx").stdout
    assert "新增 设施 › 有游泳池吗" in tried
    assert "试运行，什么也没有改：新增 2。" in tried
    assert _groups(database) == {}
    assert "已收进没答上的问题：新增 2。" in run("import", "手册.docx", "--apply").stdout
    groups = _groups(database)
    assert set(groups) == {"有游泳池吗", "有健身房吗"}, "alike, and yet apart"
    assert groups["有游泳池吗"].draft == "在二楼，找[姓名]经理，电话 [手机号]。"
    assert groups["有游泳池吗"].nearest
    assert "相同 2" in run("import", "手册.docx", "--apply").stdout
    Path("手册.docx").rename("手册（新）.docx")
    assert "相同 2" in run("import", "手册（新）.docx").stdout, "under another name"
    _write("手册.docx", "在三楼。")
    record = json.loads(run("import", "手册.docx", "--apply", "--json").stdout)
    assert record["summary"] == {"changed": 1, "same": 1}
    groups = _groups(database)
    assert groups["有游泳池吗"].draft == "在三楼。"
    database.run_sync(decide_gap, groups["有游泳池吗"].id, "not_ours", None, 3.0, "liang", _NOW, {})
    _write("手册.docx", "在四楼。")
    assert "已经处理过 设施 › 有游泳池吗" in run("import", "手册.docx", "--apply").stdout
    assert _groups(database)["有游泳池吗"].draft == "在三楼。"


@pytest.mark.usefixtures("shell")
def test_that_what_fits_no_document_is_said() -> None:
    Path("空.docx").write_bytes(document(paragraph("只有一段话。")))
    assert "没有找到问题" in run("import", "空.docx", code=1).stdout
    _write("手册.docx")
    refused = CliRunner().invoke(knowledge, ["import", "手册.docx", "--prefer", "file"])
    assert "导入 Word 文档只能加 --apply 和 --json" in str(refused.exception)
