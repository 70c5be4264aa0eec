"""What the pages of gaps say: nothing in vain, nothing missing."""

from __future__ import annotations

import re
from pathlib import Path

from chatbot.console.gaps.reader import STATES
from chatbot.curation.gaps.asked import KINDS
from chatbot.texts import make_texts

_CONSOLE = Path(__file__).parents[2] / "chatbot" / "console"
#: Captions whose names are put together.
_MADE = {
    *(f"kind_{each}" for each in KINDS), *(f"state_{each}" for each in STATES),
    *(f"none_{each}" for each in STATES),
    *(f"decided_{each}" for each in ("similar", "new_entry", "not_ours")),
    *(f"act_{each}_done" for each in (
        "merge", "split", "move", "similar", "new_entry", "not_ours", "reopen")),
    *(f"done_{each}" for each in ("similar", "entry", "not_ours", "reopen", "merge", "move")),
}  # fmt: skip


def _used() -> str:
    files = [*(_CONSOLE / "gaps").glob("*.py"), *(_CONSOLE / "templates").rglob("*.html")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_that_every_caption_is_shown_and_every_one_shown_is_there() -> None:
    words, used = set(make_texts({}).gap_words), _used()
    named = set(re.findall(r"\bg\.(\w+)\b", used)) | set(re.findall(r'_words\["(\w+)"\]', used))
    assert words - named - _MADE == {"title"} - named
    assert words >= _MADE
    assert named & words == {each for each in named if each in words}
    assert set(re.findall(r"\bg\.(\w+)\b", (_CONSOLE / "templates/gaps/gap.html").read_text(
        "utf-8"))) <= words  # fmt: skip
