"""Entries in Markdown files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chatbot.answers.entries import Condition, Entry, Validity, Variant, plain_answer
from chatbot.answers.messages import ImageMessage, MenuMessage, TextMessage
from chatbot.knowledge.entry_files import read_entries
from chatbot.knowledge.problems import Problems
from chatbot.understanding.normalise import Normaliser


def _read(folder: Path, text: str) -> tuple[tuple[Entry, ...], list[str]]:
    (folder / "_media").mkdir(exist_ok=True)
    (folder / "_media" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "faq.md").write_text(text, encoding="utf-8")
    problems = Problems()
    entries = read_entries(folder, Normaliser(), problems)
    return entries, [str(found).removeprefix(f"{folder}/faq.md ") for found in problems.found]


def test_that_headings_are_categories_and_questions(tmp_path: Path) -> None:
    text = """\
<!-- 前台维护 -->
# 退房

## 可以延迟退房吗？

- 编号：late
- 相似问：能晚点退房吗
- 相似问：退房|离店 能延吗
- 排除问: 怎么提前退房
- 标签：意向:续住
- 生效时间：2026/1/5
- 自动回答：先确认
- 目标正确率：0.98
- 负责人：小林
- scope：qijian

会员可到 14:00：

### 其他客人
- 一楼前台
- 标签 写在房卡上

# 停车
## 有停车场吗？
有。
"""
    (late, parking), problems = _read(tmp_path, text)
    assert [each for each in problems if "accounts" not in each] == []
    assert late == Entry(
        id="late",
        question="可以延迟退房吗？",
        answer=plain_answer("会员可到 14:00：\n\n### 其他客人\n- 一楼前台\n- 标签 写在房卡上"),
        similar=("能晚点退房吗", "退房|离店 能延吗"),
        excluded=("怎么提前退房",),
        category="退房",
        tags=("意向:续住",),
        valid=Validity(date(2026, 1, 5)),
        target=0.98,
        auto="ask",
        owner="小林",
        scope=("qijian",),
    )
    assert (parking.category, parking.answer) == ("停车", plain_answer("有。"))


def test_that_an_answer_may_have_several_messages_of_any_kind(tmp_path: Path) -> None:
    text = """\
## 怎么走？
请看图。

![路线](_media/a.png)
---
\\## 不是问题
\\- 相似问：不是相似问
```yaml
type: menu
head: 还想了解
items: [停车吗？]
```
## 贵宾？
```yaml
- when: {tags: ["等级:金卡"]}
  messages: 有。
- messages: 没有。
```
"""
    (way, guest), problems = _read(tmp_path, text)
    assert problems == []
    assert way.messages == (
        TextMessage("请看图。"),
        ImageMessage("_media/a.png"),
        TextMessage("## 不是问题\n- 相似问：不是相似问"),
        MenuMessage("还想了解", ("停车吗？",)),
    )
    assert guest.answer == (
        Variant((TextMessage("有。"),), Condition(tags=("等级:金卡",))),
        Variant((TextMessage("没有。"),)),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("写在最前面\n## q\na\n", "第 1 行：这里的文字不属于任何问题"),
        ("## q\n- 复核日期：后天\na\n", "第 2 行 复核日期：应为 2026-01-31 这样的日期"),
        ("## q\n\n", "第 1 行 答案：缺少这一项"),
        ("## q\n```yaml\n\n- [\n```\n", "第 5 行 答案：不是正确的 YAML"),
        ("## q\n```yaml\n- a\n", "第 3 行 答案：这段 YAML 没有结束"),
        ("## q\n![](_media/b.png)\n", "第 2 行 answer.file：找不到图片 _media/b.png"),
        ("## a\n- 编号：x\nb\n\n## c\n- 编号：x\nd\n", "第 5 行 编号：“x”已经用在"),
    ],
)
def test_that_what_is_wrong_is_told_with_its_line(text: str, problem: str, tmp_path: Path) -> None:
    _, problems = _read(tmp_path, text)
    assert any(found.startswith(problem) for found in problems), problems


def test_that_a_forgotten_space_makes_no_answer_of_a_heading(tmp_path: Path) -> None:
    text = "## 几点退房\n12 点\n\n##几点入住\n-相似问：何时入住\n14 点\n### 小标题\n"
    (out, in_), problems = _read(tmp_path, text)
    assert problems == []
    assert (out.question, out.answer) == ("几点退房", plain_answer("12 点"))
    assert (in_.question, in_.similar) == ("几点入住", ("何时入住",))
    assert in_.answer == plain_answer("14 点\n### 小标题")
