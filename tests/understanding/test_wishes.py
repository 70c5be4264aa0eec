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
人工！！
有没有活人
转人工啊啊啊
人 工 客 服
人.工.客.服
人。工。
转😀人😀工
转-人-工
转—人—工
转~人~工
z h u a n r e n g o n g
Zhuan Ren Gong
ZHUANRENGONG
转人工转人工转人工
人工人工人工
人工人工！
转转转人工
人工，谢谢
请帮我转接一下人工客服谢谢
我想转人工
我要转人工
帮我转人工
麻烦转接人工
给我转人工
快转人工
快点转人工！！！
赶紧转人工
立刻转人工
马上给我转人工
直接转人工吧
还是转人工吧
那就转人工吧
算了转人工
算了，还是人工吧
听不懂你说什么，转人工
你根本不懂，我要人工
你能不能帮我转人工
能不能换个真人来
能换真人吗
可不可以找个真人
有活人吗
有没有活的
有没有真人在
还有人吗
有人没有
人呢？？
人在哪
人都去哪了
没有人吗
来个活人
给我来个活人
叫个人来
喊个人来
找个活人
找个能说话的人
找个懂的人来
能不能找个懂的人
派个人跟我说
我要和人说话
我想跟人聊
我想跟真人说话
我要跟真人沟通
我想找人聊聊
跟人工说
跟客服说
和客服聊
让我跟人工说
请让真人来回答
请真人回复
要真人回复
我要真人客服
只要人工
我只要人工
要人工
人工来
人工呢
人工在哪
人工在哪里
人工客服在哪
客服在哪
客服呢
客服人呢
客服在吗
在线客服
在线人工
人工在线吗
在线人工客服
呼叫客服
召唤人工
召唤客服
联系客服
联系人工
联系真人
怎么转人工客服
如何转人工
怎么找人工
怎么才能转人工
怎样才能联系到真人
转人工怎么转
转人工按几
人工怎么联系
客服怎么联系
我要投诉，转人工
转接真人
转真人
切人工
切换人工
转接前台人工
轉接人工客服
轉真人
我要人工客服！！！！
人工[微笑]
[发怒]转人工[发怒]
转rg
转 rg
转kefu
zhuan ren gong
zrgkf
转人工kf
人工kf
rgkf
zhenren
zhaogeren
人工客服人工客服
別再自动回复了，找真人
别自动回复了
不要自动回复
不要机器人回答
不想和机器人聊
我不和机器人聊
不跟机器人说话
我不要跟机器人聊天
你是机器人吧，转人工
机器人走开
机器人滚，叫人工
不要智能客服
关掉机器人
换人
让你们经理跟我说
叫经理
叫你们负责人来
找你们领导
找你们老板
我要找经理
我要见经理
让人给我回电话
安排人工
安排客服联系我
安排个人联系我
麻烦安排专人对接
需要人工介入
申请人工
申请人工服务
请求人工
人工介入
人工处理
请人工处理
能人工处理吗
真人服务
要个真人
转人工，急急急
急！！！人工
live agent
real human please
I need a human
can I speak to someone
speak to a representative
talk to human
customer service
transfer me to an agent
speak to a person please
转人工１
转人エ
转人共
转ren工
转人gong
赚人工
撰人工
砖人工
转任工
转人攻
转仁工
人工服務
找人工客服
有人能帮我吗
有没有人能帮我
没人管吗
没人理我吗
有人理我吗
有人在不
有人在么
在线的人呢
给个人工
给我个人工
给我接人工
给我接真人
接真人
接客服
帮我接客服
帮我叫客服
帮我找客服
帮我联系人工客服
麻烦叫一下客服
我要客服
我要找客服
我想找人工客服
我需要真人
我需要和真人沟通
这问题得人工解决
还是让人工来吧
让人工来
让真人来
人工坐席
转坐席
转接坐席
转人工坐席
转人工台
转到人工
转去人工
转接到人工客服
人工智能不行，给我转人工
不是人工智能，我要人工
能不能给我转接到人工
能帮我转人工不
可以转人工么
可以人工吗
能人工吗
有没有人工
有没有人工服务
有没有客服
有客服吗
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
人工智能
人工湖
机器人是人工智能吗
机器人是人工的吗
你是人工智能吗
人工智能客服
你们是人工智能客服吗
人工湖在哪
人工湖可以钓鱼吗
人工费多少
人工成本
人工草坪在哪
人工沙滩开放吗
人工温泉吗
温泉是人工的还是天然的
泳池是人工加热吗
人工降雪
人工岛怎么走
人工湖边的房间
人工智能大会在你们酒店吗
人工智能专业的学生有优惠吗
真人秀
真人CS怎么收费
真人密室
照片是真人拍的吗
可以真人出镜吗
你是人还是机器人
你是人吗
请问是真人吗
是人工吗
是人工客服吗
现在是人工吗
这是机器人还是真人
人工客服几点下班
人工客服工作时间
人工客服上班时间
人工服务几点到几点
客服几点上班
客服电话
客服电话是什么
客服热线多少
客服微信号
客服邮箱
不转人工
先不转人工
不用找人工
不需要转人工
不要给我转人工
不要再转人工了
别转人工
别再给我转人工
不想转人工
不是要转人工
没说要转人工
我没有要转人工
暂时不需要人工
不用客服
不用麻烦客服了
取消人工
退出人工服务
结束人工服务
转账
转账失败
转让
转发票
转房间
可以换房吗
换个房间
换人入住可以吗
可以换人入住吗
找人打扫房间
叫人打扫
叫人来打扫
请人打扫房间
派人来打扫一下
让人送瓶水
叫人送毛巾
叫个人来修空调
安排人来修一下
找人修一下空调
房间有人吗
隔壁有人吵
有人敲门
有人吸烟
有人抽烟怎么办
有没有人丢了手机
有人捡到我的手机吗
有人捡到身份证吗
没人打扫房间
没人接电话
前台没人
前台有人吗
前台24小时有人吗
大堂有人吗
三个人能住吗
一个人住
两个人
几个人可以住
来个人多的房型
加个人
多个人
带人
带人进房间
能带人来吗
访客
人呢能住几个
机器人送餐
送餐机器人
机器人怎么叫
机器人可以送外卖吗
机器人送外卖到房间吗
扫地机器人
酒店有机器人吗
不要机器人打扫
不用机器人送餐
客服态度真差
你们客服真好
刚才客服说可以延迟退房
昨天的客服答应我了
上次客服说免费
前台客服很好
之前人工客服告诉我可以退
人工已经回复我了
人工客服态度好
人工客服回复我了
刚才那个真人说可以
谢谢人工客服
我已经联系客服了
客服已经处理了
找客服没用
客房服务
客房送餐
经理推荐的房型
老板娘
我是你们老板的朋友
领导来住
负责人是谁
经理是谁
你们老板是谁
你们老板姓什么
人工打扫还是机器打扫
人工洗车
手工
工人
工人休息室
人工呼吸
人工审核要多久
人工审核多久
需要人工审核吗
人工开票吗
人工窗口几点开
人工柜台在哪
人工翻译
是人工打扫的吗
自助还是人工
自助入住还是人工办理
人工办理入住要多久
可以人工办理吗
入住是人工还是自助
停车场是人工收费吗
人工收费还是自动
agent价格
travel agent
代理商
接机
接人
可以接人吗
接送站
机场接人多少钱
专人接待吗
专人管家服务
有专人送吗
人民币
成人票
大人小孩
老人优惠
客人
商务客人
联系方式
联系电话
怎么联系前台
怎么联系酒店
换货
切换语言
发票
怎么联系你们
人工客服联系方式
个人工作证明要带吗
打印个人工资单
找个人工作室拍照
接客服务收费吗
旅客服务中心怎么找
人工程师傅在吗
叫老板娘来
晚餐菜单发我看看
有人等我
没人预订吗这个房型
来人登记要身份证吗
换个人登记可以吗
我找人一起住
""".strip().splitlines()


@pytest.fixture(scope="module")
def normaliser() -> Normaliser:
    return Normaliser()


@pytest.fixture(scope="module")
def wishes(normaliser: Normaliser) -> HumanWish:
    texts = make_texts({})
    return HumanWish(texts.human_phrases, texts.human_excluded, normaliser)


def test_that_a_wish_for_a_person_is_understood(wishes: HumanWish, normaliser: Normaliser) -> None:
    missed = [words for words in WISHES if wishes.find(normaliser.normalise(words)) is None]
    assert missed == []


def test_that_words_that_only_sound_so_are_no_wish(
    wishes: HumanWish, normaliser: Normaliser
) -> None:
    taken = [words for words in NO_WISHES if wishes.find(normaliser.normalise(words))]
    assert taken == []


@pytest.mark.parametrize("words", ["转人工", "人工客服", "找真人", "我要跟人说话", "zhuanrengong"])
@pytest.mark.parametrize(
    "between", [" ", "　", "。", "…", "！！", "😀", "[微笑]", "\u200b", "-", "\n"]
)
def test_that_nothing_between_the_characters_matters(
    words: str, between: str, wishes: HumanWish, normaliser: Normaliser
) -> None:
    assert wishes.find(normaliser.normalise(between.join(words))) is not None


def test_that_the_tables_are_as_long_as_promised() -> None:
    assert len(set(WISHES)) >= 120
    assert len(set(NO_WISHES)) >= 80


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
