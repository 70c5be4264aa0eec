"""What the pages of those who run the desk say: nothing in vain, nothing missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatbot.accounts.mode import MODES
from chatbot.console.roster_pages import captions
from chatbot.evaluation.assist_report import AssistReport
from chatbot.knowledge.agent_fields import RULE_KEYS
from chatbot.knowledge.content import load_content
from chatbot.knowledge.problems import ContentErrors
from chatbot.texts import make_texts

_CONSOLE = Path(__file__).parents[2] / "chatbot" / "console"
#: Captions whose names are put together.
_MADE = {
    *(f"{begin}_{mode}" for mode in MODES for begin in ("mode", "means", "become")),
    *(f"{begin}_{key}" for key in RULE_KEYS for begin in ("rule", "means")),
    *(f"count_{each}" for each in AssistReport.__dataclass_fields__),
    *(f"{begin}_{name}" for name in ("userid", "name", "skills", "stores", "hours", "shifts",
      "capacity") for begin in ("field", "hint", "none")),
    *(f"differs_{why}" for why in ("meaning", "amounts", "denied", "charge", "judged")),
    *(f"state_{each}" for each in ("on_duty", "off_duty", "away")),
    *(f"severity_{each}" for each in ("problem", "warning", "note")),
    "unit_minutes", "unit_seconds", "unit_hour", "report_answer_none", "report_alike_none",
}  # fmt: skip


def _used() -> str:
    files = [*_CONSOLE.rglob("*.py"), *_CONSOLE.rglob("*.html")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_that_every_caption_is_shown_somewhere() -> None:
    used = _used()
    for key in make_texts({}).admin_words:
        key_ = key.removeprefix("done_") if key.startswith("done_") else key
        found = re.search(rf"\bown\.{key}\b|[\"']{key}[\"']|done={key_}\b|\b{key_}['\" ]", used)
        assert found or key in _MADE, key


def test_that_every_caption_that_is_put_together_is_there() -> None:
    words = make_texts({}).admin_words
    assert _MADE - words.keys() == {"none_userid"}
    assert captions(words)["capacity"] == "同时接待"


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("admin_words: {agents_title: 谁在接待}\n", ""),
        ("admin_words: {agents_titel: 谁}\n", "admin_words.agents_titel：没有这个键"),
        ("admin_words: {report_answer: 很多}\n", "report_answer 里必须写有"),
        ("admin_words: {save: '{x}'}\n", "save 里不能有别的花括号"),
    ],
)
def test_that_a_brand_words_single_captions(tmp_path: Path, written: str, problem: str) -> None:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "intents").mkdir()
    (tmp_path / "knowledge" / "faq.yaml").write_text("- {question: 在吗, answer: 在}\n", "utf-8")
    (tmp_path / "intents" / "_texts.yaml").write_text(written, "utf-8")
    if problem:
        with pytest.raises(ContentErrors, match=re.escape(problem)):
            load_content(tmp_path / "knowledge", tmp_path / "intents")
        return
    content = load_content(tmp_path / "knowledge", tmp_path / "intents")
    assert make_texts(content.texts).admin_words["agents_title"] == "谁在接待"
