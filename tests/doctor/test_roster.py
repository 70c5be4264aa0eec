"""The roster against intents, tables, opening hours and the servicers of WeCom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chatbot.accounts.agent import Agent
from chatbot.accounts.hours import OpeningHours
from chatbot.doctor.report import Report
from chatbot.store.agents import save_agents
from chatbot.store.database import Database

from .clinic import KF, Clinic, found, notes, only_problem, problems, summary, warnings

_INTENT = "intent: complaint\ntitle: 投诉\nkeywords: [投诉]\nhandoff: {skill: 售后}\n"
_STORES = "门店,别名,早餐时间\n云栖西湖店,西湖店,7:00\n"
_ENTRY = '- {id: breakfast, question: 早餐几点供应？, answer: "{门店.早餐时间}供应。"}\n'
_ALWAYS = OpeningHours()
_MORNINGS = OpeningHours.parse(["每天 09:00-12:00"])


@pytest.fixture
def brand(healthy: Clinic) -> Clinic:
    healthy.write("knowledge/faq.yaml", _ENTRY)
    healthy.write("knowledge/tables/门店.csv", _STORES)
    healthy.write("intents/complaint.yaml", _INTENT)
    return healthy


async def _examine(clinic: Clinic, database_url: str, database: Database, *agents: Agent) -> Report:
    database.run_sync(save_agents, agents, datetime(2026, 11, 24, tzinfo=UTC), "test")
    return await clinic.examine(DATABASE_URL=database_url)


def _fine(userid: str, hours: OpeningHours = _ALWAYS) -> Agent:
    return Agent(userid, skills=("售后",), stores=("西湖店",), hours=hours)


async def test_that_a_roster_like_everything_else_is_fine(
    brand: Clinic, database_url: str, database: Database
) -> None:
    agents = (_fine("azhen"), _fine("xiaozhou"))
    report = await _examine(brand, database_url, database, *agents)
    assert problems(report) == []
    assert warnings(report) == {"public-address-private"}
    assert notes(report) == set()
    assert summary(report, "roster") == "2 人"
    assert summary(report, "roster_match") == "2 人是接待人员"


async def test_that_no_roster_is_no_fault_and_says_what_holds(
    brand: Clinic, database_url: str, database: Database
) -> None:
    report = await _examine(brand, database_url, database)
    assert notes(report) == set()
    assert "打开的对话少的先接" in summary(report, "roster")


async def test_that_a_skill_nobody_has_and_one_nobody_asks_for_are_named(
    brand: Clinic, database_url: str, database: Database
) -> None:
    agents = (Agent("azhen", skills=("售後",)), Agent("xiaozhou"))
    report = await _examine(brand, database_url, database, *agents)
    assert "complaint" in found(report, "skill-nobody").cause
    assert "azhen" in found(report, "skill-unasked").cause
    assert report.exit_code == 0


async def test_that_a_store_of_no_table_is_named_and_an_alias_is_one(
    brand: Clinic, database_url: str, database: Database
) -> None:
    agents = (
        Agent("azhen", skills=("售后",), stores=("云栖西湖店", "西湖店", "滨江店")),
        Agent("xiaozhou"),
    )
    report = await _examine(brand, database_url, database, *agents)
    unknown = found(report, "store-unknown")
    assert unknown.subject == "azhen"
    assert "滨江店" in unknown.cause
    assert "西湖店" not in unknown.cause


async def test_that_opening_hours_without_anybody_are_named(
    brand: Clinic, database_url: str, database: Database
) -> None:
    section = f'[accounts.qijian]\nid = "{KF}"\nname = "云栖酒店"\nhours = ["每天 09:00-18:00"]\n'
    brand.write("knowledge/accounts.toml", section)
    agents = (_fine("azhen", _MORNINGS), _fine("xiaozhou", _MORNINGS))
    gap = found(await _examine(brand, database_url, database, *agents), "roster-gap")
    assert "qijian" in gap.subject or "云栖酒店" in gap.subject
    assert "18:00 客服在上班" in gap.cause
    report = await _examine(brand, database_url, database, _fine("xiaozhou"))
    assert "roster-gap" not in warnings(report)


async def test_that_who_serves_no_account_is_a_problem_and_who_is_not_listed_a_note(
    brand: Clinic, database_url: str, database: Database
) -> None:
    agents = (_fine("azhen"), Agent("liang", "梁经理"))
    report = await _examine(brand, database_url, database, *agents)
    problem = only_problem(report)
    assert problem.id == "roster-stranger"
    assert "liang 梁经理" in problem.cause
    assert "xiaozhou" in found(report, "servicer-unlisted").cause
