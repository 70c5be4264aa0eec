"""Of large content only what changed is looked at where looking takes long."""

from __future__ import annotations

from datetime import date

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.linter import lint
from chatbot.knowledge.content import Content
from chatbot.wecom.splitting import split_text

_ENTRIES = (
    Entry("a", "几点退房", plain_answer("12:00。"), ("能晚点退房吗",)),
    Entry("b", "退房时间", plain_answer("13:00。"), ("能晚点退房吗",)),
    Entry("c", "可以带狗吗", plain_answer("全网最好的狗窝。"), ("帮我转人工",)),
    Entry("d", "可以带猫吗", plain_answer("全网最好的猫窝。"), ("可以带猫嘛", "帮我转人工")),
    Entry("e", "有早餐吗", plain_answer("待补充")),
)


def _found(*about: int) -> list[Finding]:
    content = Content(_ENTRIES)
    chosen = frozenset(about) if about else None
    found = lint(content, None, today=date(2026, 11, 2), split=split_text, about=chosen).found
    return [each for each in found if each.kind != "few-similar"]


@pytest.mark.parametrize("about", [(0,), (1,), (2,), (3,), (0, 3), (4,)])
def test_that_what_is_said_of_some_entries_is_what_is_said_of_them_among_all(
    about: tuple[int, ...],
) -> None:
    ids = {_ENTRIES[number].id for number in about}
    of_them = [each for each in _found() if ids & set(each.entries) or each.severity == "error"]
    assert _found(*about) == of_them
    assert len(of_them) > 1 or about == (4,)
