from __future__ import annotations

import pytest

from chatbot.texts import make_texts
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.wishes import HumanWish

WISHES = """
转人工
转人工。
转人工！！！
转 人 工
轉人工
轉 接 真 人 客 服
人工
人工！
人工客服
人工服务
请转人工
麻烦转人工谢谢
帮我转一下人工
转接人工客服
转接客服
转客服
接人工
切换到人工
换人工
真人
真人客服
真人客服在吗
人工在吗
有人工吗
有没有人工客服
有真人吗
我要人工
我要人工服务
我要找真人客服
我需要人工客服
找人工
找客服
找真人
找个人来
找个真人跟我说
来个真人
来个人
换个人
换个人来跟我聊
能不能来个人
有人吗
有没有人啊
叫你们经理来
让你们领导给我回电话
我要跟人说话
我想和真人聊
想和人工客服沟通一下
能跟真人对话吗
怎么转人工
如何联系人工客服
怎么联系客服
可以转人工吗
能转接真人吗
要不转人工吧
我不想跟机器人说话
不要机器人
别用机器人糊弄我
不要跟我自动回复
人工智能太笨了，转人工
你是真人吗？不是的话帮我转人工
转人工🙏🙏
[流泪]转人工
zhuanrengong
zhuan人工
转rengong
rengong
zrg
转人公
装人工
专人工
转人工服务
你好，转人工
在吗，我要人工
问题没解决，给我转人工客服
说了半天没用，叫真人来
让客服给我打电话
I want to talk to a real person
human
agent
客服
连接人工坐席
请安排人工客服处理
呼叫人工
能不能转人工啊，急
ＲＧ
""".strip().splitlines()

NO_WISHES = """
人工智能是什么
你们用的什么人工智能
人工费怎么算
人工湖在哪里
加收人工费吗
有人工草坪吗
真人秀在哪里看
附近有真人CS吗
你是真人吗
你是不是真人
你是人工还是机器人
你是机器人吗
是真人在回复吗
对面是人吗
这是人工客服吗
不用转人工
不用转人工了谢谢
不要转人工
先别转人工
别给我转人工
不需要人工
不需要人工客服
不用人工了
我不转人工
暂时不用转人工
没必要转人工
取消转人工
退出人工
人工客服几点上班
人工客服电话多少
客服电话是多少
客服热线
客服微信是多少
人工服务时间
怎么转账
转账失败了
怎么叫打扫房间
可以送餐到房间吗
找人拼房可以吗
入住人换个人可以吗
机器人能送东西到房间吗
送物机器人怎么叫
不用机器人送
有人帮忙搬行李吗
两个人住
客房服务电话
联系客房服务
能接人吗
人工洗车多少钱
房间有人了吗
可以带人来吗
客服态度怎么这么差
工人几点来修
手工皂有吗
能延迟退房吗
早餐几点
谢谢
好的
""".strip().splitlines()


@pytest.fixture(scope="module")
def normaliser() -> Normaliser:
    return Normaliser()


@pytest.fixture(scope="module")
def wishes(normaliser: Normaliser) -> HumanWish:
    texts = make_texts({})
    return HumanWish(texts.human_phrases, texts.human_excluded, normaliser)


@pytest.mark.parametrize("words", WISHES)
def test_that_a_wish_for_a_person_is_understood(
    words: str, wishes: HumanWish, normaliser: Normaliser
) -> None:
    assert wishes.find(normaliser.normalise(words)) is not None


@pytest.mark.parametrize("words", NO_WISHES)
def test_that_words_that_only_sound_so_are_no_wish(
    words: str, wishes: HumanWish, normaliser: Normaliser
) -> None:
    assert wishes.find(normaliser.normalise(words)) is None


def test_that_a_brand_may_have_its_own_phrases(normaliser: Normaliser) -> None:
    wishes = HumanWish(["找管家"], ["/找管家婆/"], normaliser)
    assert wishes.find(normaliser.normalise("帮我找管家！")) == "找管家"
    assert wishes.find(normaliser.normalise("找管家婆软件")) is None
    assert wishes.find(normaliser.normalise("转人工")) is None


def test_that_a_wish_at_the_end_of_a_long_letter_counts_and_one_in_its_middle_does_not(
    wishes: HumanWish, normaliser: Normaliser
) -> None:
    letter = "昨天住得很好但是空调有点响希望改进" * 20
    assert wishes.find(normaliser.normalise(letter + "，转人工")) is not None
    assert wishes.find(normaliser.normalise(letter + "上次转人工很快" + letter)) is None
