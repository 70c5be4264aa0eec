from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chatbot.answers.entries import Condition, Entry, Validity, Variant, plain_answer
from chatbot.answers.messages import (
    ImageMessage,
    LinkMessage,
    MenuMessage,
    MiniprogramMessage,
    TextMessage,
)
from chatbot.errors import ContentError
from chatbot.knowledge.entry_files import read_entries
from chatbot.knowledge.media_files import MediaFolder
from chatbot.knowledge.problems import ContentErrors, Problems
from chatbot.understanding.normalise import Normaliser

_GOOD = "- question: 几点退房？\n  answer: 12:00。\n"
_PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
_NORMALISER = Normaliser()


def _entries(root: Path) -> tuple[Entry, ...]:
    problems = Problems()
    entries = read_entries(root, _NORMALISER, problems)
    problems.raise_any()
    return entries


def _problems(folder: Path) -> list[str]:
    with pytest.raises(ContentErrors) as caught:
        _entries(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def _write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_that_every_key_is_read(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "a.yaml",
        """\
- id: late-checkout
  question: 可以延迟退房吗？
  similar: [能晚点退房吗, 退房时间能延到下午吗]
  not: [怎么提前退房]
  answer:
    - 会员可免费延迟至 14:00。
    - {type: text, text: 请提前告诉前台。}
  category: 退房
  tags: ["意向:续住", 来源：问答]
  valid: {from: 2026-01-01, until: "2026-12-31"}
  target: 0.98
  auto: ask
  owner: 小林
  review: 2026-06-01
  scope: [qijian]
""",
    )
    (entry,) = _entries(tmp_path)
    assert entry.id == "late-checkout"
    assert entry.wordings == ("可以延迟退房吗？", "能晚点退房吗", "退房时间能延到下午吗")
    assert entry.excluded == ("怎么提前退房",)
    assert entry.answer == plain_answer("会员可免费延迟至 14:00。", "请提前告诉前台。")
    assert entry.category == "退房"
    assert entry.tags == ("意向:续住", "来源:问答")
    assert entry.valid == Validity(date(2026, 1, 1), date(2026, 12, 31))
    assert (entry.target, entry.auto) == (0.98, "ask")
    assert (entry.owner, entry.review, entry.scope) == ("小林", date(2026, 6, 1), ("qijian",))
    assert Entry.from_json(entry.to_json()) == entry


def test_that_files_are_read_in_order_with_category_from_entry_file_or_folder(
    tmp_path: Path,
) -> None:
    _write(tmp_path, "b.yaml", "category: 文件\nentries:\n" + _GOOD.replace("几点", "最晚几点"))
    _write(tmp_path, "a/x.yml", _GOOD)
    _write(tmp_path, "a/y/z.jsonl", '{"question": "早餐几点？", "answer": "6:30。"}\n\n')
    assert [(entry.question, entry.category) for entry in _entries(tmp_path)] == [
        ("几点退房？", "a"),
        ("早餐几点？", "a/y"),
        ("最晚几点退房？", "文件"),
    ]


def test_that_names_which_are_no_entries_are_skipped(tmp_path: Path) -> None:
    for name in ("_tests.yaml", "README.md", ".x.yaml.swp", "tables/房型.csv", "_media/x.png"):
        _write(tmp_path, name, "this: [is, no, entry")
    _write(tmp_path, "a.yaml", _GOOD)
    assert len(_entries(tmp_path)) == 1


def test_that_a_single_file_is_knowledge_too(tmp_path: Path) -> None:
    assert len(_entries(_write(tmp_path, "a.yaml", _GOOD))) == 1


def test_that_an_empty_file_has_no_entries(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "# later\n")
    _write(tmp_path, "b.jsonl", "\n")
    assert _entries(tmp_path) == ()


def test_that_an_entry_without_id_keeps_the_one_derived_from_its_question(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.yaml", _GOOD)
    (before,) = _entries(tmp_path)
    path.write_text("- question: 早餐几点？\n  answer: 6:30。\n" + _GOOD.replace("12", "13"))
    assert _entries(tmp_path)[1].id == before.id


def test_that_equal_questions_without_ids_are_told_apart(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", _GOOD * 2)
    first, second = _entries(tmp_path)
    assert second.id == f"{first.id}-2"


@pytest.mark.parametrize("written", ["yes", "on", "'yes'", "true", "Yes"])
def test_that_a_bare_yes_is_a_word_for_auto(written: str, tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", f"{_GOOD}  auto: {written}\n")
    assert _entries(tmp_path)[0].auto == "yes"


def test_that_an_answer_holds_every_kind_of_message(tmp_path: Path) -> None:
    _write(tmp_path, "_media/a.png", _PNG)
    _write(tmp_path, "_media/b/c.jpg", b"\xff\xd8\xff\xe0")
    _write(
        tmp_path,
        "a.yaml",
        """\
- question: q
  answer:
    - 您好，{顾客.称呼}
    - {type: image, file: _media/a.png}
    - {type: link, title: 券, desc: 点此购买, url: "https://a.cn/x?y=1", image: _media/b/c.jpg}
    - {type: miniprogram, appid: wx12ab, page: pages/x, title: 订房, image: _media/a.png}
    - {type: menu, head: 还想了解, items: [早餐几点？, 有停车场吗？], tail: 都可以问我}
""",
    )
    problems, media = Problems(), MediaFolder(tmp_path)
    (entry,) = read_entries(tmp_path, _NORMALISER, problems, media=media)
    assert problems.found == []
    assert entry.messages == (
        TextMessage("您好，{顾客.称呼}"),
        ImageMessage("_media/a.png"),
        LinkMessage("券", "https://a.cn/x?y=1", "_media/b/c.jpg", "点此购买"),
        MiniprogramMessage("wx12ab", "pages/x", "订房", "_media/a.png"),
        MenuMessage("还想了解", ("早餐几点？", "有停车场吗？"), "都可以问我"),
    )
    assert list(media.files) == ["_media/a.png", "_media/b/c.jpg"]
    assert media.files["_media/a.png"] == _PNG


def test_that_a_single_message_may_stand_without_a_list(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "- question: q\n  answer: {type: menu, head: h, items: [i]}\n")
    assert _entries(tmp_path)[0].messages == (MenuMessage("h", ("i",)),)


def test_that_an_answer_has_variants(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "a.yaml",
        """\
- question: q
  answer:
    - when: {tags: ["会员等级:金卡"], accounts: [qijian]}
      messages: 免费延迟至 16:00。
    - when: {language: 日语}
      messages: 14 時まで延長できます。
    - when: {language: en, accounts: [qijian]}
      messages: You may stay until 14:00.
    - messages: [免费延迟至 14:00。, 请提前告诉前台。]
""",
    )
    assert _entries(tmp_path)[0].answer == (
        Variant((TextMessage("免费延迟至 16:00。"),), Condition(("会员等级:金卡",), ("qijian",))),
        Variant((TextMessage("14 時まで延長できます。"),), Condition(language="ja")),
        Variant(
            (TextMessage("You may stay until 14:00."),), Condition((), ("qijian",), language="en")
        ),
        Variant((TextMessage("免费延迟至 14:00。"), TextMessage("请提前告诉前台。"))),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- question: 几点退房？\n", "第 1 行 answer：缺少这一项"),
        ("- answer: x\n", "第 1 行 question：缺少这一项"),
        ("- question:\n  answer: x\n", "第 1 行 question：应为文字，这里是空的"),
        ("- question: ''\n  answer: x\n", "第 1 行 question：应为文字，这里是空的"),
        ("- question: ？！\n  answer: x\n", "第 1 行 question：“？！”里没有文字或数字"),
        (
            "- question: 12306\n  answer: x\n",
            "第 1 行 question：应为文字，这里写的是数字“12306”；请加引号",
        ),
        ("- just text\n", "第 1 行：应为一个条目，写明 question 和 answer，这里写的是文字"),
        ("just text\n", "第 1 行：应为条目的列表，每条以“- ”开头，这里写的是文字"),
        ("category: c\n", "第 1 行 entries：缺少这一项"),
        ("entries: x\n", "第 1 行 entries：应为条目的列表"),
        ("- question: q\n\tanswer: x\n", "第 2 行：缩进用了制表符"),
        ("- question: 'q\n  answer: x\n", "不是正确的 YAML：引号没有成对"),
        ("- &a [*a]\n", "第 1 行：这个值引用了自己"),
        ("- question: a\x07\n  answer: x\n", "第 1 行：有看不见的控制字符 U+0007"),
        ("- ? [a]\n  : b\n", "第 1 行：键必须是一个词"),
    ],
)
def test_that_a_mistake_is_named_with_its_line_and_key(
    text: str, problem: str, tmp_path: Path
) -> None:
    _write(tmp_path, "faq.yaml", text)
    (found,) = _problems(tmp_path)
    assert found.startswith("faq.yaml")
    assert problem in found


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("similar: 退房", "similar：应为列表，这里写的是文字“退房”"),
        ("similar: [a, [b]]", "similar：应为文字，这里写的是列表"),
        (
            "colour: red",
            (
                "colour：没有这个键；可以写的有：id、question、similar、not、answer、category、"
                "tags、valid、target、auto、owner、review、scope"
            ),
        ),
        ("question: p", "question：第 1 行已经写过这个键"),
        (
            "valid: 2026-01-01",
            "valid：应为含 from、until 的一组键和值，这里写的是日期“2026-01-01”",
        ),
        (
            "valid: {from: 2026-02-30}",
            "valid.from：应为 2026-01-31 这样的日期，这里写的是日期“2026-02-30”",
        ),
        (
            "valid: {from: 2026-02-03, until: 2026-02-01}",
            "valid.until：2026-02-01 早于开始的 2026-02-03",
        ),
        ("tags: [续住]", "tags：应写成“组:标签”，如 意向:续住，这里写的是“续住”"),
        ("id: a b", "id：应为最多 64 个字的名称，中间没有空格"),
        ("not: [Q！]", "not：“Q！”也是这一条自己的问法，不能同时排除"),
        ("target: 95", "target：应大于 0.5、小于 1，如 0.98，这里写的是 95"),
        ("target: '0.9'", "target：应为数字，这里写的是文字“0.9”"),
        ("auto: no", "auto：应为 yes、ask、agents-only 之一，这里写的是是非值“no”"),
        ("review: soon", "review：应为 2026-01-31 这样的日期，这里写的是文字“soon”"),
        ("scope: qijian", "scope：应为列表，这里写的是文字“qijian”"),
    ],
)
def test_that_a_mistake_in_a_further_key_is_named(line: str, problem: str, tmp_path: Path) -> None:
    _write(tmp_path, "faq.yaml", f"- question: q\n  answer: x\n  {line}\n")
    (found,) = _problems(tmp_path)
    assert found.startswith(f"faq.yaml 第 3 行 {problem}")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("' '", "：应为文字，这里是空的"),
        ("[]", "：应有 1 到 5 条消息，这里有 0 条"),
        ("[a, b, c, d, e, f]", "：应有 1 到 5 条消息，这里有 6 条"),
        ("", "：应为文字或消息，这里是空的"),
        ("{type: text}", ".text：缺少这一项"),
        ("{text: x}", ".type：缺少这一项；应为 text、image、link、miniprogram、menu 之一"),
        ("[{type: video, text: x}]", ".type：没有“video”这种消息；应为 text"),
        ("[{type: text, text: x, file: y}]", ".file：text 消息没有这一项；可以写的有：type、text"),
        ("'早餐 {早餐时间}'", "：“{早餐时间}”不是变量：花括号只能用来写"),
        ("'{{门店.早餐}}'", "：“{”不是变量"),
        ("'a } b'", "：“}”不是变量"),
        ("'｛门店.早餐｝'", "：“｛”不是变量"),
        ("'{a.b.c}'", "：“{a.b.c}”不是变量"),
        ("[{type: image}]", ".file：缺少这一项：图片在 _media 里的路径"),
        ("[{type: image, file: x.png}]", ".file：“x.png”应写成 _media/图片名"),
        ("[{type: image, file: _media/../a.png}]", ".file：“_media/../a.png”应写成"),
        ("[{type: image, file: _media/none.png}]", ".file：找不到图片 _media/none.png"),
        ("[{type: image, file: _media/text.png}]", ".file：图片 _media/text.png 不是 PNG 或 JPG"),
        ("[{type: image, file: _media/large.png}]", ".file：图片 _media/large.png 超过 2 MB"),
        ("[{type: image, file: _media/away.png}]", ".file：图片 _media/away.png 指向 _media 以外"),
        (
            "[{type: link, title: t, url: 'www.a.cn', image: _media/a.png}]",
            ".url：应为 http:// 或 https:// 开头的网址，这里写的是“www.a.cn”",
        ),
        ("[{type: link, title: t, url: 'https://a.cn'}]", ".image：缺少这一项"),
        (
            f"[{{type: link, title: {'长' * 43}, url: 'https://a.cn', image: _media/a.png}}]",
            ".title：最多 128 字节（一个汉字 3 字节），这里有 129 字节",
        ),
        (
            "[{type: miniprogram, appid: x, page: p, title: t, image: _media/a.png}]",
            ".appid：应为 wx 开头的小程序 AppID，这里写的是“x”",
        ),
        ("[{type: menu, head: h, items: []}]", ".items：应为 1 到 9 个问题的列表"),
        (
            "[{type: menu, head: h, items: [a, b, c, d, e, f, g, h, i, j]}]",
            ".items：应为 1 到 9 个问题的列表",
        ),
        (f"[{{type: menu, head: h, items: [{'问' * 43}]}}]", ".items：最多 128 字节"),
        ("[{type: menu, items: [a]}]", ".head：缺少这一项"),
        ("[{when: {tags: ['a:b']}, messages: x}]", ".when：最后一项不能有条件（when）"),
        ("[{messages: x}, {messages: y}]", ".when：缺少这一项；只有最后一项可以没有 when"),
        (
            "[{when: {}, messages: x}, {messages: y}]",
            ".when.tags：至少要写 tags、accounts 或 language",
        ),
        ("[{when: {language: null}, messages: x}, {messages: y}]", ".when.tags：至少要写 tags、"),
        (
            "[{when: {language: xx}, messages: x}, {messages: y}]",
            ".when.language：没有“xx”这种语言",
        ),
        ("[{when: {language: [en]}, messages: x}, {messages: y}]", ".when.language：应为文字"),
        ("[{when: {tags: ['a:b']}}, {messages: y}]", ".messages：缺少这一项"),
        ("[x, {messages: y}]", "：有 when 或 messages 的列表里，每一项都要写 messages"),
        ("[{when: {tags: [金卡]}, messages: x}, {messages: y}]", ".when.tags：应写成“组:标签”"),
    ],
)
def test_that_a_mistake_in_an_answer_is_named(answer: str, problem: str, tmp_path: Path) -> None:
    for name, content in (("a", _PNG), ("text", b"text"), ("large", _PNG + b"\0" * 2**21)):
        _write(tmp_path, f"_media/{name}.png", content)
    (tmp_path / "_media" / "away.png").symlink_to(_write(tmp_path, "_outside.png", _PNG))
    _write(tmp_path, "faq.yaml", f"- question: q\n  answer: {answer}\n")
    (found,) = _problems(tmp_path)
    assert found.startswith(f"faq.yaml 第 2 行 answer{problem}")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "第 2 行：不是正确的 JSON"),
        ("[]", "第 2 行：应为一个条目，写明 question 和 answer，这里写的是列表"),
        ('{"question": "q"}', "第 2 行 answer：缺少这一项"),
        ('{"question": "q", "answer": "x", "answer": "y"}', "第 2 行 answer：第 2 行已经写过"),
        ('{"question": true, "answer": "x"}', "第 2 行 question：应为文字，这里写的是是非值"),
    ],
)
def test_that_a_bad_json_line_is_named(line: str, problem: str, tmp_path: Path) -> None:
    _write(tmp_path, "faq.jsonl", f'{{"question": "a", "answer": "b"}}\n{line}\n')
    (found,) = _problems(tmp_path)
    assert problem in found


