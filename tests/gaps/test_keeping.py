"""Taking in what was asked in vain, with a real database and the real encoder."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from chatbot.console.judging import judge_turn
from chatbot.curation.gaps.worth import ranking_key, worth_of
from chatbot.dialogue.service import Mind
from chatbot.matching.vector_cache import VectorCache
from chatbot.pipeline.gaps import GapKeeper
from chatbot.store.database import Database
from chatbot.store.gap_acts import decide_gap, merge_gaps, move_questions, split_gap
from chatbot.store.gap_intake import read_batch, take_in
from chatbot.store.gaps import (
    Group,
    Question,
    Saved,
    acts_of,
    askings,
    gap_group,
    gap_groups,
    questions_of,
    savings,
)
from chatbot.store.judgements import Judgement
from tests.clocks import SetClock
from tests.gaps.conftest import kept
from tests.gaps.samples import AZHEN, Talks

_DAY = timedelta(days=1)
POOL, INVOICE, GYM = "有游泳池吗", "可以开发票吗", "健身房几点开门"


def _groups(database: Database) -> dict[str, Group]:
    """Return the groups by what they are called."""
    return {each.title: each for each in database.run_sync(gap_groups) if each.title}


def _questions(database: Database, group: int) -> list[Question]:
    return database.run_sync(questions_of, group, None, 1000)


def _texts(database: Database) -> set[frozenset[str]]:
    """Return which texts stand together."""
    groups = database.run_sync(gap_groups)
    found = {frozenset(each.text for each in _questions(database, one.id)) for one in groups}
    return found - {frozenset()}


def test_that_what_was_asked_in_vain_is_taken_in_with_its_kind(
    talks: Talks, keeper: GapKeeper, database: Database
) -> None:
    talk = talks.begin(_DAY)
    talk.handed_over(POOL)
    talk.handed_over("我要找经理", "wish")
    talk.turn("要出人命了", "handoff", "intent", handoff={"reason": "intent"})
    talk.turn("你好呀", "smalltalk", "smalltalk")
    talks.begin(_DAY).asked_back(INVOICE)
    chosen = talks.begin(_DAY)
    chosen.asked_back("车放哪里")
    chosen.tells("车放哪里", "parking", "click", chosen.answered("停车", "parking"))
    refused = talks.begin(_DAY)
    refused.answered(GYM, "breakfast")
    refused.tells(GYM, None, "dissatisfied", refused.handed_over("不是这个", "dissatisfied"))
    talks.begin(_DAY).turn(
        "早餐几点，房间能加床吗", "answer", "several", faq_id="breakfast",
        parts=[{"text": "早餐几点", "faq_id": "breakfast"},
               {"text": "房间能加床吗", "faq_id": None}],
    )  # fmt: skip
    talks.begin(_DAY).handed_over("有婴儿床吗", mode="assist")
    kept(keeper)
    kinds = {
        each.text: each.kind
        for group in database.run_sync(gap_groups)
        for each in _questions(database, group.id)
    }
    assert kinds == {
        POOL: "handed_over", INVOICE: "unchosen", GYM: "disliked", "房间能加床吗": "unanswered",
        "有婴儿床吗": "unanswered",
    }  # fmt: skip


def test_that_what_means_the_same_is_one_gap_and_other_things_are_not(
    talks: Talks, keeper: GapKeeper, database: Database
) -> None:
    pool = ["有游泳池吗", "酒店有没有游泳池", "请问有游泳的地方吗"]
    for each in [*pool, "可以开发票吗", "能开发票给我吗"]:
        talks.handed_over(each, _DAY)
    kept(keeper)
    assert _texts(database) == {frozenset(pool), frozenset({"可以开发票吗", "能开发票给我吗"})}


def test_that_personal_data_is_not_kept(
    talks: Talks, keeper: GapKeeper, database: Database
) -> None:
    talks.handed_over(
        "我叫周小雨，电话13812345678，可以开发票吗", _DAY,
        ["周小雨您好，可以开的，发到 xiaoyu@qq.com，有事打 0571-88886666 找阿珍"],
    )  # fmt: skip
    kept(keeper)
    (group,) = database.run_sync(gap_groups)
    (question,) = _questions(database, group.id)
    assert question.text == "我叫[姓名]，电话[手机号]，可以开发票吗"
    assert "可以开的" in group.draft
    for secret in ("周小雨", "xiaoyu", "88886666"):
        assert secret not in group.draft


def test_that_a_question_stays_in_its_group_when_others_arrive_in_any_order(
    talks: Talks, keeper: GapKeeper, database: Database, clock: SetClock
) -> None:
    first = [POOL, INVOICE, GYM, "有没有婴儿床", "房间里有电脑吗", "可以寄存行李吗"]
    later = ["游泳池要钱吗", "发票什么时候能开", "健身房在几楼", "可以借婴儿床吗", "行李可以放多久",
             "泳池几点关门", "开发票要什么资料"]  # fmt: skip
    chance = random.Random(7)
    for each in first:
        talks.handed_over(each, 2 * _DAY)
    kept(keeper)
    stood = {text: number for number, text in _places(database)}
    for _ in range(4):
        clock.at += timedelta(hours=1)
        talks.now = clock.at
        for each in chance.sample(later, len(later)):
            talks.handed_over(each, timedelta(minutes=50))
        kept(keeper)
        now = {text: number for number, text in _places(database)}
        assert {text: now[text] for text in stood} == stood
        stood = now


def _places(database: Database) -> list[tuple[int, str]]:
    rows = database.run_sync(
        lambda connection: connection.execute(
            text("SELECT group_id, text FROM gap_questions")
        ).all()
    )
    return [(row.group_id, row.text) for row in rows]


def test_that_a_month_with_known_costs_is_ranked_by_them(
    talks: Talks, keeper: GapKeeper, database: Database, clock: SetClock
) -> None:
    costs = {POOL: (2, 9.0), INVOICE: (5, 2.0), GYM: (3, 5.0), "有没有婴儿床": (9, 1.0)}
    chance = random.Random(1)
    asked = [(words, minutes) for words, (times, minutes) in costs.items() for _ in range(times)]
    for words, minutes in chance.sample(asked, len(asked)):
        talks.handed_over(
            words,
            timedelta(days=chance.randint(1, 27)),
            ["可以的，请放心", "有的，在三楼"] * 3,
            minutes,
        )
    talks.handed_over("很久以前的问题", timedelta(days=60), ["有的", "好的"], 30)
    kept(keeper)
    now = clock.now()
    known = database.run_sync(askings, now - timedelta(days=80))
    worths = {
        title: worth_of(known[group.id], now - timedelta(days=30), now)
        for title, group in _groups(database).items()
    }
    ranked = sorted(worths, key=lambda title: ranking_key(worths[title], 0))
    truth = sorted(costs, key=lambda words: -costs[words][0] * costs[words][1])
    assert ranked == [*truth, "很久以前的问题"]
    for words, (times, minutes) in costs.items():
        assert worths[words].times == times
        assert abs(worths[words].minutes - times * minutes) < 0.1 * times


def test_that_one_stretch_of_a_persons_time_is_counted_once(
    talks: Talks, keeper: GapKeeper, database: Database
) -> None:
    talk = talks.begin(_DAY)
    talk.asked_back(INVOICE)
    talk.handed_over(POOL)
    talk.hears("发票可以开", "游泳池在二楼", minutes=4)
    kept(keeper)
    minutes = [
        each.minutes
        for one in database.run_sync(gap_groups)
        for each in _questions(database, one.id)
    ]
    assert minutes == [2.0, 2.0]


def test_that_the_draft_is_what_most_people_replied(
    talks: Talks, keeper: GapKeeper, database: Database
) -> None:
    for reply in (
        "有的，游泳池在二楼，早上七点到晚上十点开放", "您好，请稍等",
        "我们二楼有游泳池，七点到二十二点", "亲，停车场在地下一层哦",
        "游泳池在酒店二楼，住店客人免费",
    ):  # fmt: skip
        talks.handed_over(POOL, _DAY, [reply])
    kept(keeper)
    group = _groups(database)[POOL]
    assert "游泳池" in group.draft
    assert "二楼" in group.draft
    assert group.draft_of == 4, "who only asks to wait has not answered"


def test_that_the_nearest_entry_is_told_with_its_confidence(
    talks: Talks, keeper: GapKeeper, database: Database
) -> None:
    talks.handed_over("车停在你们那里要不要钱", _DAY)
    kept(keeper)
    (group,) = database.run_sync(gap_groups)
    assert group.nearest == "parking"
    assert group.confidence is not None
    assert 0 <= group.confidence <= 1


def test_that_what_people_moved_stays_and_the_same_words_follow(
    talks: Talks, keeper: GapKeeper, database: Database, clock: SetClock
) -> None:
    for each in (POOL, "酒店有没有游泳池", INVOICE):
        talks.handed_over(each, 2 * _DAY)
    kept(keeper)
    groups = {text: number for number, text in _places(database)}
    source, target = groups[POOL], groups[INVOICE]
    keys = ["酒店有没有游泳池"]
    assert database.run_sync(move_questions, source, target, keys, "liang", clock.now())
    talks.handed_over("酒店有没有游泳池", _DAY)
    talks.handed_over(POOL, _DAY)
    kept(keeper)
    assert sorted(_places(database)) == sorted(
        [(source, POOL)] * 2 + [(target, "酒店有没有游泳池")] * 2 + [(target, INVOICE)]
    )
    assert acts_of_words(database, target) == ["move"]


def acts_of_words(database: Database, group: int) -> list[str]:
    return [each.act for each in database.run_sync(acts_of, group)]


def test_that_merging_and_splitting_persist_for_what_comes_later(
    talks: Talks, keeper: GapKeeper, database: Database, clock: SetClock
) -> None:
    for each in (POOL, INVOICE):
        talks.handed_over(each, 3 * _DAY)
    kept(keeper)
    groups = {text: number for number, text in _places(database)}
    assert database.run_sync(merge_gaps, groups[INVOICE], groups[POOL], "liang", clock.now())
    talks.handed_over(INVOICE, 2 * _DAY)
    kept(keeper)
    assert {number for number, _ in _places(database)} == {groups[POOL]}
    gone = database.run_sync(gap_group, groups[INVOICE])
    assert gone is not None
    assert gone.merged_into == groups[POOL]
    apart = database.run_sync(split_gap, groups[POOL], [INVOICE], "liang", clock.now())
    talks.handed_over(INVOICE, _DAY)
    kept(keeper)
    assert {number for number, words in _places(database) if words == INVOICE} == {apart}
    assert database.run_sync(split_gap, groups[POOL], [POOL], "liang", clock.now()) is None


def test_that_a_judgement_takes_a_question_in_or_out_again(
    talks: Talks, keeper: GapKeeper, database: Database, clock: SetClock
) -> None:
    talk = talks.begin(_DAY)
    turn = talk.answered(GYM, "breakfast")
    kept(keeper)
    assert _places(database) == []
    wrong = Judgement("wrong", None, "", AZHEN, clock.now())
    database.run_sync(judge_turn, turn, talk.number, wrong, clock.now())
    kept(keeper)
    assert [words for _, words in _places(database)] == [GYM]
    database.run_sync(judge_turn, turn, talk.number, None, clock.now())
    kept(keeper)
    assert _places(database) == []


def test_that_a_judgement_changed_while_it_is_taken_in_counts(
    talks: Talks, keeper: GapKeeper, database: Database, clock: SetClock
) -> None:
    talk = talks.begin(_DAY)
    turn = talk.answered(GYM, "breakfast")
    kept(keeper)
    wrong = Judgement("wrong", None, "", AZHEN, clock.now())
    database.run_sync(judge_turn, turn, talk.number, wrong, clock.now())
    batch = database.run_sync(read_batch, clock.now(), clock.now(), 10)
    database.run_sync(judge_turn, turn, talk.number, None, clock.now())
    assert database.run_sync(take_in, batch, [], [], clock.now()) is not None
    (noted,) = database.run_sync(lambda it: it.execute(text("SELECT turn_id FROM gap_again")).all())
    assert noted.turn_id == turn
    kept(keeper)
    assert _places(database) == []


def test_that_answers_after_the_gap_was_closed_are_counted_as_saved(
    talks: Talks, keeper: GapKeeper, database: Database, clock: SetClock
) -> None:
    talks.handed_over(POOL, 3 * _DAY, ["有的，在二楼"])
    kept(keeper)
    (group,) = database.run_sync(gap_groups)
    at = clock.now() - 2 * _DAY
    database.run_sync(decide_gap, group.id, "new_entry", "pool", 4.0, "liang", at, {})
    talks.begin(2.5 * _DAY).answered("酒店有没有游泳池", "pool")
    for words in ("酒店有没有游泳池", "请问有游泳池吗", "可以开发票吗"):
        talks.begin(_DAY).answered(words, "pool")
    refused = talks.begin(_DAY)
    refused.answered("有游泳池吗", "pool")
    refused.tells("有游泳池吗", None, "dissatisfied", refused.handed_over("不对", "dissatisfied"))
    kept(keeper)
    assert database.run_sync(savings) == {group.id: Saved(2, 8.0)}


def test_that_two_processes_take_everything_in_once(
    talks: Talks, keeper: GapKeeper, database: Database, mind: Mind, clock: SetClock,
    vectors_dir: Path,
) -> None:  # fmt: skip
    other = GapKeeper(database, lambda: mind, VectorCache(vectors_dir), clock)
    for number, words in enumerate([POOL, INVOICE, GYM, POOL, INVOICE]):
        talks.handed_over(words, timedelta(hours=5 + number))
    for one in itertools.islice(itertools.cycle((keeper, other)), 8):
        one.keep_some()
    talks.handed_over(GYM, timedelta(hours=1))
    other.keep_some()
    talks.handed_over(POOL, timedelta(minutes=50))
    for one in itertools.islice(itertools.cycle((keeper, other)), 8):
        one.keep_some()
    places = _places(database)
    assert len(places) == 7
    assert len({number for number, _ in places}) == 3
