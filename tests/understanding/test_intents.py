from __future__ import annotations

import pytest

from chatbot.texts import make_texts
from chatbot.understanding.intents import Intent, IntentHandoff, IntentRules
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.patterns import PatternError, PatternGroups, Patterns, check_pattern
from chatbot.understanding.smalltalk import Smalltalk

_NORMALISER = Normaliser()
_COMPLAINT = Intent(
    name="complaint",
    title="投诉",
    examples=("我要投诉", "你们服务太差了真的"),
    keywords=("投诉", "/差评|曝光/"),
    exclude=("投诉建议邮箱",),
    tags=("意向:有投诉",),
    handoff=IntentHandoff("售后", "high"),
)
_DOOR = Intent(
    name="door",
    title="门锁",
    keywords=("打不开门",),
    handoff=IntentHandoff("前台", "urgent"),
)


def _found(said: str) -> list[tuple[str, str]]:
    hits = IntentRules([_COMPLAINT, _DOOR], _NORMALISER).find(_NORMALISER.normalise(said))
    return [(hit.intent.name, hit.evidence) for hit in hits]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("我要投诉！", [("complaint", "examples")]),
        ("你们服务太差了真的啊", [("complaint", "examples")]),
        ("我想投 诉你们", [("complaint", "keywords")]),
        ("再不处理就给差評", [("complaint", "keywords")]),
        ("投诉建议邮箱是多少", []),
        ("早餐几点", []),
    ],
)
def test_that_examples_and_keywords_tell_an_intent(said: str, found: list[tuple[str, str]]) -> None:
    assert _found(said) == found


def test_that_small_talk_tells_the_intent_of_the_same_small_talk() -> None:
    thanks = Intent(name="thanks", title="道谢", examples=("谢谢你啊", "时间很合理，谢谢你"))
    rules = IntentRules([thanks, _DOOR], _NORMALISER, Smalltalk(make_texts({}), _NORMALISER))
    (hit,) = rules.find(_NORMALISER.normalise("好的，非常感谢！"))
    assert hit.intent is thanks
    assert rules.find(_NORMALISER.normalise("再见")) == []
    assert rules.heeded_smalltalk == {"thanks"}


@pytest.mark.parametrize(
    ("example", "alike", "others"),
    [
        (
            "讲个笑话",
            ("给我说个笑话听听", "再讲个故事吧"),
            ("吃饭了吗", "好无聊", "哈哈哈", "测试"),
        ),
        ("你能做什么", ("你会干嘛",), ("你叫什么名字", "怎么称呼您")),
        ("不用了", ("不用了！",), ("好的", "收到", "1")),
    ],
)
def test_that_one_example_does_not_claim_all_small_talk(
    example: str, alike: tuple[str, ...], others: tuple[str, ...]
) -> None:
    intent = Intent(name="chat", title="闲聊", examples=(example,), tags=("意向:闲聊",))
    rules = IntentRules([intent], _NORMALISER, Smalltalk(make_texts({}), _NORMALISER))
    assert all(rules.find(_NORMALISER.normalise(said)) for said in alike)
    assert not any(rules.find(_NORMALISER.normalise(said)) for said in others)


def test_that_small_talk_is_not_heeded_where_no_example_has_any() -> None:
    rules = IntentRules([_COMPLAINT], _NORMALISER, Smalltalk(make_texts({}), _NORMALISER))
    assert not rules.heeded_smalltalk


def test_that_the_more_urgent_intent_comes_first() -> None:
    assert _found("打不开门，我要投诉你们") == [("door", "keywords"), ("complaint", "keywords")]


def test_that_an_intent_survives_storage() -> None:
    assert Intent.from_json(_COMPLAINT.to_json()) == _COMPLAINT
    assert Intent.from_json(_DOOR.to_json()) == _DOOR


@pytest.mark.parametrize("pattern", ["/(开/", "/(?<=a)b/", "/.*/", "？！", "/a?/"])
def test_that_a_pattern_that_cannot_serve_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        check_pattern(pattern, _NORMALISER)


def test_that_expressions_meet_traditional_characters_and_capitals() -> None:
    patterns = Patterns.compile(["/VIP|轉賬/"], _NORMALISER)
    assert patterns.find(_NORMALISER.normalise("我是vip"))
    assert patterns.find(_NORMALISER.normalise("怎么转账"))


def test_that_an_evil_expression_takes_no_time() -> None:
    patterns = Patterns.compile(["/(a+)+$/"], _NORMALISER)
    assert patterns.find(_NORMALISER.normalise("a" * 5000 + "b")) is None


def test_that_every_group_with_a_hit_is_found_among_many() -> None:
    groups = [[f"词{number}号", f"/第{number}(个|条)事/"] for number in range(37)]
    found = PatternGroups(groups, _NORMALISER).find(
        _NORMALISER.normalise("先说词3号，再说第11个事，还有词36号！")
    )
    assert found == {3: "词3号", 11: "/第11(个|条)事/", 36: "词36号"}


def test_that_the_pattern_written_first_is_told_and_words_before_expressions() -> None:
    groups = [["卡", "房卡", "/房.坏/"], ["/坏/", "坏了"], ["/坏/"], ["门禁"], ["了"]]
    message = _NORMALISER.normalise("我的房卡坏了")
    patterns = [Patterns.compile(group, _NORMALISER).find(message) for group in groups]
    assert patterns == ["卡", "坏了", "/坏/", None, "了"]
    found = PatternGroups(groups, _NORMALISER).find(message)
    assert found == {0: "卡", 1: "坏了", 2: "/坏/", 4: "了"}


def test_that_expressions_with_flags_and_names_do_not_disturb_each_other() -> None:
    patterns = Patterns.compile(["/(?i)VIP(?P<n>1)/", "/^(?P<n>退|换)货$/"], _NORMALISER)
    assert patterns.find(_NORMALISER.normalise("vip1")) == "/(?i)VIP(?P<n>1)/"
    assert patterns.find(_NORMALISER.normalise("换货")) == "/^(?P<n>退|换)货$/"
    assert patterns.find(_NORMALISER.normalise("我要换货吗")) is None


def test_that_no_groups_find_nothing() -> None:
    assert PatternGroups([], _NORMALISER).find(_NORMALISER.normalise("你好")) == {}
    assert PatternGroups([["好"]], _NORMALISER).find(_NORMALISER.normalise("你好")) == {0: "好"}
