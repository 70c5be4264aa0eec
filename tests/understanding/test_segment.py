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
