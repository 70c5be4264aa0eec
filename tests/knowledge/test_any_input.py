"""Whatever is in a file: all problems are told with file and line, and nothing else is raised."""

from __future__ import annotations

import contextlib
import os
import random
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from chatbot.errors import ContentError
from chatbot.knowledge.content import Content, load_content
from chatbot.knowledge.entry_files import read_entries
from chatbot.knowledge.problems import ContentErrors, Problems
from chatbot.understanding.normalise import Normaliser

_HAN = re.compile("[\u4e00-\u9fff]")
_FILES = {
    "knowledge/入住.yaml": """
category: 入住
entries:
  - id: late
    question: 可以延迟退房吗？
    similar: [能晚点退房吗, 退房时间能延到下午吗]
    not: [怎么提前退房]
    tags: ["意向:续住"]
    valid: {from: 2026-01-01, until: 2026-12-31}
    target: 0.98
    auto: ask
    owner: 小林
    review: 2026-06-01
    scope: [qijian]
    answer:
      - when: {tags: ["会员等级:金卡"], accounts: [qijian]}
        messages: 金卡可到 16:00，{顾客.称呼}。
      - messages:
          - {type: text, text: "{门店.早餐时间}，{助手.语气}"}
          - {type: image, file: _media/a.png}
          - {type: link, title: 券, desc: 点此, url: "https://www.example.com/{门店.代码}",
             image: _media/a.png}
          - {type: miniprogram, appid: wx0123, page: pages/x, title: 券, image: _media/a.png}
          - {type: menu, head: 还想了解, items: [可以延迟退房吗？]}
""",
    "knowledge/早餐.jsonl": '{"id": "b", "question": "早餐几点？", "answer": "七点", "target": 0.9}'
    '\n{"question": "有泳池吗？", "answer": ["有", "在二楼"], "valid": {"from": "2026-01-01"}}\n',
    "knowledge/发票.csv": "编号,问题,相似问,答案,适用条件,生效时间,链接,自动回答\n"
    "c,发票？,开票|开发票,金卡包邮,会员等级:金卡,2026/1/5,,是\n"
    "c,,,自取,,,票 https://e.cn _media/a.png,\n",
    "knowledge/行李.md": """
# 行李

## 能寄存行李吗？

- 编号：luggage
- 相似问：行李放哪
- 生效时间：2026/1/5
- 目标正确率：0.9

可以，请到前台。

![](_media/a.png)
---
第二条
```yaml
- {type: menu, head: 还想了解, items: [早餐几点？]}
```
""",
    "knowledge/tables/门店.csv": "门店,代码,别名,城市,早餐时间\n西湖店,A1,湖边|西湖,杭州,7:00\n"
    "外滩店,B1,,上海,\n",
    "knowledge/accounts.toml": """
[default]
assistant = "小栖"
variables = {语气 = "哦", 品牌 = '云栖'}
menu = ["早餐几点？"]
hours = ["周一至周五 09:00-18:00", "节假日 10:00-16:00"]
percent = 50
[accounts.qijian]
id = "wk1"
mode = "assist"
[calendar]
holidays = ["2026-10-01/2026-10-07"]
workdays = ["2026-10-10"]
""",
    "intents/订房.yaml": """
intent: book
title: 订房
examples: [我要订房]
keywords: [订房, "/订.{0,3}房/"]
exclude: [取消订房]
tags: ["意向:预订"]
stage: 售前
reply: [{type: text, text: "好的"}]
handoff: {skill: 预订, priority: high}
flow:
  slots:
    - {name: date, type: date, ask: 哪天？, title: 日期, min: 0, max: 365}
    - {name: nights, type: number, ask: 几晚？, default: 1, min: 1, max: 30, units: [晚]}
    - {name: room, type: choice, ask: 房型？, choices: {大床: [大床房], 双床: [标间]}}
    - {name: at, type: time, ask: 几点？, min: "11:00", optional: true}
    - {name: phone, type: phone, ask: 电话？}
  confirm: "{date} {nights} {room}？"
  action: {webhook: "https://pms.example/b", timeout: 3, on_error: 抱歉}
  done: 好的 {result.number}
""",
    "intents/_texts.yaml": "greeting: 好，{顾客.称呼}\n"
    "form_weekdays: [日, 二, 三, 四, 五, 六, 七]\n"
    "welcome_items: [早餐几点？]\nhuman_phrases: [转人工, /真人$/]\n",
    "intents/_tags.yaml": "意向: {title: 意向, exclusive: true, lifetime: 90d}\n会员等级:\n阶段:\n",
}
_PNG = b"\x89PNG\r\n\x1a\n"
#: What people and programs leave where something else is expected.
_PIECES = [
    "",
    " ",
    "\t",
    "\n",
    ":",
    "- ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "\\",
    "|",
    ">",
    "&a ",
    "*a",
    "!x ",
    "%",
    "null",
    "true",
    "yes",
    "1",
    "-1",
    "1e999",
    ".inf",
    ".nan",
    "NaN",
    "Infinity",
    "0x1F",
    "1_000",
    "1:30",
    "9" * 5000,
    "2026-13-45",
    "0001-01-01",
    "{a.b}",
    "{}",
    "{{",
    "｛门店.x｝",
    "\x00",
    "\ufeff",
    "\u2028",
    "\u0085",
    "𠮷",
    "长" * 700,
    "/(/",
    "//",
    "/(?i)/",
    "[" * 2000,
    "{" * 2000,
    "---\n",
    "<<: *a\n",
    "=1+1",
    "，",
    "：",
    "wk1",
    "_media/../a.png",
    "_media/\x00.png",
    "https://",
    "https://[",
    "http://e.cn:99999999/",
]


