from __future__ import annotations

import pytest

from chatbot.curation.linting.wording import shipped_words
from chatbot.understanding.normalise import Normaliser
from tests.curation.linting.bench import Files, where


def _found(text: str) -> list[str]:
    return [word for _, word in shipped_words().find(Normaliser().normalise(text).text)]


@pytest.mark.parametrize(
    "text",
    [
        "我们的服务是全网最好的。",
        "国家级品质，放心选。",
        "中国第一品牌酒店。",
        "全国销量第一！",
        "本地最便宜的酒店。",
        "我们的早餐最好吃。",
        "全网最低价，错过没有。",
        "顶级享受等着您。",
        "史上最大优惠。",
        "行业领先的技术。",
        "独一无二的江景。",
        "NO.1 的选择。",
        "100%有效。",
        "国务院指定接待酒店。",
        "本茶能根治失眠。",
        "稳赚不赔的投资。",
        "五星好评返现 20 元。",
        "可以代开发票。",
        "我們是最專業的團隊。",
        "最优秀的团队。",
    ],
)
def test_that_what_the_law_forbids_is_found(text: str) -> None:
    assert _found(text)


@pytest.mark.parametrize(
    "text",
    [
        "最近的门店在曙光路。",
        "请确保本人持身份证办理。",
        "红包过期会退回。",
        "环保过滤系统。",
        "您不必过来前台。",
        "配套现代化健身房。",
        "请勿打扰牌在门外挂上即可。",
        "我们是本市第一家店。",
        "最优先安排高楼层。",
        "请带好您的 laptop 1 台。",
        "最晚 12:00 退房。",
        "第一天入住送果盘。",
        "请填写包裹的唯一编号。",
        "身份证是唯一的凭证。",
        "最低价格在 200 到 300 元之间。",
        "请选择至尊版或标准版。",
        "最后一班车 22:30。",
        "最近一次消费的小票。",
        "最少住两晚。",
        "第一时间回复您。",
        "请在第一排就座。",
        "唯一的入口在北门。",
        "最多可住 3 人。",
        "第一次入住请带身份证。",
        "最好提前一天预约。",
        "最好在 10:00 前告诉前台。",
        "最早 14:00 入住。",
        "最低消费 50 元。",
        "最新价格以小程序为准。",
        "我们会第一时间联系您。",
        "附近有国家级自然保护区。",
        "最佳观赏时间是三月。",
        "顾客第一是我们的宗旨。",
        "我们不敢说全国第一。",
        "酒店禁止赌博和毒品。",
        "请勿相信代开发票的信息。",
        "第一个路口左转。",
        "最后一班地铁 23:00。",
        "最方便的是坐地铁。",
        "一楼的顶级会员休息室。",
        "床最大 2 米宽。",
        "治愈系的小院。",
        "万能转换插头可以借。",
        "绝对不收押金。",
        "唯一的入口在东门。",
        "最便宜的办法是坐地铁。",
    ],
)
def test_that_everyday_words_are_fine(text: str) -> None:
    assert not _found(text)


def test_that_a_text_is_found_where_it_is_written(files: Files) -> None:
    files.write(
        "knowledge/a.yaml",
        "- id: a\n  question: 哪家最好\n  similar: [最便宜的房间]\n  answer:\n"
        "    - 您好。\n    - {type: text, text: 我们是全国第一品牌。}\n",
    )
    files.write("intents/a.yaml", "intent: a\nexamples: [投诉]\nreply: 世界级的服务。\n")
    files.write("intents/_texts.yaml", "robot: 我是助手。\ngreeting: 全网最好的酒店欢迎您\n")
    found = files.found("wording")
    assert sorted(map(where, found)) == [
        ("_texts.yaml", 2, "greeting"), ("a.yaml", 3, "reply"), ("a.yaml", 6, "answer"),
    ]  # fmt: skip
    assert {each.entries for each in found} == {("a",), ()}


def test_that_what_is_for_agents_alone_is_left_out(files: Files) -> None:
    files.write(
        "knowledge/a.yaml",
        "- {id: a, question: 客人问谁最好, auto: agents-only, answer: 【内部】别说全网最好。}\n",
    )
    assert not files.found("wording")


def test_that_cells_that_are_said_and_what_forms_say_are_looked_through(files: Files) -> None:
    files.write(
        "knowledge/tables/门店.csv",
        "门店,别名,早餐\n东店,全网最好那家,全城最好的早餐\n西店,,7:00\n",
    )
    files.write("knowledge/a.yaml", "- {question: 早餐几点, answer: '{门店.早餐}'}\n")
    files.write(
        "intents/a.yaml",
        "intent: a\nexamples: [订房]\nflow:\n  slots:\n"
        "    - {name: a, type: text, ask: 想住国家级酒店的哪一间？}\n"
        "    - {name: b, type: choice, ask: 哪种？, choices: [第一品牌大床房, 双床]}\n"
        "  confirm: 确认吗？\n  action: {handoff: 预订}\n",
    )
    found = files.found("wording")
    assert sorted(map(where, found)) == [
        ("a.yaml", 5, "flow"), ("a.yaml", 6, "flow"), ("门店.csv", 2, "早餐"),
    ]  # fmt: skip
    assert "表格“门店”里“东店”的“早餐”" in "".join(each.text for each in found)
