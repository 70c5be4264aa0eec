"""One search for quick replies and entries, with the real encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from chatbot.assist.search import SearchIndex, text_to_embed
from chatbot.assist.shelf import Found, Shelf
from chatbot.assist.talk import Talk
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context
from chatbot.matching.encoder import Vectors
from chatbot.store.quick_replies import OwnReply, Uses
from tests.assist.stage import LIN

OWN = (
    OwnReply(7, "", "送水果", "{顾客.称呼}好，为您准备了一份水果，稍后送到房间。"),
    OwnReply(9, "", "交接", "我先把这件事记下来，同事接着办。"),
)


def _search(
    mind: Mind, query: str, limit: int = 5, uses: dict[str, Uses] | None = None
) -> Sequence[Found]:
    rows: Vectors = np.asarray(mind.encoder.encode(list(map(text_to_embed, OWN))))
    shelf = Shelf(mind.dialogue.snapshot, Talk(Context(), LIN), OWN, uses or {})
    hits = SearchIndex(mind.dialogue.snapshot).find(mind, query, OWN, rows)
    return shelf.ranked(hits, limit)


@pytest.mark.parametrize(
    ("query", "item", "by"),
    [
        ("wstf", "faq:after-checkout", "pinyin"),
        ("yctf", "faq:late-checkout", "pinyin"),
        ("yanchituifang", "faq:late-checkout", "pinyin"),
        ("ssg", "own:7", "pinyin"),
        ("水果", "own:7", "characters"),
        ("ＷＩＦＩ", "faq:wifi", "characters"),
        ("留房", "faq:say-hold-room", "characters"),
        ("惹客人生气了", "faq:say-apology", "meaning"),
        ("同事替我继续处理", "own:9", "meaning"),
        ("停车要多少钱一小时", "faq:parking", "meaning"),
    ],
)
def test_that_initials_characters_and_meaning_find_it(
    sample_mind: Mind, query: str, item: str, by: str
) -> None:
    first = _search(sample_mind, query)[0]
    assert (first.reply.id, first.by) == (item, by)


def test_that_english_words_are_understood_where_no_text_has_them(sample_mind: Mind) -> None:
    for query in ("is there a swimming pool", "invoice please"):
        assert _search(sample_mind, query)[0].by == "meaning"


def test_that_results_say_how_they_read_and_whether_they_may_be_sent(sample_mind: Mind) -> None:
    by_id = {found.reply.id: found.reply for found in _search(sample_mind, "补偿 道歉", 20)}
    assert "小林好" in by_id["faq:say-apology"].wording.text
    assert not by_id["faq:compensation"].wording.may_be_sent
    parking = _search(sample_mind, "有停车场")[0].reply
    assert parking.wording.refusal == "要先选是哪一个“门店”，才能写出这条回复。"


@pytest.mark.parametrize("query", ["退房", "fp", "客人要发票", "wifi", "道歉"])
def test_that_the_ranking_is_the_same_every_time_and_falls(sample_mind: Mind, query: str) -> None:
    found = _search(sample_mind, query, 50)
    assert found == _search(sample_mind, query, 50)
    assert [each.score for each in found] == sorted((e.score for e in found), reverse=True)
    assert len({each.reply.id for each in found}) == len(found)
    assert all(0 < each.score <= 1 for each in found)


def test_that_equal_hits_go_by_kind_and_then_by_use(mind: Mind) -> None:
    own = [
        OwnReply(number, "", title, "话")
        for number, title in enumerate(("可以延迟退房吗？", "客人不满意，怎么先道歉？") * 2, 1)
    ]
    rows: Vectors = np.asarray(mind.encoder.encode(list(map(text_to_embed, own))))
    index = SearchIndex(mind.dialogue.snapshot)

    def found(query: str, uses: dict[str, Uses]) -> list[str]:
        shelf = Shelf(mind.dialogue.snapshot, Talk(Context(), LIN), own, uses)
        ranked = shelf.ranked(index.find(mind, query, own, rows), 3)
        assert len({each.score for each in ranked}) == 1
        return [each.reply.id for each in ranked]

    assert found("可以延迟退房吗", {}) == ["own:1", "own:3", "faq:late"]
    assert found("可以延迟退房吗", {"own:3": Uses(0, 1), "faq:late": Uses(9, 9)}) == [
        "own:3", "own:1", "faq:late",
    ]  # fmt: skip
    mine = {"own:2": Uses(0, 5), "own:4": Uses(1, 1)}
    assert found("客人不满意怎么先道歉", mine) == ["faq:sorry", "own:4", "own:2"]


def test_that_nothing_and_noise_find_nothing(sample_mind: Mind) -> None:
    for query in ("！？", "\x00", "qqqqq", "阿斯顿发生大法师的发生", "\ud800"):
        assert [found.reply.id for found in _search(sample_mind, query)] == [], query
    assert isinstance(_search(sample_mind, "退" * 10_000 + "<script>"), tuple)


def test_that_an_empty_query_lists_what_is_used_most(mind: Mind) -> None:
    uses = {
        "faq:late": Uses(0, 9), "own:9": Uses(2, 2),
        "faq:sorry": Uses(3, 3), "faq:gone": Uses(9, 9),
    }  # fmt: skip
    shelf = Shelf(mind.dialogue.snapshot, Talk(Context(), LIN), OWN, uses)
    listed = [found.reply.id for found in shelf.most_used(20)]
    assert listed[:3] == ["faq:sorry", "own:9", "faq:late"]
    assert listed[3:] == ["faq:hold", "faq:limits", "faq:card", "own:7"]
    assert [found.reply.id for found in shelf.most_used(1)] == ["faq:sorry"]
