"""The enterprise's tags, as far as the platform tells of them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from chatbot.doctor.tag_checks import tags_given
from chatbot.knowledge.content import load_content
from chatbot.simulator.config import TagGroupConfig
from chatbot.store.database import Database

from .clinic import Clinic, clinic, found, notes, only_problem, problems, summary, warnings

_TAGGED = '- {id: late, question: 可以延迟退房吗？, answer: 可以。, tags: ["会员等级:金卡"]}\n'


async def _forbid(healthy: Clinic, code: int) -> None:
    api = "externalcontact/get_corp_tag_list"
    await healthy.control("faults", {"api": api, "kind": "errcode", "errcode": code, "times": None})


@pytest.mark.parametrize("code", [48002, 84074])
async def test_that_closed_customer_contact_is_one_finding_with_its_screen(
    healthy: Clinic, code: int
) -> None:
    healthy.write("knowledge/faq.yaml", _TAGGED)
    await _forbid(healthy, code)
    problem = only_problem(await healthy.examine())
    assert problem.id == "contacts-forbidden"
    assert str(code) in problem.cause
    assert "客户联系" in problem.remedy


async def test_that_without_tags_closed_customer_contact_is_a_note(healthy: Clinic) -> None:
    await _forbid(healthy, 48002)
    report = await healthy.examine()
    assert problems(report) == []
    assert notes(report) == {"contacts-forbidden-unused"}


async def test_that_a_group_that_others_made_is_told_until_a_tag_was_written(
    healthy: Clinic, database_url: str, database: Database
) -> None:
    healthy.write("knowledge/faq.yaml", _TAGGED)
    report = await healthy.examine(DATABASE_URL=database_url)
    taken = found(report, "tag-group-taken")
    assert "会员等级" in taken.subject
    assert "301002" in taken.cause
    database.run_sync(
        lambda connection: connection.execute(
            text(
                "WITH c AS (INSERT INTO customers (external_userid, first_seen_at)"
                " VALUES ('wm1', now()) RETURNING external_userid)"
                " INSERT INTO tag_writes (external_userid, userid, tag_group, name, goal, state,"
                " changed_at) SELECT external_userid, 'azhen', '会员等级', '金卡', 'present',"
                " 'written', now() FROM c"
            )
        )
    )
    assert notes(await healthy.examine(DATABASE_URL=database_url)) == set()


@pytest.mark.parametrize(
    ("count", "severe", "mild"),
    [
        (2_699, set(), set()),
        (2_700, set(), {"tags-formerly-full"}),
        (3_001, set(), set()),
        (9_000, {"tags-nearly-full"}, set()),
    ],
)
async def test_that_the_room_for_tags_is_told(
    tmp_path_factory: pytest.TempPathFactory, count: int, severe: set[str], mild: set[str]
) -> None:
    group = TagGroupConfig(name="旧标签", tags=tuple(f"标签{number}" for number in range(count)))
    folder = tmp_path_factory.mktemp("tags")
    async with clinic(folder, changes={"tag_groups": [group.model_dump()]}) as full:
        report = await full.examine()
    assert warnings(report) == {"public-address-private", *severe}
    assert notes(report) == mild
    assert f"{count} 个标签" in summary(report, "tags")


def test_that_tags_of_entries_and_intents_count(healthy: Clinic) -> None:
    healthy.write("knowledge/faq.yaml", _TAGGED)
    healthy.write("intents/a.yaml", 'intent: a\nkeywords: [订房]\ntags: ["意向:预订"]\n')
    content = load_content(healthy.folder / "knowledge", healthy.folder / "intents")
    assert sorted(map(str, tags_given(content))) == ["会员等级:金卡", "意向:预订"]
