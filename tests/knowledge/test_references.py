from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.accounts.account import Account, Accounts
from chatbot.facts.tables import Table
from chatbot.knowledge.entry_files import read_entries
from chatbot.knowledge.intent_files import read_texts
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.references import References
from chatbot.understanding.normalise import Normaliser

_TABLE = Table("门店", ("门店", "早餐时间"), {"西湖店": {"早餐时间": "06:30"}})
_ACCOUNTS = Accounts(
    Account(variables={"语气": "亲"}),
    (Account(key="qijian", open_kfid="wk1", variables={"语气": "亲", "电话": "0571"}),),
)


def _problems(folder: Path, entry: str = "", texts: str = "") -> list[str]:
    (folder / "faq.yaml").write_text(entry, encoding="utf-8")
    (folder / "_texts.yaml").write_text(texts, encoding="utf-8")
    problems, references = Problems(), References()
    read_entries(folder, Normaliser(), problems, references)
    read_texts(folder, Normaliser(), problems, references)
    assert problems.found == []
    references.check([_TABLE], _ACCOUNTS, problems)
    return [str(each).removeprefix(f"{folder}/") for each in problems.found]


def test_that_variables_and_accounts_which_exist_are_fine(tmp_path: Path) -> None:
    entry = """\
- question: q
  answer:
    - when: {accounts: [qijian]}
      messages: "{门店.门店}早餐 {门店.早餐时间}，{助手.名字}"
    - messages: {type: menu, head: "{顾客.称呼}，{助手.电话}", items: ["{门店.早餐时间}"]}
  scope: [qijian]
"""
    assert _problems(tmp_path, entry, "greeting: '{助手.语气}，{顾客.称呼}'\n") == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("{酒店.早餐}", "{酒店.早餐}：没有名为“酒店”的表格；可以用：顾客、助手、门店"),
        ("{门店.晚餐}", "{门店.晚餐}：表格“门店” 没有“晚餐”；有：门店、早餐时间"),
        ("{助手.年龄}", "{助手.年龄}：助手 没有“年龄”；有：名字、电话、语气"),
        ("{顾客.电话}", "{顾客.电话}：顾客 没有“电话”；有：称呼"),
    ],
)
def test_that_a_variable_that_can_have_no_value_is_named(
    answer: str, problem: str, tmp_path: Path
) -> None:
    entry = f"- question: q\n  answer:\n    - 好的\n    - '{answer}'\n"
    (found,) = _problems(tmp_path, entry)
    assert found == f"faq.yaml 第 4 行 answer：{problem}"


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("scope: [qijan]", "第 3 行 scope"),
        (
            "answer: [{when: {accounts: [qijan]}, messages: x}, {messages: y}]",
            "第 2 行 answer.when.accounts",
        ),
    ],
)
def test_that_an_account_that_does_not_exist_is_named(
    line: str, place: str, tmp_path: Path
) -> None:
    answer = "" if line.startswith("answer") else "  answer: a\n"
    (found,) = _problems(tmp_path, f"- question: q\n{answer}  {line}\n")
    assert found == f"faq.yaml {place}：accounts.toml 里没有账号“qijan”；有：qijian"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{助手.电话}", "{助手.电话}：助手 没有“电话”；有：名字、语气"),
        ("{门店.早餐时间}", "{门店.早餐时间} 不能用在这里"),
    ],
)
def test_that_a_text_said_anywhere_needs_its_values_everywhere(
    text: str, problem: str, tmp_path: Path
) -> None:
    (found,) = _problems(tmp_path, texts=f"thanks: '{text}'\n")
    assert found.startswith(f"_texts.yaml 第 1 行 thanks：{problem}")


def test_that_a_file_which_is_wrong_itself_is_complained_of_alone(tmp_path: Path) -> None:
    problems, references = Problems(), References()
    entry = "- question: q\n  answer: '{门店.早餐时间}{助手.电话}{酒店.x}'\n  scope: [qijian]\n"
    (tmp_path / "faq.yaml").write_text(entry, encoding="utf-8")
    read_entries(tmp_path, Normaliser(), problems, references)
    problems.add(tmp_path / "tables" / "门店.csv", 1, "", "不对")
    problems.add(tmp_path / "accounts.toml", 1, "", "不对")
    references.check([], Accounts(), problems)
    assert [problem.text[:7] for problem in problems.found] == ["不对", "不对", "{酒店.x}："]
