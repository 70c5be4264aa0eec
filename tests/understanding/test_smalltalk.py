from __future__ import annotations

import pytest

from chatbot.texts import make_texts
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.smalltalk import Smalltalk

_NORMALISER = Normaliser()


@pytest.fixture(scope="module")
def smalltalk() -> Smalltalk:
    return Smalltalk(make_texts({}), _NORMALISER)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("你好", "greeting"),
        ("您好！在吗？", "greeting"),
        ("在吗在吗", "greeting"),
        ("Hello~", "greeting"),
        ("你好呀", "greeting"),
        ("Good morning!", "greeting"),
        ("こんにちは", "greeting"),
        ("안녕하세요", "greeting"),
        ("好的你好", "greeting"),
        ("谢谢", "thanks"),
        ("好的，谢谢您！", "thanks"),
        ("谢谢哦", "thanks"),
        ("Thank you very much!", "thanks"),
        ("thankyou", "thanks"),
        ("ありがとうございます", "thanks"),
        ("麻烦了", "thanks"),
        ("再见👋", "goodbye"),
        ("拜拜", "goodbye"),
        ("谢谢，再见", "goodbye"),
        ("bye", "goodbye"),
        ("晚安", "goodbye"),
        ("88", "goodbye"),
        ("好的", "okay"),
        ("嗯嗯 知道了", "okay"),
        ("OK!", "okay"),
        ("好的呀", "okay"),
        ("1", "okay"),
        ("没事了", "okay"),
        ("你真棒", "praise"),
        ("你好厉害呀", "praise"),
        ("服务很好", "praise"),
        ("666", "praise"),
        ("谢谢，你真棒！", "praise"),
        ("傻X机器人", "abuse"),
        ("傻×", "abuse"),
        ("傻*逼", "abuse"),
        ("你是傻子吗", "abuse"),
        ("垃圾机器人", "abuse"),
        ("你真笨", "abuse"),
        ("滚", "abuse"),
        ("什么破机器人", "abuse"),
        ("stupid bot", "abuse"),
        ("sb", "abuse"),
        ("你这个机器人真蠢", "abuse"),
        ("你是机器人吗", "robot"),
        ("你是真人吗", "robot"),
        ("你是人工还是机器人", "robot"),
        ("你好，你是机器人吗？", "robot"),
        ("你是真人吗傻逼", "robot"),
        ("are you a robot?", "robot"),
        ("你叫什么", "name"),
        ("你叫什么名字", "name"),
        ("怎么称呼", "name"),
        ("你是谁啊", "name"),
        ("你能做什么", "name"),
        ("what's your name", "name"),
        ("在干嘛", "chatter"),
        ("你在干嘛呢", "chatter"),
        ("吃饭了吗", "chatter"),
        ("讲个笑话", "chatter"),
        ("哈哈哈哈", "chatter"),
        ("你几岁了", "chatter"),
        ("你是男的女的", "chatter"),
        ("你好几点退房", None),
        ("早餐", None),
        ("好吃吗", None),
        ("", None),
        ("可以停车吗", None),
        ("垃圾桶在哪", None),
        ("垃圾酒店", None),
        ("服务很好但是几点退房", None),
        ("你们太差了", None),
        ("草莓", None),
        ("可以吗", None),
        ("不用押金吗", None),
        ("人工智能", None),
        ("你能开发票吗", None),
        ("你会做蛋糕吗", None),
        ("没有了吗", None),
        ("11", None),
        ("1号楼", None),
        ("你们在干嘛房间还没打扫", None),
        ("靠窗的房间", None),
        ("笨重行李", None),
        ("你是哪家店", None),
        ("机器人送餐吗", None),
        ("我要退房谢谢", None),
    ],
)
def test_that_small_talk_is_told_from_questions(
    said: str, kind: str | None, smalltalk: Smalltalk
) -> None:
    assert smalltalk.kind(_NORMALISER.normalise(said)) == kind


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("你好，请问几点退房？", "几点退房?"),
        ("在吗\n我想问一下\n几点退房", "几点退房"),
        ("亲，几点退房", "几点退房"),
        ("亲子房有吗", "亲子房有吗"),
        ("早餐几点", "早餐几点"),
        ("hi 几点退房", "几点退房"),
        ("hilton在哪", "hilton在哪"),
        ("你好", "你好"),
        ("谢谢，几点退房", "几点退房"),
        ("几点退房 谢谢", "几点退房"),
        ("几点退房谢谢啦", "几点退房"),
        ("好的，几点退房", "几点退房"),
        ("好的那几点退房", "那几点退房"),
        ("谢谢几点退房", "几点退房"),
        ("知道了，停车多少钱，谢谢，再见", "停车多少钱"),
        ("不用了，我要退房", "我要退房"),
        ("你是机器人吗？几点退房", "几点退房"),
        ("傻逼，几点退房", "几点退房"),
        ("几点退房，傻X机器人", "几点退房"),
        ("thanks, what time is breakfast", "what time is breakfast"),
        ("感谢信怎么写", "感谢信怎么写"),
        ("谢谢你们的早餐", "谢谢你们的早餐"),
        ("可以停车吗", "可以停车吗"),
        ("不用押金吗", "不用押金吗"),
        ("怎么说谢谢", "怎么说谢谢"),
        ("前台辛苦了", "前台辛苦了"),
        ("好的，谢谢", "好的,谢谢"),
        ("套餐多少钱88", "套餐多少钱88"),
        ("房号是，886", "房号是,886"),
        ("早餐，不错", "早餐,不错"),
        ("明天退房，可以？", "明天退房,可以?"),
        ("发票催了一个礼拜了", "发票催了一个礼拜了"),
        ("发票催了一个礼拜了，拜了", "发票催了一个礼拜了"),
        ("发票已经收到了拜了", "发票已经收到了"),
    ],
)
def test_that_small_talk_is_taken_off_a_question(
    said: str, question: str, smalltalk: Smalltalk
) -> None:
    assert smalltalk.question(_NORMALISER.normalise(said)).text == question


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        ("你好，请问几点退房？", {"greeting"}),
        ("你好，几点退房，谢谢", {"greeting", "thanks"}),
        ("几点退房谢谢啦", {"thanks"}),
        ("几点退房", set()),
        ("你好", set()),
        ("发票催了一个礼拜了", set()),
    ],
)
def test_that_what_is_taken_off_is_told_by_its_kind(
    said: str, kinds: set[str], smalltalk: Smalltalk
) -> None:
    assert smalltalk.beside(_NORMALISER.normalise(said)) == kinds


def test_that_a_brand_has_its_own_phrases() -> None:
    own = {
        "praise_phrases": ("顶呱呱", "/(?P<x>杠){2}的/"),
        "abuse_phrases": ("/(?P<x>臭)豆腐/",),
        "okay_phrases": (),
    }
    brand = Smalltalk(make_texts(own), _NORMALISER)
    said = {
        text: brand.kind(_NORMALISER.normalise(text)) for text in ("顶呱呱！", "臭豆腐", "好的")
    }
    assert said == {"顶呱呱！": "praise", "臭豆腐": "abuse", "好的": None}
    assert brand.kind(_NORMALISER.normalise("谢谢，杠杠的")) == "praise"


def test_that_a_long_row_of_greetings_does_not_explode(smalltalk: Smalltalk) -> None:
    assert smalltalk.kind(_NORMALISER.normalise("你好呀" * 3000 + "?退房")) is None
