"""What the pages of intents, words and tables say: nothing in vain, nothing missing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from chatbot.console.curating.intent_form import LINES, PRIORITIES
from chatbot.dialogue.decision import Action
from chatbot.store.edits import EditState
from chatbot.texts import make_texts
from chatbot.understanding.confusions import Slip

_CONSOLE = Path(__file__).parents[2] / "chatbot" / "console"
_FIELDS = (*LINES, "title", "stage", "reply", "flow")
#: Captions whose names are put together.
_MADE = {
    *(f"field_{each}" for each in (*_FIELDS, "name", "handoff", "columns", "rows")),
    *(f"hint_{each}" for each in _FIELDS),
    *(f"priority_{each}" for each in PRIORITIES),
    *(f"action_{each}" for each in get_args(Action)),
    *(f"state_{each}" for each in get_args(EditState)),
    *(f"slip_{each}" for each in get_args(Slip)),
    *(f"evidence_{each}" for each in ("examples", "keywords")),
    *(f"done_{each}" for each in ("saved", "retired", "undone", "decided")),
    "field_words", "field_synonyms",
}  # fmt: skip
#: Said in the navigation.
_SHOWN_ABOVE = {"intents", "tables", "words"}


def test_that_every_caption_is_shown_and_every_one_shown_is_there() -> None:
    files = [
        *(_CONSOLE / "curating").glob("*.py"),
        *(_CONSOLE / "templates/curating").glob("*.html"),
    ]
    used = "\n".join(path.read_text("utf-8") for path in files)
    words = set(make_texts({}).curate_words)
    named = set(re.findall(r"\bown\.(\w+)\b", used)) | set(re.findall(r'words\["(\w+)"\]', used))
    named -= {"get"}
    assert words - named - _MADE - _SHOWN_ABOVE == set()
    assert (named | _MADE) - words == set()
