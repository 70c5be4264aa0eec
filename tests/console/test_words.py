"""What the desk says: every caption is used, a brand words single ones, customers' text is tame."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatbot.console.harmless import harmless, one_line
from chatbot.console.line_words import case_words
from chatbot.knowledge.content import load_content
from chatbot.knowledge.problems import ContentErrors
from chatbot.texts import make_texts

_CONSOLE = Path(__file__).parents[2] / "chatbot" / "console"
#: Captions whose names are put together: the beginning, and what the code says of the rest.
_MADE = (
    "refused_", "orders_", "way_told_", "list_", "empty_", "item_", "key_", "kind_", "judged_",
    "evidence_", "problem_", "conflict_", "done_", "note_", "live", "offline", "stale", "said_",
    "time_",
)  # fmt: skip


def _used() -> str:
    files = [*_CONSOLE.rglob("*.py"), *_CONSOLE.rglob("*.js"), *_CONSOLE.rglob("*.html")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_that_every_caption_is_shown_somewhere() -> None:
    used = _used()
    texts = make_texts({})
    for key in (*texts.desk_words, *texts.sidebar_words):
        found = re.search(rf"\bwords\.{key}\b|[\"'`]{key}[\"'`]", used)
        assert found or key.startswith(_MADE), key


def test_that_every_caption_the_scripts_name_is_there() -> None:
    texts = make_texts({})
    words = {*texts.desk_words, *texts.sidebar_words, "states", "empty", "cases"}
    words |= {"who_customer", "who_bot", "who_staff", "who_note"}
    scripts = "\n".join(path.read_text("utf-8") for path in (_CONSOLE / "static").glob("*.js"))
    named = set(re.findall(r"\bwords\.(\w+)\b", scripts)) | set(
        re.findall(r'say\("(\w+)"', scripts)
    )
    assert named - words == set()


def test_that_every_problem_the_server_tells_has_words() -> None:
    told = set(re.findall(r'DeskProblem\(\s*\w+(?:\.\w+)?,\s*"(\w+)"', _used()))
    words = make_texts({}).desk_words
    assert told
    assert {f"problem_{code}" for code in told} <= words.keys()


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("desk_words: {take: 我来}\n", ""),
        ("desk_words: {by_person: '{name} 在服务'}\n", ""),
        ("desk_words: {by_person: 有人服务}\n", "by_person 里必须写有 {name}"),
        ("desk_words: {take: '{name}'}\n", "take 里不能有别的花括号"),
        ("desk_words: {taken: 我来}\n", "desk_words.taken：没有这个键；可以写的有：take"),
        ("desk_words: 我来\n", "desk_words：应为含 title"),
    ],
)
def test_that_a_brand_words_single_captions(tmp_path: Path, written: str, problem: str) -> None:
    for name, text in (
        ("knowledge/a.yaml", "- {id: a, question: 早餐几点？, answer: 七点}\n"),
        ("intents/_texts.yaml", written),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    def load() -> object:
        return load_content(tmp_path / "knowledge", tmp_path / "intents").texts

    if problem:
        with pytest.raises(ContentErrors, match=re.escape(problem)):
            load()
        return
    texts = make_texts(load())  # type: ignore[arg-type]
    assert texts.desk_words["end"] == "结束"
    assert "我来" in texts.desk_words["take"] or "在服务" in texts.desk_words["by_person"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("你好\n世界\t！", "你好\n世界\t！"),
        ("a\r\nb\rc\u2028d\u2029e\x0bf\x85g", "a\nb\nc\nd\ne\nf\ng"),
        ("\x00\x07\x1b[31m\x7f", "␀␇␛[31m␡"),
        ("价格\u202e001\u202c元", "价格‹202E›001‹202C›元"),
        ("\u2066x\u2069\ufeff\x9b", "‹2066›x‹2069›‹FEFF›‹009B›"),
        ("\ud800孤", "‹D800›孤"),
        ("👩‍👩‍👧 مرحبا", "👩‍👩‍👧 مرحبا"),
    ],
)
def test_that_what_is_not_to_be_seen_becomes_a_sign(written: str, shown: str) -> None:
    assert harmless(written) == shown


def test_that_one_line_is_short_and_has_no_breaks() -> None:
    assert one_line("a\n\n b\u2028c", 10) == "a b c"
    assert one_line("长" * 10_000, 20) == "长" * 19 + "…"


def test_that_every_caption_of_cases_is_shown_and_there() -> None:
    captions = case_words(make_texts({}))
    scripts = "\n".join(path.read_text("utf-8") for path in (_CONSOLE / "static").glob("*.js"))
    named = set(re.findall(r"\bcaptions\.(\w+)\b", scripts))
    assert named - captions.keys() == set()
    made = ("time_", "kind_", "state_", "today_", "changed_", "told_")
    for key in make_texts({}).case_page_words:
        found = re.search(rf"\bcaptions\.{key}\b|[\"'`]{key}[\"'`]|\bcases\.{key}\b", _used())
        assert found or key.startswith(made), key
