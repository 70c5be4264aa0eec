from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.linter import lint
from chatbot.knowledge.content import Content
from chatbot.matching.dense import DenseIndex
from chatbot.wecom.splitting import split_text
from tests.curation.linting.bench import TODAY, Files, build, where
from tests.sample import load_sample


def _nearer(content: Content, vectors: Path) -> list[Finding]:
    found = lint(content, build(content, vectors), today=TODAY, split=split_text).found
    return [each for each in found if each.kind == "nearer-elsewhere"]


def _with(content: Content, faq_id: str, wording: str, excluded: str = "") -> Content:
    """Return the content with a wording in one entry, and perhaps refused by another one."""
    return replace(
        content,
        entries=tuple(
            replace(each, similar=(*each.similar, wording))
            if each.id == faq_id
            else replace(each, excluded=(*each.excluded, wording))
            if each.id == excluded
            else each
            for each in content.entries
        ),
    )


@pytest.mark.parametrize(
    ("wrong", "right", "wording"),
    [
        ("parking", "checkin-time", "几点能办入住手续"),
        ("checkin-time", "parking", "停车要收费吗 有没有车位"),
        ("pets", "late-checkout", "可以晚一点再退房吗"),
    ],
)
def test_that_a_question_in_the_wrong_entry_is_found(
    vectors_dir: Path, wrong: str, right: str, wording: str
) -> None:
    content = _with(load_sample(), wrong, wording)
    (found,) = _nearer(content, vectors_dir)
    assert found.entries == (wrong, right)
    assert wording in found.text


def test_that_the_place_is_told(files: Files) -> None:
    files.write(
        "knowledge/a.yaml",
        """\
- id: late
  question: 可以延迟退房吗
  similar: [能晚点退房吗, 退房能晚一点吗, 晚退房可以吗, 可以晚一点退房吗, 想晚点退房]
  answer: 可以。
- id: dog
  question: 可以带狗吗
  similar:
    - 能带宠物入住吗
    - 晚一点退房行不行
    - 小狗可以进房间吗
    - 猫能带吗
  answer: 不可以。
- {id: food, question: 早餐几点, similar: [几点吃早餐, 早饭什么时候开始], answer: 七点。}
""",
    )
    (found,) = files.found("nearer-elsewhere", quick=False)
    assert (where(found), found.entries) == (("a.yaml", 9, "similar"), ("dog", "late"))


def test_that_what_the_other_entry_refuses_is_settled(vectors_dir: Path) -> None:
    content = _with(load_sample(), "parking", "几点能办入住手续", excluded="checkin-time")
    assert not _nearer(content, vectors_dir)


@pytest.mark.parametrize("rows", [50, 5000])
def test_that_the_nearest_to_each_are_those_nearest_to_one(rows: int) -> None:
    drawn = np.random.default_rng(3)
    vectors = drawn.normal(size=(rows, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = DenseIndex(vectors, vectors[:5])
    numbers = np.array([3, 17, 40])
    near = index.nearest_to_each(numbers, 4)
    for at, number in enumerate(numbers.tolist()):
        exact = index.rows @ index.rows[number]
        assert near.numbers[at, 0] == number
        assert near.cosines[at] == pytest.approx(exact[near.numbers[at]], abs=1e-5)
        assert near.numbers[at].tolist() == index.nearest(index.rows[number], 4).tolist()
