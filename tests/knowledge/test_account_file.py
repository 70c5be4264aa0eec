"""``accounts.toml`` as admins write it, and what they are told about mistakes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chatbot.accounts.account import Accounts
from chatbot.knowledge.account_file import ACCOUNTS_FILE, read_accounts
from chatbot.knowledge.problems import Problem, Problems

GOOD = """\
# 所有账号
[default]
assistant = "店小二"
variables = {语气 = "亲", 电话 = "0571-1"}
menu = [
    "几点可以入住？",  # 注释里有 ] 和 "
    "早餐几点供应？",
]
hours = ["周一至周五 09:00-18:00"]
percent = 50
rating = false

[accounts.qijian]
id = "wk1"
name = "旗舰店"
welcome = \"\"\"
您好{助手.语气}，
我是{助手.名字}。\"\"\"
variables = {语气 = "您"}
hours = []
mode = "assist"

[accounts."lobby-2"]
id = "wk2"
categories = ["预订", "餐饮"]
agents = ["azhen"]
rating = true

[calendar]
holidays = ["2027-01-01/2027-01-03"]
workdays = ["2027-01-09"]
"""


def _read(folder: Path, text: str) -> tuple[Accounts, list[Problem]]:
    (folder / ACCOUNTS_FILE).write_text(text, encoding="utf-8")
    problems = Problems()
    return read_accounts(folder, problems), problems.found


def _told(folder: Path, text: str) -> tuple[int, str, str]:
    """Return line, key and text of the one problem."""
    _, (problem,) = _read(folder, text)
    return problem.line, problem.key, problem.text


def test_that_everything_works_without_the_file(tmp_path: Path) -> None:
    problems = Problems()
    assert read_accounts(tmp_path, problems) == Accounts()
    assert problems.found == []
    account = Accounts().of("wk1")
    assert (account.mode.mode, account.mode.percent, account.menu) == ("full", 100, ())


def test_that_an_account_has_its_own_values_and_the_defaults_for_the_rest(tmp_path: Path) -> None:
    accounts, problems = _read(tmp_path, GOOD)
    assert problems == []
    own = accounts.of("wk1")
    assert own.welcome == "您好{助手.语气}，\n我是{助手.名字}。"
    assert own.variables == {"语气": "您", "电话": "0571-1"}
    assert own.hours.rules == ()
    assert own.assistant == "店小二"
    assert (own.mode.mode, own.mode.percent) == ("assist", 50)
    other = accounts.named("lobby-2")
    assert other is not None
    assert other.hours.in_words() == "周一至周五 09:00-18:00"
    assert (other.categories, other.agents) == (("预订", "餐饮"), ("azhen",))
    assert accounts.of("unknown").menu == ("几点可以入住？", "早餐几点供应？")
    assert [accounts.of(each).rating for each in ("wk1", "wk2", "unknown")] == [False, True, False]


def test_that_spans_of_days_include_both_ends(tmp_path: Path) -> None:
    calendar = _read(tmp_path, GOOD)[0].calendar
    assert sorted(calendar.holidays) == [date(2027, 1, day) for day in (1, 2, 3)]
    assert calendar.workdays == {date(2027, 1, 9)}


@pytest.mark.parametrize(
    ("text", "line", "key", "told"),
    [
        ("[default]\n\nassistent = 'x'\n", 3, "default.assistent", "assistant"),
        ("[defaults]\n", 1, "defaults", "calendar"),
        ("[accounts.a]\nname = 'x'\n", 1, "accounts.a.id", ""),
        ("[accounts.旗舰]\nid = 'wk1'\n", 1, "accounts.旗舰", "英文字母"),
        (
            "[accounts.a]\nid = 'wk1'\n[accounts.b]\n# 一样\nid = 'wk1'\n",
            5,
            "accounts.b.id",
            "[accounts.a]",
        ),
        ("[accounts]\na = 'wk1'\n", 2, "accounts.a", "[accounts.a]"),
        ("accounts = 1\n", 1, "accounts", "[accounts.简称]"),
        ("[[accounts]]\nid = 'wk1'\n", 1, "accounts", "[accounts.简称]"),
        ("[default]\nhours = [\n'周八 9:00-18:00']\n", 2, "default.hours", "周八"),
        ("[default]\nmode = 'auto'\n", 2, "default.mode", "after-hours"),
        ("[default]\npercent = 101\n", 2, "default.percent", "0 到 100"),
        ("[default]\npercent = '20%'\n", 2, "default.percent", "0 到 100"),
        ("[default]\npercent = true\n", 2, "default.percent", "0 到 100"),
        ("[default]\nrating = 'no'\n", 2, "default.rating", "true"),
        ("[default]\nrating = 0\n", 2, "default.rating", "false"),
        ("[default]\nmenu = ['1','2','3','4','5','6','7','8','9','0']\n", 2, "default.menu", "9"),
        ("[default]\nvariables = {名字 = 'x'}\n", 2, "default.variables", "assistant"),
        ("[default]\nvariables = {'语 气' = 'x'}\n", 2, "default.variables", "语 气"),
        ("[default]\nvariables = 'x'\n", 2, "default.variables", "名称"),
        ("[default]\nwelcome = '您好{门店.电话}'\n", 2, "default.welcome", "{门店.电话}"),
        ("[default]\nwelcome = '您好{hours}'\n", 2, "default.welcome", "{助手.名字}"),
        ("[calendar]\nholidays = ['2027-1-1']\n", 2, "calendar.holidays", "2027-01-01"),
        (
            "[calendar]\nholidays = ['2027-01-03/2027-01-01']\n",
            2,
            "calendar.holidays",
            "首尾都算",
        ),
        (
            "[calendar]\nholidays = ['2027-01-01']\nworkdays = ['2027-01-01']\n",
            3,
            "calendar.workdays",
            "既",
        ),
        ("[default]\nassistant = '店小二\n", 2, "", "TOML"),
        ("[default]\nmenu = ['a'\n", 2, "", "TOML"),
        ("[default]\nassistant = 店小二\n", 2, "", "TOML"),
        ("[default]\nmode = 'off'\nmode = 'full'\n", 3, "", "TOML"),
    ],
)
def test_that_a_mistake_is_named_with_its_line_its_key_and_what_is_expected(
    tmp_path: Path, text: str, line: int, key: str, told: str
) -> None:
    found_line, found_key, found_text = _told(tmp_path, text)
    assert (found_line, found_key) == (line, key)
    assert told in found_text
    assert any("\u4e00" <= letter <= "\u9fff" for letter in found_text), "admins read Chinese"


def test_that_every_mistake_is_found_in_one_reading(tmp_path: Path) -> None:
    text = "[default]\nmode = 'x'\npercent = -1\nhours = ['x']\n[accounts.a]\n"
    _, problems = _read(tmp_path, text)
    assert [problem.line for problem in problems] == [4, 2, 3, 5]


def test_that_a_line_is_found_behind_strings_and_brackets_of_any_shape(tmp_path: Path) -> None:
    text = """\
[default]
welcome = \"\"\"
mode = 'not a key'
]]] # not a comment "
\"\"\"
menu_head = '[x] = "y"'
menu = [
  'a = 1',  # mode = 'x'
]
"mode" = 'wrong'
"""
    assert _told(tmp_path, text)[0] == 10