def _write(root: Path, changed: dict[str, bytes] | None = None) -> None:
    (root / "knowledge/_media").mkdir(parents=True)
    (root / "knowledge/_media/a.png").write_bytes(_PNG)
    for name, text in _FILES.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((changed or {}).get(name, text.encode()))


def _read(root: Path) -> Content:
    return load_content(root / "knowledge", root / "intents")


def _assert_told(error: ContentErrors) -> None:
    assert error.problems
    for problem in error.problems:
        assert problem.path.exists()
        assert problem.line >= 0
        assert _HAN.search(problem.text), problem


def test_that_the_valid_files_are_read(tmp_path: Path) -> None:
    _write(tmp_path)
    content = _read(tmp_path)
    assert len(content.entries) == 5
    assert Content.from_json(content.to_json()) == content


@st.composite
def _mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    name = draw(st.sampled_from(sorted(_FILES)))
    text = _FILES[name]
    for _ in range(draw(st.integers(1, 3))):
        words = list(re.finditer(r"[^\s,:{}\[\]\"'=]+|.", text))
        if not words:
            break
        word = draw(st.sampled_from(words))
        piece = draw(st.sampled_from(_PIECES) | st.text(max_size=5))
        kept = draw(st.sampled_from(["", word[0], word[0] * 2]))
        text = text[: word.start()] + kept + piece + text[word.end() :]
    raw = text.encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.binary(max_size=3)) + raw[at:]
    return name, raw


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(_mutated())
def test_that_a_changed_file_is_read_or_its_problems_are_told(changed: tuple[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        _write(Path(folder), dict([changed]))
        try:
            content = _read(Path(folder))
        except ContentErrors as error:
            _assert_told(error)
        else:
            assert Content.from_json(content.to_json()) == content


def _workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("门店", "代码", "城市", "早餐时间"),
        ("西湖店", "A1", "杭州", 0.3),
        ("外滩店", 7, None, "七点"),
    ):
        sheet.append(row)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_that_a_broken_workbook_is_a_problem(tmp_path: Path) -> None:
    _write(tmp_path)
    good, chance = _workbook(), random.Random(1)
    path = tmp_path / "knowledge/tables/门店.csv"
    path.unlink()
    for _ in range(150):
        raw = bytearray(good)
        for _ in range(chance.choice([1, 2, 20])):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        path.with_suffix(".xlsx").write_bytes(raw[: chance.choice([len(raw), len(raw) // 2, 40])])
        try:
            _read(tmp_path)
        except ContentErrors as error:
            _assert_told(error)


def _entry_parts() -> dict[str, bytes]:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["编号", "问题", "答案", "分类", "复核日期"])
    sheet.append(["x1", "能寄存行李吗？", "可以", "行李", date(2026, 5, 1)])
    sheet.append([7, "收费吗？", "=1+1", None, 0.5])
    sheet.merge_cells("D2:D3")
    stream = BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_that_a_broken_workbook_of_entries_is_a_problem(tmp_path: Path) -> None:
    """Bytes of its parts change, and of the archive."""
    parts, chance = _entry_parts(), random.Random(2)
    path = tmp_path / "行李.xlsx"
    for number in range(200):
        changed = dict(parts)
        name = chance.choice(sorted(parts))
        raw = bytearray(parts[name])
        for _ in range(chance.choice([1, 3, 30])):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        changed[name] = bytes(raw)
        stream = BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for each, content in changed.items():
                archive.writestr(each, content)
        whole = bytearray(stream.getvalue())
        if number % 4 == 0:
            whole[chance.randrange(len(whole))] ^= 1
        path.write_bytes(whole)
        problems = Problems()
        read_entries(path, Normaliser(), problems)
        if problems.found:
            _assert_told(ContentErrors(problems.found))


@pytest.mark.parametrize("deep", ["[" * 50_000, "{a: " * 50_000, "- " * 50_000, '{"a":' * 50_000])
@pytest.mark.parametrize(
    "name", ["knowledge/入住.yaml", "knowledge/早餐.jsonl", "intents/_tags.yaml"]
)
def test_that_depth_is_a_problem(tmp_path: Path, name: str, deep: str) -> None:
    _write(tmp_path, {name: deep.encode()})
    with pytest.raises(ContentErrors):
        _read(tmp_path)


@pytest.mark.parametrize("bracket", ["x = " + "[" * 50_000, "x" + ".x" * 2_000 + " = 1"])
def test_that_depth_in_toml_is_a_problem(tmp_path: Path, bracket: str) -> None:
    _write(tmp_path, {"knowledge/accounts.toml": bracket.encode()})
    with pytest.raises(ContentErrors):
        _read(tmp_path)


def test_that_aliases_of_aliases_do_not_explode(tmp_path: Path) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    bomb = "\n".join([*levels, "entries:", "  - {question: 问, answer: *a29, similar: *a29}"])
    _write(tmp_path, {"knowledge/入住.yaml": bomb.encode()})
    with pytest.raises(ContentErrors) as caught:
        _read(tmp_path)
    _assert_told(caught.value)


def test_that_a_link_to_a_folder_above_is_told_once(tmp_path: Path) -> None:
    _write(tmp_path)
    for name in ("甲", "乙"):
        (tmp_path / "knowledge" / name).symlink_to(tmp_path / "knowledge")
    (tmp_path / "knowledge/丙.yaml").symlink_to("丙.yaml")
    with pytest.raises(ContentErrors) as caught:
        _read(tmp_path)
    assert [problem.path.name for problem in caught.value.problems] == ["丙.yaml", "乙", "甲"]


def test_that_a_pipe_is_no_file(tmp_path: Path) -> None:
    _write(tmp_path)
    os.mkfifo(tmp_path / "knowledge/管道.yaml")
    with pytest.raises(ContentErrors, match="不是文件"):
        _read(tmp_path)


@pytest.mark.parametrize(
    "closed",
    [
        "knowledge",
        "knowledge/tables",
        "knowledge/_media",
        "knowledge/入住.yaml",
        "knowledge/accounts.toml",
        "knowledge/tables/门店.csv",
        "intents",
        "intents/_texts.yaml",
        "intents/_tags.yaml",
        ".",
    ],
)
def test_that_what_may_not_be_read_is_told(tmp_path: Path, closed: str) -> None:
    _write(tmp_path)
    _read(tmp_path)  # what is imported on the way may not be readable for others
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o777)
    (tmp_path / closed).chmod(0)
    with _nobody(tmp_path), pytest.raises(ContentError) as caught:
        _read(tmp_path)
    (tmp_path / closed).chmod(0o777)
    assert _HAN.search(str(caught.value))


@contextlib.contextmanager
def _nobody(path: Path) -> Iterator[None]:
    """Lose the rights of root for a while, which may read everything."""
    closed = [folder for folder in path.parents if folder.stat().st_mode & 0o111 != 0o111]
    modes = {folder: folder.stat().st_mode for folder in closed}
    for folder in closed:
        folder.chmod(0o711)
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(65534)
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for folder, mode in modes.items():
            folder.chmod(mode)


def test_that_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="没有这个文件或文件夹"):
        _read(tmp_path)
