"""Whatever an intent becomes: its file reads back as just that, and all else of it stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings

from chatbot.exchange.edit_intent import (
    changes_of,
    edited_intent,
    intent_paths,
    intent_source,
    path_for_new,
    read_intent,
    retired_path,
)
from chatbot.exchange.edits import NotEditableError
from chatbot.exchange.intent_records import intent_fields, value_of
from chatbot.knowledge.tree import read_yaml
from chatbot.understanding.intents import Intent
from tests.exchange.intents import intents

ROOT = Path(__file__).parents[2]
_PATH = Path("intent.yaml")
_COMMENTED = """\
# 投诉：先道歉
intent: complaint   # 名称不要改
title: 投诉
examples:
  - 我要投诉   # 最常见
  - 你们服务太差了
keywords: ["投诉", '/差评|曝光/']  # 词或正则
exclude: [投诉建议邮箱]

# 标签
tags: ["意向:有投诉"]
handoff: {skill: 售后, priority: high}
"""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(intent=intents)
def test_that_an_intent_reads_back_as_it_was_written(intent: Intent) -> None:
    assert read_intent(intent_source("x", intent_fields(intent)).encode()) == intent


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(intent=intents)
def test_that_the_values_of_a_file_are_the_record(intent: Intent) -> None:
    record = {key: value for key, value in intent_fields(intent).items() if value is not None}
    node = read_yaml(intent_source("x", record))
    assert node is not None
    assert value_of(node) == {"intent": "x", **record}


@pytest.mark.parametrize("style", ["flow", "block", "quoted", "ours"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=intents, after=intents)
def test_that_a_file_in_any_style_becomes_what_is_wanted(
    style: str, before: Intent, after: Intent
) -> None:
    old, new = intent_fields(before), intent_fields(after)
    if style == "ours":
        source = intent_source("x", old)
    else:
        source = yaml.dump(
            {"intent": "x", **{key: value for key, value in old.items() if value is not None}},
            Dumper=yaml.SafeDumper, allow_unicode=True, sort_keys=False, width=40,
            default_flow_style={"flow": True, "block": False}.get(style),
            default_style='"' if style == "quoted" else None,
        )  # fmt: skip
    assume(read_intent(source.encode()) == before)
    try:
        data = edited_intent(source.encode(), _PATH, changes_of(old, new), after)
    except NotEditableError:
        assert style != "ours", "what is written here can be changed here"
        return
    assert read_intent(data) == after


def test_that_comments_order_and_quotes_stay() -> None:
    before = read_intent(_COMMENTED.encode())
    assert before is not None
    after = intent_fields(before) | {
        "examples": ["我要投诉", "态度恶劣", "你们服务太差了"],
        "exclude": None,
        "stage": "售后",
        "handoff": {"skill": "售后"},
    }
    wanted = read_intent(intent_source("complaint", after).encode())
    assert wanted is not None
    former = b"\xef\xbb\xbf" + _COMMENTED.replace("\n", "\r\n").encode()
    data = edited_intent(former, _PATH, changes_of(intent_fields(before), after), wanted)
    expected = _COMMENTED.replace("最常见\n", "最常见\n  - 态度恶劣\n")
    expected = expected.replace("exclude: [投诉建议邮箱]\n", "").replace(", priority: high", "")
    expected += "stage: 售后\n"
    assert data == b"\xef\xbb\xbf" + expected.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], "new.yaml"),
        (["a.yaml"], "new.yaml"),
        (["01-a.yaml", "09-z.yaml"], "10-new.yaml"),
        (["投诉.yaml"], "投诉_new.yaml"),
        (["a.yaml", "sub/x.yaml"], "sub/x_new.yaml"),
    ],
)
def test_that_a_new_intent_stands_behind_all_others(
    tmp_path: Path, files: list[str], expected: str
) -> None:
    for number, file in enumerate(files):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(f"intent: i{number}\nexamples: [例句{number}]\n", "utf-8")
    path = path_for_new(tmp_path, "new", list(intent_paths(tmp_path).values()))
    assert path == tmp_path / expected
    path.write_text("intent: new\nexamples: [新的]\n", "utf-8")
    assert list(intent_paths(tmp_path))[-1] == "new"


def test_that_a_retired_intent_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("intent: a\nexamples: [例句]\n", "utf-8")
    for name in ("a.yaml", "a-2.yaml"):
        kept = retired_path(path, tmp_path)
        assert kept == tmp_path / "_retired" / name
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(path.read_bytes())
    assert list(intent_paths(tmp_path)) == ["a"]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "intents").glob("[!_R]*.yaml")), ids=lambda p: p.stem
)
def test_that_the_intents_of_the_sample_change_at_one_line_alone(path: Path) -> None:
    former = path.read_bytes()
    before = read_intent(former)
    assert before is not None
    fields = intent_fields(before)
    after = fields | {"examples": [*before.examples, "这一句是新的"], "stage": "售中"}
    wanted = replace(before, examples=tuple(after["examples"]), stage="售中")
    data = edited_intent(former, path, changes_of(fields, after), wanted)
    old, new = (each.decode().splitlines() for each in (former, data))
    gone = [line for line in old if line not in new]
    assert all(line.startswith(("examples:", "stage:")) for line in gone)
