from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from chatbot.understanding.segment import Segmenter


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(["云栖酒店在哪", "云栖有几家店", "轻享房多大"])


def test_that_a_name_that_comes_back_becomes_a_word(segmenter: Segmenter) -> None:
    assert segmenter.learnt == ("云栖",)
    assert "云栖" in segmenter.cut("请问云栖酒店怎么走")


def test_that_short_names_and_the_admins_words_are_words() -> None:
    segmenter = Segmenter(
        names=["龙翔桥", "早餐时间", "云栖杭州西湖店"], words=["行政酒廊", "wifi"]
    )
    assert segmenter.learnt == ("wifi", "行政酒廊", "龙翔桥")
    assert segmenter.cut("龙翔桥的行政酒廊有wifi吗") == [
        "龙翔桥",
        "的",
        "行政酒廊",
        "有",
        "wifi",
        "吗",
    ]


def test_that_a_latin_word_does_not_cut_a_longer_one() -> None:
    assert Segmenter(words=["check"]).cut("checkin几点") == ["checkin", "几点"]


def test_that_the_pieces_of_a_text_are_the_text() -> None:
    text = "早餐,几点? 在b1层 wifi密码"
    assert "".join(Segmenter().pieces(text)) == text


def test_that_what_was_learnt_is_no_general_chinese(segmenter: Segmenter) -> None:
    assert segmenter.share("云栖") > segmenter.general_share("云栖") == 0.0
    assert segmenter.general_share("早餐") > 0.0


def test_that_marks_are_no_words(segmenter: Segmenter) -> None:
    assert segmenter.cut("早餐，几点？") == ["早餐", "几点"]


def test_that_rare_words_weigh_more(segmenter: Segmenter) -> None:
    weights = segmenter.weigh("我的发票")
    assert weights["发票"] > weights["我"] > 0


def test_that_nothing_is_written_into_the_common_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Segmenter().cut("早餐几点")
    assert list(tmp_path.iterdir()) == []
