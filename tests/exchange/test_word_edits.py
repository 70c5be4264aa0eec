"""Words and synonyms in their files: what was wanted is said, and other lines stay."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.exchange.edit_words import edited_words
from chatbot.exchange.edits import NotEditableError
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.word_files import read_synonyms, read_words
from chatbot.understanding.normalise import Normaliser

_words = st.sampled_from(
    ["店小二", "云食", "延时退房", "WiFi 房", "钟点房", "checkout", "停車位", "车位"]
)
_lists = st.lists(_words, unique=True, max_size=6)
_groups = st.lists(_words, unique=True, max_size=8).map(
    lambda words: [tuple(words[at : at + 2]) for at in range(0, len(words) - 1, 2)]
)
_aside = st.sampled_from(["", "# 说明", "\n", "   # 缩进"])


def _normal(word: str) -> str:
    return Normaliser().normalise(word).text


def _read(files: list[bytes], name: str) -> list[tuple[str, ...]]:
    with TemporaryDirectory() as folder:
        folders = [Path(folder) / str(number) for number in range(len(files))]
        for each, data in zip(folders, files, strict=True):
            each.mkdir()
            (each / name).write_bytes(data)
        problems = Problems()
        if name == "_words.txt":
            found: list[tuple[str, ...]] = [
                (word,) for word in read_words(folders, Normaliser(), problems)
            ]
        else:
            found = list(read_synonyms(folders[0], Normaliser(), problems))
        problems.raise_any()
        return found


def _file(lines: list[str], asides: list[str]) -> bytes:
    pairs = zip(asides * 20, lines, strict=False)
    return "\n".join(chain.from_iterable(pairs)).encode()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(here=_lists, there=_lists, wanted=_lists, asides=st.lists(_aside, min_size=1))
def test_that_two_files_together_say_the_words_that_are_wanted(
    here: list[str], there: list[str], wanted: list[str], asides: list[str]
) -> None:
    normal = [(_normal(word),) for word in wanted]
    files = edited_words([_file(here, asides), _file(there, asides)], normal)
    assert _read(files, "_words.txt") == normal


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(former=_groups, wanted=_groups, asides=st.lists(_aside, min_size=1))
def test_that_a_file_says_the_synonyms_that_are_wanted(
    former: list[tuple[str, ...]], wanted: list[tuple[str, ...]], asides: list[str]
) -> None:
    normal = [tuple(map(_normal, group)) for group in wanted]
    (file,) = edited_words([_file([" = ".join(each) for each in former], asides)], normal)
    assert _read([file], "_synonyms.txt") == normal


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(words=_lists, asides=st.lists(_aside, min_size=1))
def test_that_what_is_said_already_leaves_the_file_as_it_is(
    words: list[str], asides: list[str]
) -> None:
    file = _file(words, asides)
    assert edited_words([file], [(_normal(word),) for word in words]) == [file]


def test_that_comments_marks_and_how_words_are_written_stay() -> None:
    former = "# 品牌的词\r\nWiFi 房\r\n\r\n# 餐厅\r\n云食\r\n店小二"
    wanted = [(_normal("WiFi 房"),), ("钟点房",), ("店小二",), ("亲子房",)]
    (file,) = edited_words([b"\xef\xbb\xbf" + former.encode()], wanted)
    expected = "# 品牌的词\r\nWiFi 房\r\n\r\n# 餐厅\r\n钟点房\r\n店小二\r\n亲子房"
    assert file == b"\xef\xbb\xbf" + expected.encode()


def test_that_words_that_stay_in_a_group_are_as_they_were_written() -> None:
    former = "# 停车\n停車位=车位＝Parking\n退房 = 离店\n"
    wanted = [("停车位", "parking", "泊车"), ("早餐", "早饭"), ("退房", "离店")]
    (file,) = edited_words([former.encode()], wanted)
    assert file.decode() == "# 停车\n停車位=Parking=泊车\n早餐 = 早饭\n退房 = 离店\n"


def test_that_a_file_of_another_encoding_is_left_to_a_person() -> None:
    with pytest.raises(NotEditableError, match="UTF-8"):
        edited_words(["云食\n".encode("gb18030")], [("店小二",)])
