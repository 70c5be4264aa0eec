from __future__ import annotations

import pytest

from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.segment import Segmenter
from chatbot.understanding.synonyms import CanonicalNormaliser, Synonyms

_GROUPS = (("停车", "车位", "泊车"), ("入住", "checkin"))
_NORMALISER = Normaliser()


@pytest.fixture(scope="module")
def synonyms() -> Synonyms:
    return Synonyms(_GROUPS, Segmenter(words=[word for group in _GROUPS for word in group]))


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("有车位吗？", "有停车吗?"),
        ("车位和泊车", "停车和停车"),
        ("几点checkin", "几点入住"),
        ("有停车吗", "有停车吗"),
        ("有停车位吗", "有停车位吗"),
        ("checking account", "checking account"),
        ("", ""),
    ],
)
def test_that_whole_words_are_replaced(synonyms: Synonyms, written: str, canonical: str) -> None:
    text = synonyms.canonical(_NORMALISER.normalise(written))
    assert text == _NORMALISER.normalise(canonical)


def test_that_a_text_without_synonyms_stays_the_same_object(synonyms: Synonyms) -> None:
    text = _NORMALISER.normalise("有停车位吗")
    assert synonyms.canonical(text) is text


def test_that_what_was_replaced_is_told(synonyms: Synonyms) -> None:
    text = _NORMALISER.normalise("checkin有车位吗")
    assert synonyms.replaced(text) == [("checkin", "入住"), ("车位", "停车")]
    assert synonyms.replaced(_NORMALISER.normalise("有停车位吗")) == []


def test_that_what_is_compared_with_is_canonical_as_well(synonyms: Synonyms) -> None:
    normaliser = CanonicalNormaliser(_NORMALISER, synonyms)
    assert normaliser.key("有泊车吗") == normaliser.key("有车位吗？") == "有停车吗"
    assert normaliser.simplify("車位") == "车位"
