"""Accounts, texts, tables and forms as they stand in files: each fault is named with its place."""

from __future__ import annotations

import pytest

from chatbot.doctor.report import Report, Status

from .clinic import KF, Clinic, found, notes, only_problem, problems, status, warnings

_ENTRIES = """\
- {id: late, question: 可以延迟退房吗？, answer: 会员免费延迟至 14:00。, category: 退房}
- {id: breakfast, question: 早餐几点供应？, answer: "{门店.早餐时间}供应。", category: 餐饮}
- {id: over, question: 有圣诞大餐吗？, answer: 有。, valid: {until: 2020-12-31}}
"""
_STORES = (
    "门店,代码,早餐时间,停车\n湖滨店,HZ01,7:00 至 10:00,免费\n滨江店,HZ02,6:30 至 10:00,收费\n"
)
_ACCOUNT = f'[accounts.qijian]\nid = "{KF}"\nname = "云栖酒店"\n'
_FLOW = """\
intent: book
title: 订房
keywords: [订房]
flow:
  slots: [{name: day, type: date, ask: 哪天入住？}]
  action: {webhook: "https://pms.example.com/orders/planted"}
  done: 订好了。
"""


@pytest.fixture
def brand(healthy: Clinic) -> Clinic:
    """A healthy brand with an account, a table and three entries, one of them out of date."""
    healthy.write("knowledge/faq.yaml", _ENTRIES)
    healthy.write("knowledge/tables/门店.csv", _STORES)
    healthy.write("knowledge/accounts.toml", _ACCOUNT)
    return healthy


def _where(report: Report, finding_id: str) -> tuple[str, int, str]:
    place = found(report, finding_id).place
    assert place is not None
    return place.file.rsplit("/", 1)[-1], place.line, place.key


async def test_that_a_healthy_brand_has_no_finding(brand: Clinic) -> None:
    brand.write("knowledge/accounts.toml", f'{_ACCOUNT}menu = ["可以延迟退房吗？"]\n')
    report = await brand.examine()
    assert problems(report) == []
    assert warnings(report) == {"public-address-private"}
    assert notes(report) == set()


@pytest.mark.parametrize("line", ["怎么办会员卡？", "有圣诞大餐吗？"])
async def test_that_a_menu_line_without_an_entry_is_named(brand: Clinic, line: str) -> None:
    brand.write("knowledge/accounts.toml", f'[default]\nmenu = ["{line}"]\n\n{_ACCOUNT}')
    report = await brand.examine()
    assert line in found(report, "menu-line-lost").cause
    assert _where(report, "menu-line-lost") == ("accounts.toml", 2, "default.menu")


async def test_that_a_menu_line_outside_of_the_scope_is_named(brand: Clinic) -> None:
    text = f'{_ACCOUNT}categories = ["退房"]\nmenu = ["可以延迟退房吗？", "早餐几点供应？"]\n'
    brand.write("knowledge/accounts.toml", text)
    report = await brand.examine()
    assert "早餐几点供应" in found(report, "menu-line-lost").cause
    assert _where(report, "menu-line-lost") == ("accounts.toml", 5, "accounts.qijian.menu")


async def test_that_an_account_without_any_entry_is_a_problem(brand: Clinic) -> None:
    brand.write("knowledge/accounts.toml", f'{_ACCOUNT}categories = ["会员"]\n')
    report = await brand.examine()
    assert only_problem(report).id == "account-without-entries"
    assert _where(report, "account-without-entries")[1:] == (4, "accounts.qijian.categories")


async def test_that_after_hours_needs_hours(brand: Clinic) -> None:
    brand.write("knowledge/accounts.toml", f'{_ACCOUNT}mode = "after-hours"\n')
    report = await brand.examine()
    assert _where(report, "hours-missing") == ("accounts.toml", 4, "accounts.qijian.mode")
    brand.write(
        "knowledge/accounts.toml", f'{_ACCOUNT}mode = "after-hours"\nhours = ["每天 09:00-18:00"]\n'
    )
    assert warnings(await brand.examine()) == {"public-address-private"}


