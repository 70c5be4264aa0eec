from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chatbot.customers.tag_groups import TagGroup
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.tag_files import read_tag_groups, tag_objection


def _read(folder: Path, text: str) -> tuple[tuple[TagGroup, ...], list[str]]:
    (folder / "_tags.yaml").write_text(text, encoding="utf-8")
    problems = Problems()
    groups = read_tag_groups(folder, problems)
    return groups, [f"{each.line} {each.key}: {each.text}" for each in problems.found]


def test_that_groups_are_read_in_file_order(tmp_path: Path) -> None:
    groups, problems = _read(
        tmp_path, "意向: {title: 购买意向, exclusive: true, lifetime: 90d}\n反馈:\n偏好: {}\n"
    )
    assert not problems
    assert groups == (
        TagGroup("意向", "购买意向", exclusive=True, lifetime=timedelta(days=90)),
        TagGroup("反馈", "反馈"),
        TagGroup("偏好", "偏好"),
    )


def test_that_a_group_survives_its_json() -> None:
    group = TagGroup("意向", "购买意向", exclusive=True, lifetime=timedelta(days=90))
    assert TagGroup.from_json(group.to_json()) == group
    assert TagGroup.from_json(TagGroup("a", "a").to_json()) == TagGroup("a", "a")


def test_that_a_missing_or_empty_file_means_no_groups(tmp_path: Path) -> None:
    problems = Problems()
    assert read_tag_groups(tmp_path, problems) == ()
    assert _read(tmp_path, "") == ((), [])
    assert not problems.found


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("- 意向\n", "1 ", "一组键和值"),
        ("意向: 90d\n", "1 意向", "title、exclusive、lifetime"),
        ("反馈:\n意向: {colour: red}\n", "2 意向.colour", "没有这个键"),
        ("意向: {exclusive: 互斥}\n", "1 意向.exclusive", "true 或 false"),
        ("意向: {lifetime: 90}\n", "1 意向.lifetime", "90d"),
        ("意向: {lifetime: 0d}\n", "1 意向.lifetime", "90d"),
        ("意向: {title: ''}\n", "1 意向.title", "空的"),
        ("意向:\n意向:\n", "2 意向", "第 1 行已经写过"),
        (f"{'长' * 31}:\n", f"1 {'长' * 31}", "30 个字"),
        ("'意向:续住':\n", "1 意向:续住", "冒号"),
        ("意向: {title: 'a}\n", "", "引号"),
    ],
)
def test_that_a_mistake_is_named_with_line_and_key(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    _, (problem,) = _read(tmp_path, text)
    assert problem.startswith(place)
    assert words in problem


def test_that_a_tag_of_a_group_nobody_described_is_refused() -> None:
    groups = [TagGroup("意向", "意向")]
    assert tag_objection("意向:续住", groups) is None
    assert "_tags.yaml" in str(tag_objection("反馈:投诉", groups))
    assert tag_objection("反馈:投诉", []) is None


def test_that_names_too_long_for_wecom_are_refused() -> None:
    assert "30 个字" in str(tag_objection(f"意向:{'长' * 31}", []))
    assert tag_objection(f"意向:{'长' * 30}", []) is None