def test_that_a_repeated_id_is_refused_with_the_place_of_the_first(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "- id: x\n  question: q\n  answer: a\n")
    _write(tmp_path, "b.jsonl", '\n{"id": "x", "question": "p", "answer": "b"}')
    (found,) = _problems(tmp_path)
    assert found.startswith("b.jsonl 第 2 行 id：“x”已经用在 ")
    assert found.endswith("a.yaml 第 1 行，编号不能重复")


@pytest.mark.parametrize(
    ("raw", "guess"),
    [
        (_GOOD.encode("gb18030"), "看起来是 GBK，请另存为 UTF-8"),
        (_GOOD.encode("utf-16"), "看起来是 UTF-16"),
        (b"\xff\xff\xff", "文件不是 UTF-8 编码，请另存为"),
    ],
)
def test_that_a_file_in_another_encoding_is_told_so(raw: bytes, guess: str, tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", raw)
    (found,) = _problems(tmp_path)
    assert guess in found


def test_that_a_byte_order_mark_and_windows_lines_are_fine(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", b"\xef\xbb\xbf" + _GOOD.replace("\n", "\r\n").encode())
    assert _entries(tmp_path)[0].question == "几点退房？"


def test_that_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, "faq.docx", "x")
    (found,) = _problems(tmp_path)
    assert found == "faq.docx：这里不读这种文件，只读 .yaml、.yml、.jsonl、.csv、.xlsx、.md"


def test_that_all_problems_are_found_and_twenty_are_shown(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "- question: q\n" * 30)
    with pytest.raises(ContentErrors) as caught:
        _entries(tmp_path)
    assert len(caught.value.problems) == 30
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "……还有 10 个问题"


def test_that_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="没有这个文件或文件夹"):
        _entries(tmp_path / "none")


def test_that_deep_nesting_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "[" * 5000)
    _write(tmp_path, "b.jsonl", "[" * 100_000)
    assert len(_problems(tmp_path)) == 2


def test_that_an_alias_bomb_is_read_in_no_time(tmp_path: Path) -> None:
    lines = ["- &a0 [x, x]"]
    lines += [f"- &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    _write(tmp_path, "a.yaml", "\n".join(lines))
    assert len(_problems(tmp_path)) == 30
