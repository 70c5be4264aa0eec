from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chatbot.knowledge.content import Content, load_content
from chatbot.knowledge.problems import ContentErrors, Problems
from chatbot.knowledge.word_files import read_synonyms, read_words
from chatbot.understanding.normalise import Normaliser

_NORMALISER = Normaliser()


def _words(folder: Path, text: str) -> tuple[tuple[str, ...], list[str]]:
    (folder / "_words.txt").write_text(text, encoding="utf-8")
    problems = Problems()
    return read_words([folder], _NORMALISER, problems), _told(problems)


def _synonyms(folder: Path, text: str) -> tuple[tuple[tuple[str, ...], ...], list[str]]:
    (folder / "_synonyms.txt").write_text(text, encoding="utf-8")
    problems = Problems()
    return read_synonyms(folder, _NORMALISER, problems), _told(problems)


def _told(problems: Problems) -> list[str]:
    return [f"{each.line} {each.key}: {each.text}" for each in problems.found]


def test_that_words_are_read_in_normal_form(tmp_path: Path) -> None:
    words, problems = _words(tmp_path, "# 注释\n\n雲食\n  WiFi \r\nＶＩＰ卡\n")
    assert not problems
    assert words == ("云食", "wifi", "vip卡")


def test_that_both_folders_may_have_words(tmp_path: Path) -> None:
    knowledge, intents = tmp_path / "knowledge", tmp_path / "intents"
    for folder, text in ((knowledge, "云食\n礼宾\n"), (intents, "礼宾\n管家\n")):
        folder.mkdir()
        (folder / "_words.txt").write_text(text, encoding="utf-8")
    problems = Problems()
    assert read_words([knowledge, intents], _NORMALISER, problems) == ("云食", "礼宾", "管家")
    assert not problems.found


def test_that_synonyms_are_read_in_file_order(tmp_path: Path) -> None:
    groups, problems = _synonyms(tmp_path, "# 停车\n停车 = 泊车＝车位\n入住=Checkin\n")
    assert not problems
    assert groups == (("停车", "泊车", "车位"), ("入住", "checkin"))


def test_that_missing_files_mean_nothing(tmp_path: Path) -> None:
    problems = Problems()
    missing = tmp_path / "nowhere"
    assert read_words([tmp_path, missing], _NORMALISER, problems) == ()
    assert read_synonyms(missing, _NORMALISER, problems) == ()
    assert not problems.found


@pytest.mark.parametrize(
    ("read", "text", "place", "words"),
    [
        (_words, "云食\n云食\n", "2 云食", "第 1 行已经写过"),
        (_words, "云\n", "1 云", "至少 2 个字"),
        (_words, "——\n", "1 ——", "少了一个词"),
        (_words, "云食、礼宾\n", "1 云食、礼宾", "一行一个词"),
        (_words, f"{'长短' * 11}\n", "1 长短", "最多 20 个字"),
        (_synonyms, "停车\n", "1 停车", "两个以上"),
        (_synonyms, "停车、车位\n", "1 停车、车位", "要用等号"),
        (_synonyms, "停车 = \n", "1 ", "少了一个词"),
        (_synonyms, "停车 = 停\n", "1 停", "至少 2 个字"),
        (_synonyms, "停车 = 车位 = 停车\n", "1 停车", "第 1 行已经写过"),
        (_synonyms, "停车 = 车位\n车位 = 泊位\n", "2 车位", "第 1 行已经写过"),
        (_synonyms, "停车 = 车位\n地库 = 停车\n", "2 停车", "只能属于一组"),
    ],
)
def test_that_a_bad_line_is_told_with_its_place(
    tmp_path: Path,
    read: Callable[[Path, str], tuple[object, list[str]]],
    text: str,
    place: str,
    words: str,
) -> None:
    _, problems = read(tmp_path, text)
    assert len(problems) == 1
    assert problems[0].startswith(place)
    assert words in problems[0]


def test_that_the_files_are_part_of_the_content_and_its_digest(tmp_path: Path) -> None:
    entry = "- {question: 可以停车吗, answer: 可以}\n"
    (tmp_path / "a.yaml").write_text(entry, encoding="utf-8")
    plain = load_content(tmp_path, None)
    (tmp_path / "_words.txt").write_text("云食\n", encoding="utf-8")
    (tmp_path / "_synonyms.txt").write_text("停车 = 泊车\n", encoding="utf-8")
    content = load_content(tmp_path, None)
    assert (content.words, content.synonyms) == (("云食",), (("停车", "泊车"),))
    assert content.digest != plain.digest
    assert Content.from_json(content.to_json()) == content


def test_that_a_file_that_is_no_text_is_a_problem_of_the_content(tmp_path: Path) -> None:
    entry = "- {question: 可以停车吗, answer: 可以}\n"
    (tmp_path / "a.yaml").write_text(entry, encoding="utf-8")
    (tmp_path / "_synonyms.txt").write_bytes("停车 = 泊车".encode("gbk"))
    with pytest.raises(ContentErrors, match=r"_synonyms\.txt 第 1 行：.*GBK"):
        load_content(tmp_path, None)
