"""Reading `_tests.yaml`."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.dialogue.pinned import PinnedQuestion
from chatbot.knowledge.content import Content, load_content
from chatbot.knowledge.problems import ContentErrors

_ENTRY = "- id: late\n  question: 可以延迟退房吗？\n  answer: 可以。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "faq.yaml").write_text(_ENTRY, "utf-8")
    return tmp_path


def test_that_pinned_questions_are_part_of_the_content(folder: Path) -> None:
    (folder / "_tests.yaml").write_text(
        "- {text: 能晚点退房吗, faq_id: late}\n"
        "- text: 转人工\n  action: handoff\n  tags: ['会员等级:金卡']\n",
        "utf-8",
    )
    content = load_content(folder, None)
    assert content.pinned == (
        PinnedQuestion("能晚点退房吗", faq_id="late"),
        PinnedQuestion("转人工", action="handoff", tags=("会员等级:金卡",)),
    )
    assert Content.from_json(content.to_json()) == content


def test_that_an_entry_that_is_gone_is_no_mistake_of_the_file(folder: Path) -> None:
    (folder / "_tests.yaml").write_text("- {text: 有游泳池吗, faq_id: pool}\n", "utf-8")
    assert load_content(folder, None).pinned[0].faq_id == "pool"


@pytest.mark.parametrize(
    ("written", "line", "told"),
    [
        ("- 能晚点退房吗\n", 1, "应为一组键和值"),
        ("text: 能晚点退房吗\n", 1, "应为列表"),
        ("- {faq_id: late}\n", 1, "缺少这一项"),
        ("- {text: 能晚点退房吗}\n", 1, "写且只写一样"),
        ("\n- {text: 能晚点退房吗, faq_id: late, action: answer}\n", 2, "写且只写一样"),
        ("- text: 能晚点退房吗\n  action: reject\n", 2, "应为 answer、clarify"),
        ("- text: 能晚点退房吗\n  faq_id: late\n  account: nobody\n", 3, "nobody"),
        ("- text: 能晚点退房吗\n  faq_id: late\n  tags: [金卡]\n", 3, "组:标签"),
        ("- [\n", 2, "不是正确的 YAML"),
    ],
)
def test_that_each_mistake_names_its_line(folder: Path, written: str, line: int, told: str) -> None:
    (folder / "_tests.yaml").write_text(written, "utf-8")
    with pytest.raises(ContentErrors) as caught:
        load_content(folder, None)
    problem = caught.value.problems[0]
    assert problem.path.name == "_tests.yaml"
    assert told in problem.text
    assert abs(problem.line - line) <= 1
