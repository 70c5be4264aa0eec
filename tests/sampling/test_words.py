"""What the pages say: nothing in vain, nothing missing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from chatbot.answers.calibration import Ground
from chatbot.insight.reliability_picture import CurveWords
from chatbot.store.samples import SampleVerdict
from chatbot.store.turn_labels import LabelSource
from chatbot.texts import make_texts

_CONSOLE = Path(__file__).parents[2] / "chatbot" / "console"
#: Captions whose names are put together, by the group.
_MADE = {
    "sample": {
        "title", "done_undone", "done_nothing", "done_met", "verdict_none",
        *(f"{name}_{each}" for name in ("verdict", "done") for each in get_args(SampleVerdict)),
        *(f"against_{each}" for each in ("open", "kept", "broken")),
        *(f"who_{each}" for each in ("customer", "bot", "staff")),
    },
    "workshop": {
        "title",
        *(f"done_{each}" for each in ("accept", "reject", "undone", "nothing", "moved")),
    },
    "calibration": {
        "title",
        *(f"ground_{each}" for each in get_args(Ground)),
        *(f"source_{each}" for each in get_args(LabelSource)),
        *(f"series_{each}" for each in ("left_out", "labels")),
        *(f"curve_{each}" for each in CurveWords.__dataclass_fields__),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", list(_MADE))
def test_that_every_caption_is_shown_and_every_one_shown_is_there(name: str) -> None:
    words, made = set(getattr(make_texts({}), f"{name}_words")), _MADE[name]
    files = [*(_CONSOLE / name).glob("*.py"), *(_CONSOLE / "templates" / name).glob("*.html")]
    used = "\n".join(path.read_text(encoding="utf-8") for path in files)
    named = set(re.findall(r"\bown\.(\w+)\b", used))
    named |= set(re.findall(r'(?:words\[|\bown\[|say\()"(\w+)"[,\])]', used))
    assert words - named - made == set()
    assert (named | made) - words == set()
