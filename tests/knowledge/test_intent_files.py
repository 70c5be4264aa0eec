from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.answers.messages import ImageMessage, TextMessage
from chatbot.knowledge.content import Content, load_content, read_content
from chatbot.knowledge.intent_files import read_intents, read_texts
from chatbot.knowledge.media_files import MediaFolder
from chatbot.knowledge.problems import ContentErrors, Problems
from chatbot.texts import make_texts, text_keys
from chatbot.understanding.intents import IntentHandoff
from chatbot.understanding.normalise import Normaliser

_INTENT = """\
intent: complaint
title: 投诉
examples: [我要投诉]
keywords: [投诉, "/差评|曝光/"]
exclude: [投诉建议邮箱]
tags: ["意向:有投诉"]
stage: 售后
reply: 非常抱歉。
handoff: {skill: 售后, priority: high}
flow: null
"""


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    return folder


def _load(knowledge: Path, **files: str) -> Content:
    intents = knowledge.parent / "intents"
    intents.mkdir()
    for name, text in files.items():
        (intents / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_content(knowledge, intents)


def _problem(knowledge: Path, **files: str) -> str:
    with pytest.raises(ContentErrors) as caught:
        _load(knowledge, **files)
    (problem,) = caught.value.problems
    return f"{problem.line}: {problem.key}: {problem.text}"


def test_that_every_key_of_an_intent_is_read(knowledge: Path) -> None:
    (intent,) = _load(knowledge, complaint=_INTENT).intents
    assert (intent.name, intent.title) == ("complaint", "投诉")
    assert intent.keywords == ("投诉", "/差评|曝光/")
    assert intent.stage == "售后"
    assert intent.reply == (TextMessage("非常抱歉。"),)
    assert intent.handoff == IntentHandoff("售后", "high")


def test_that_a_missing_folder_means_no_intents(knowledge: Path) -> None:
    content = load_content(knowledge, knowledge.parent / "none")
    assert content.intents == ()
    assert content.texts == {}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("stage: 售后", "stage: [售后]"), "7: stage: 应为文字，这里写的是列表"),
        (("reply: 非常抱歉。", "reply: '{x}'"), "8: reply: “{x}”不是变量"),
        (("priority: high", "priority: asap"), "9: handoff.priority: 应为 normal、high、urgent"),
        (("投诉, ", '"/(投诉/", '), "4: keywords: “/(投诉/”不是正确的 RE2 正则表达式"),
        (("[投诉建议邮箱]", '["/x*/"]'), "5: exclude: “/x*/”会匹配所有消息"),
        (("[投诉建议邮箱]", '["！"]'), "5: exclude: “！”里没有文字或数字"),
        (("handoff: {skill: 售后, priority: high}", "handoff: 售后"), "9: handoff: 应为含 skill"),
        (("title:", "titel:"), "2: titel: 没有这个键；可以写的有：intent、title"),
        (("intent: complaint\n", ""), "1: intent: 缺少这一项"),
    ],
)
def test_that_a_mistake_in_an_intent_is_named(
    change: tuple[str, str], problem: str, knowledge: Path
) -> None:
    assert problem in _problem(knowledge, complaint=_INTENT.replace(*change))


def test_that_an_intent_that_can_never_be_found_is_refused(knowledge: Path) -> None:
    assert "至少写一个" in _problem(knowledge, empty="intent: empty\n")


def test_that_a_repeated_intent_is_refused(knowledge: Path) -> None:
    assert "“complaint”已经写在" in _problem(knowledge, a=_INTENT, b=_INTENT)


def test_that_a_list_is_no_intent(knowledge: Path) -> None:
    assert "应为一个意图，每行写“键: 值”" in _problem(knowledge, a="- x\n")


def test_that_a_brand_overrides_single_texts(knowledge: Path) -> None:
    own = "greeting: 您好，我是店小二。\nwelcome_items: [几点退房？]\nhuman_phrases: [找管家]\n"
    texts = make_texts(_load(knowledge, _texts=own).texts)
    assert texts.greeting == "您好，我是店小二。"
    assert texts.welcome_items == ("几点退房？",)
    assert texts.human_phrases == ("找管家",)
    assert texts.thanks == make_texts({}).thanks


