"""Texts that are shown as they are: no braces, and no more than a menu's line holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.knowledge.content import load_content
from chatbot.knowledge.problems import ContentErrors

_FLOW = """
intent: book
keywords: [订房]
flow:
  slots:
    - {name: n, type: number, ask: 几晚？, min: 1}
    - {name: d, type: date, ask: 哪天？, optional: true, max: 60}
    - {name: r, type: choice, ask: 哪种？, choices: [大床, 双床]}
  confirm: "{n} 晚？"
  action: {webhook: "https://e.cn/b", on_error: 抱歉}
  done: 好的
"""


@pytest.mark.parametrize(
    ("file", "good", "wrong", "key"),
    [
        ("knowledge/a.yaml", "早餐几点？", "'{门店.名字}早餐几点？'", "question"),
        ("knowledge/a.yaml", "id: a", "id: " + "长" * 41, "id"),
        ("knowledge/accounts.toml", "小栖", "{顾客.称呼}", "default.assistant"),
        ("knowledge/accounts.toml", "哦", "{助手.名字}", "default.variables.语气"),
        ("knowledge/accounts.toml", "几点？", "{助手.名字}几点？", "default.menu"),
        ("knowledge/accounts.toml", "几点？", "长" * 43, "default.menu"),
        ("intents/_texts.yaml", "[几点？]", '["{助手.名字}几点？"]', "welcome_items"),
        ("intents/_texts.yaml", "[几点？]", "[" + "长" * 43 + "]", "welcome_items"),
        ("intents/_texts.yaml", "找人工", "长" * 43, "human_caption"),
        ("intents/_texts.yaml", "[日, 一, 二, 三, 四, 五, 六]", "[]", "form_weekdays"),
        ("intents/_texts.yaml", "[日, 一, 二, 三, 四, 五, 六]", "[日, 日]", "form_weekdays"),
        ("intents/b.yaml", "几晚？", "'{门店.名字}几晚？'", "flow.slots.ask"),
        ("intents/b.yaml", "[大床, 双床]", "['{a.b}', 双床]", "flow.slots.choices"),
        ("intents/b.yaml", "抱歉", "'抱歉{a.b}'", "flow.action.on_error"),
        ("intents/b.yaml", "{n} 晚？", "{n} 晚{？", "flow.confirm"),
        ("intents/b.yaml", "done: 好的", "done: 好的}", "flow.done"),
        ("intents/b.yaml", "min: 1", "min: .inf", "flow.slots.min"),
        ("intents/b.yaml", "min: 1", "min: 1e999", "flow.slots.min"),
        ("intents/b.yaml", "max: 60", "max: 9999999", "flow.slots.max"),
    ],
)  # fmt: skip
def test_that_what_cannot_be_shown_is_a_problem(
    tmp_path: Path, file: str, good: str, wrong: str, key: str
) -> None:
    files = {
        "knowledge/a.yaml": "- id: a\n  question: 早餐几点？\n  answer: 七点\n",
        "knowledge/accounts.toml": '[default]\nassistant = "小栖"\nvariables = {语气 = "哦"}\n'
        'menu = ["几点？"]\n',
        "intents/_texts.yaml": "welcome_items: [几点？]\nhuman_caption: 找人工\n"
        "form_weekdays: [日, 一, 二, 三, 四, 五, 六]\n",
        "intents/b.yaml": _FLOW,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    load_content(tmp_path / "knowledge", tmp_path / "intents")
    assert good in files[file]
    (tmp_path / file).write_text(files[file].replace(good, wrong), encoding="utf-8")
    with pytest.raises(ContentErrors) as caught:
        load_content(tmp_path / "knowledge", tmp_path / "intents")
    assert key in {problem.key for problem in caught.value.problems}


@pytest.mark.parametrize("name", ["knowledge/a.jsonl", "knowledge/accounts.toml"])
def test_that_a_number_beyond_all_bounds_is_a_problem(tmp_path: Path, name: str) -> None:
    (tmp_path / "knowledge").mkdir()
    digits = "9" * 5000
    text = f'{{"question": {digits}}}' if name.endswith("jsonl") else f"x = {digits}"
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ContentErrors, match="数字太长"):
        load_content(tmp_path / "knowledge", None)