async def test_that_a_text_like_the_shipped_one_is_a_note(brand: Clinic) -> None:
    brand.write("intents/_texts.yaml", "thanks: 好说。\nqueue_notice: 等一下。\n")
    assert notes(await brand.examine()) == set()
    brand.write("intents/_texts.yaml", "thanks: 好说。\nhuman_caption: 转人工\n")
    report = await brand.examine()
    assert _where(report, "text-as-shipped") == ("_texts.yaml", 2, "human_caption")
    assert report.exit_code == 0


async def test_that_questions_that_call_a_person_or_the_menu_are_told(brand: Clinic) -> None:
    entries = f"{_ENTRIES}- {{id: staff, question: 转人工, answer: 好的。, similar: [菜单]}}\n"
    brand.write("knowledge/faq.yaml", entries)
    report = await brand.examine()
    assert "“转人工”" in found(report, "question-is-person").cause
    assert "“菜单”" in found(report, "question-is-menu").cause
    assert found(report, "question-is-menu").subject == "条目 staff"


async def test_that_a_welcome_line_without_an_entry_is_named(brand: Clinic) -> None:
    text = "welcome_items: [可以延迟退房吗？, 怎么办会员卡？, 转人工]\n"
    brand.write("intents/_texts.yaml", text)
    report = await brand.examine()
    assert "怎么办会员卡" in found(report, "menu-line-lost").cause
    assert _where(report, "menu-line-lost") == ("_texts.yaml", 1, "welcome_items")


async def test_that_an_empty_cell_that_an_answer_needs_is_named(brand: Clinic) -> None:
    stores = _STORES.replace("6:30 至 10:00", "").replace("收费", "")
    brand.write("knowledge/tables/门店.csv", stores)
    report = await brand.examine()
    cell = found(report, "cell-empty")  # nobody asks for 停车
    assert cell.subject == "滨江店"
    assert "breakfast" in cell.cause
    assert _where(report, "cell-empty") == ("门店.csv", 0, "早餐时间")


async def test_that_a_row_without_a_code_is_named(brand: Clinic) -> None:
    brand.write("knowledge/tables/门店.csv", _STORES.replace("HZ02", ""))
    assert found(await brand.examine(), "code-missing").subject == "滨江店"


async def test_that_a_table_for_nothing_is_a_note(brand: Clinic) -> None:
    brand.write("knowledge/tables/房型.csv", "房型,面积\n大床房,28\n")
    report = await brand.examine()
    assert "房型" in found(report, "table-unused").cause
    assert _where(report, "table-unused")[0] == "房型.csv"


async def test_that_a_webhook_needs_its_host_and_the_secret(brand: Clinic) -> None:
    brand.write("intents/book.yaml", _FLOW)
    report = await brand.examine()
    named = {each.id: each.settings for each in problems(report)}
    assert named == {
        "webhook-refused": ("CHATBOT_OUTBOUND_HOSTS",),
        "webhook-unsigned": ("CHATBOT_WEBHOOK_SECRET",),
    }
    assert "pms.example.com" in found(report, "webhook-refused").cause
    assert "planted" not in found(report, "webhook-refused").cause


async def test_that_a_webhook_may_be_all_right(brand: Clinic) -> None:
    brand.write("intents/book.yaml", _FLOW)
    report = await brand.examine(OUTBOUND_HOSTS="pms.example.com", WEBHOOK_SECRET="a" * 32)
    assert problems(report) == []


async def test_that_wrong_files_leave_the_checks_of_what_they_hold_undone(brand: Clinic) -> None:
    brand.write("knowledge/faq.yaml", "- question: 没有答案\n")
    report = await brand.examine()
    assert only_problem(report).id == "content-wrong"
    for check in ("account_file", "texts", "tables", "forms", "modes", "sections", "tags"):
        assert status(report, check) is Status.SKIPPED