@pytest.mark.parametrize(
    ("own", "problem"),
    [
        ("greetings: 你好\n", "1: greetings: 没有这个键；可以写的有：greeting、"),
        ("greeting: [你好]\n", "1: greeting: 应为文字，这里写的是列表"),
        ("welcome_items: 几点退房\n", "1: welcome_items: 应为列表，这里写的是文字"),
        ("human_phrases: ['/(/']\n", "1: human_phrases: “/(/”不是正确的 RE2 正则表达式"),
        ("- 你好\n", "1: : 应为话术的键和文字"),
    ],
)
def test_that_a_mistake_in_the_texts_is_named(own: str, problem: str, knowledge: Path) -> None:
    assert problem in _problem(knowledge, _texts=own)


def test_that_a_brand_words_single_languages_and_kinds_of_small_talk(knowledge: Path) -> None:
    own = (
        "handed_over_foreign: {ja: 少々お待ちください。}\n"
        "case_words: {kind_call: 电话回访}\n"
        "access_words: {desk: 服务台, link_user: '链接{number}'}\n"
        "praise: '{助手.名字}谢谢您。'\npraise_phrases: [顶呱呱, '/杠+的/']\n"
    )
    content = _load(knowledge, _texts=own)
    texts, shipped = make_texts(content.texts), make_texts({})
    assert texts.handed_over_foreign == {
        **shipped.handed_over_foreign, "ja": "少々お待ちください。"
    }  # fmt: skip
    own_words = {"desk": "服务台", "link_user": "链接{number}"}
    assert texts.access_words == {**shipped.access_words, **own_words}
    assert texts.praise_phrases == ("顶呱呱", "/杠+的/")
    assert texts.case_words == {**shipped.case_words, "kind_call": "电话回访"}
    again = type(content).from_json(content.to_json())
    assert make_texts(again.texts) == texts


@pytest.mark.parametrize(
    ("own", "problem"),
    [
        ("handed_over_foreign: 稍等\n", "1: handed_over_foreign: 应为含 en、ja"),
        ("handed_over_foreign: {xx: a}\n", "handed_over_foreign.xx: 没有这个键；可以写的有：en"),
        ("handed_over_foreign: {en: '{hours}'}\n", "1: handed_over_foreign: 这里不能用花括号"),
        ("case_words: {kind_call: '{x}'}\n", "1: case_words: kind_call 里不能有别的花括号"),
        ("case_words: {due: 到了}\n", "1: case_words: due 里必须写有 {customer}、{due}、{title}，"),
        ("case_words: {dues: 到了}\n", "case_words.dues: 没有这个键；可以写的有：kind_reply"),
        ("case_reply_phrases: ['/(/']\n", "1: case_reply_phrases: “/(/”不是正确的 RE2"),
        ("clarify_foreign: {en: ''}\n", "1: clarify_foreign.en: 应为文字，这里是空的"),
        ("access_words: {desk_: a}\n", "access_words.desk_: 没有这个键；可以写的有：desk"),
        ("access_words: {desk: '{x}'}\n", "access_words: desk 里不能有别的花括号"),
        ("access_words: {signed_in_as: 您好}\n", "access_words: signed_in_as 里必须写有 {name}"),
        (
            "access_words: {signed_in_as: '{name}{x}'}\n",
            "signed_in_as 里必须写有 {name}，",
        ),
        ("abuse_phrases: ['/(/']\n", "1: abuse_phrases: “/(/”不是正确的 RE2 正则表达式"),
        ("robot_phrases: ['！']\n", "1: robot_phrases: “！”里没有文字或数字"),
    ],
)
def test_that_a_mistake_in_small_talk_or_a_language_is_named(
    own: str, problem: str, knowledge: Path
) -> None:
    assert problem in _problem(knowledge, _texts=own)


def test_that_a_brand_words_single_captions_of_a_piece(knowledge: Path) -> None:
    own = (
        "assist_stages: [咨询, 成交]\n"
        "assist_words: {root: 快捷回复, which_row: '先选{table}',"
        " stray_brace: '{written} {{不}}行'}\n"
    )
    texts, shipped = make_texts(_load(knowledge, _texts=own).texts), make_texts({})
    assert texts.assist_stages == ("咨询", "成交")
    assert texts.assist_words == {
        **shipped.assist_words, "root": "快捷回复", "which_row": "先选{table}",
        "stray_brace": "{written} {{不}}行",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("own", "problem"),
    [
        ("assist_words: {en: a}\n", "assist_words.en: 没有这个键；可以写的有：root"),
        ("assist_words: {root: ''}\n", "1: assist_words.root: 应为文字，这里是空的"),
        ("assist_words: {root: '{x}'}\n", "assist_words: root 里不能有别的花括号"),
        ("assist_words: {which_row: 选店}\n", "which_row 里必须写有 {table}，而且不能有别的花括号"),
        ("assist_words: {which_row: '{table}{顾客.称呼}'}\n", "必须写有 {table}，而且不能有别的"),
        ("assist_words: {which_row: '{table}{'}\n", "必须写有 {table}，而且不能有别的"),
    ],
)
def test_that_a_mistake_in_the_captions_of_a_piece_is_named(
    own: str, problem: str, knowledge: Path
) -> None:
    assert problem in _problem(knowledge, _texts=own)


