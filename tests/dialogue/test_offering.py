"""What a menu that asks back lists, and that its probability is that of its lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from chatbot.answers.entries import Entry, Validity, plain_answer
from chatbot.answers.ranking import Assessment
from chatbot.dialogue.decision import MenuReply
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.offering import likely_among, lines_to_offer
from chatbot.dialogue.outcomes import frame
from chatbot.dialogue.ranked import candidates_by_meaning
from chatbot.dialogue.steps import ASK_FROM
from chatbot.knowledge.content import Content
from tests.dialogue.stage import ENTRIES, Stage

_LAST_YEAR = Validity(date(2025, 1, 1), date(2025, 2, 1))


@pytest.fixture(scope="module")
def dialogue(stage: Stage) -> Dialogue:
    return stage.dialogue(Content(ENTRIES))


def _assessed(confidence: float, known: float, *others: float) -> Assessment:
    candidates = tuple(zip(ENTRIES, (confidence, *others), strict=False))
    return Assessment(0, confidence, known, candidates, {})


def _offered(dialogue: Dialogue, assessment: Assessment) -> tuple[list[str], float]:
    snapshot = dialogue.snapshot
    candidates = candidates_by_meaning(assessment)
    known = replace(frame(snapshot, ""), candidates=candidates)
    lines = lines_to_offer(snapshot, known)
    return [line.faq_id for line in lines], likely_among(assessment, lines)


def test_that_no_line_is_offered_that_is_hardly_right(dialogue: Dialogue) -> None:
    assert _offered(dialogue, _assessed(0.0, 0.79, 0.0, 0.0)) == ([], 0.0)
    lines, likely = _offered(dialogue, _assessed(0.01, 0.9, 0.01, 0.01))
    assert (lines, likely) == ([], 0.0)


def test_that_no_menu_is_likelier_than_its_lines(dialogue: Dialogue) -> None:
    lines, likely = _offered(dialogue, _assessed(0.04, 0.79, 0.04, 0.01))
    assert lines == ["late", "early"]
    assert likely <= 0.08 < ASK_FROM
    lines, likely = _offered(dialogue, _assessed(0.6, 0.8, 0.1, 0.01))
    assert lines == ["late", "early"]
    assert likely == pytest.approx(0.6 + 0.85 * 0.2 - 0.01)


@pytest.mark.parametrize("said", ["五一有什么优惠活动吗", "劳动节有没有什么活动"])
def test_that_beside_an_entry_out_of_date_nothing_absurd_is_offered(
    said: str, stage: Stage
) -> None:
    over = Entry("spring", said, plain_answer("有庙会。"), ("节日有活动吗",), valid=_LAST_YEAR)
    entries = (*(each for each in ENTRIES if each.id != "may-day"), over)
    decision = stage.say(said, dialogue=stage.dialogue(Content(entries))).decision
    shares = {each.faq_id: each.confidence for each in decision.candidates}
    offered = decision.menu.items[:-1] if isinstance(decision.menu, MenuReply) else ()
    assert all(shares[item.id.removeprefix("faq:")] >= 0.02 for item in offered)
    assert decision.faq_id != "spring"