def test_that_an_intent_names_the_replies_that_help_agents(knowledge: Path) -> None:
    entry = "- {id: sorry, question: q, answer: a}\n"
    (knowledge / "faq.yaml").write_text(entry, encoding="utf-8")
    intent = "intent: complaint\nkeywords: [投诉]\ndrafts: [sorry]\n"
    content = _load(knowledge, a=intent)
    assert content.intents[0].drafts == ("sorry",)
    assert type(content).from_json(content.to_json()) == content


def test_that_a_reply_that_there_is_not_is_warned_of(knowledge: Path) -> None:
    intents = knowledge.parent / "intents"
    intents.mkdir()
    intent = "intent: complaint\nkeywords: [投诉]\ndrafts: [gone]\n"
    (intents / "a.yaml").write_text(intent, encoding="utf-8")
    [warning] = read_content(knowledge, intents).warnings
    assert (warning.line, warning.key) == (3, "drafts")
    assert warning.text == "没有编号为“gone”的知识条目，客服看不到这条草稿"


def test_that_every_text_has_a_comment_where_it_is_used() -> None:
    source = Path(__file__).parents[2] / "chatbot" / "texts" / "zh.yaml"
    lines = source.read_text(encoding="utf-8").splitlines()
    commented = False
    for line in lines:
        if line.startswith("#"):
            commented = True
        elif not line:
            commented = False
        elif not line.startswith(" "):
            assert commented, line
    assert len(text_keys()) > 40


@pytest.mark.parametrize(
    ("line", "objection"),
    [
        ("welcome_items: [一, 二, 三, 四, 五, 六, 七, 八, 九, 十]", "最多 9 个"),
        ("rating_reasons: [一, 二, 三, 四, 五, 六, 七, 八, 九, 十]", "最多 9 个"),
        (f"rating_reasons: [{'慢' * 43}]", "最多 128 字节"),
        (f"rating_good_caption: {'好' * 43}", "最多 128 字节"),
        ("rating_told: 客户不满意", "必须写有"),
        ('page_why_answer: "回答 {qestion}"', "必须写有"),
        ('card_assigned: "给 {servicer"', "必须写有"),
        ('page_empty: "{助手.名字}没有消息"', "不能用花括号"),
        ('greeting: "您好{"', "“{”不是变量"),
        ('greeting: "您好 {name}"', "“{name}”不是变量"),
        ('row_head: "哪家店？"', "必须写有 {table}"),
    ],
)
def test_that_a_text_that_could_not_be_sent_or_shown_is_refused(
    tmp_path: Path, line: str, objection: str
) -> None:
    (tmp_path / "_texts.yaml").write_text(f"# 用语\n{line}\n", encoding="utf-8")
    problems = Problems()
    read_texts(tmp_path, Normaliser(), problems)
    (problem,) = problems.found
    assert problem.line == 2
    assert objection in str(problem)


def test_that_a_brand_may_name_assistant_and_customer(tmp_path: Path) -> None:
    text = "greeting: '{顾客.称呼}好，我是{助手.名字}'\nrow_head: '{助手.名字}问：哪个{table}？'\n"
    (tmp_path / "_texts.yaml").write_text(text, encoding="utf-8")
    problems = Problems()
    read = read_texts(tmp_path, Normaliser(), problems)
    assert problems.found == []
    assert read["greeting"] == "{顾客.称呼}好，我是{助手.名字}"


def test_that_a_reply_shows_a_picture_of_the_knowledge_folder(
    knowledge: Path, tmp_path: Path
) -> None:
    (knowledge / "_media").mkdir()
    (knowledge / "_media" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    text = "intent: way\nexamples: [怎么走]\nreply: [请看图, {type: image, file: _media/a.png}]\n"
    intents = tmp_path / "intents"
    intents.mkdir()
    (intents / "way.yaml").write_text(text, encoding="utf-8")
    problems = Problems()
    (intent,) = read_intents(intents, Normaliser(), problems, media=MediaFolder(knowledge))
    assert problems.found == []
    assert intent.reply == (TextMessage("请看图"), ImageMessage("_media/a.png"))
