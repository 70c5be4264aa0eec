"""The sample brand is a model for others: it has nothing to find."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.answers.entries import Entry, plain_answer
from chatbot.curation.linting.findings import SEVERITIES, TITLES, Finding, Findings
from chatbot.curation.linting.linter import lint
from chatbot.knowledge.content import Content, read_content
from chatbot.wecom.splitting import split_text
from tests.curation.linting.bench import TODAY, Files, build
from tests.sample import ROOT


@pytest.mark.timeout(300)  # where nothing was embedded before, all of the sample is
def test_that_the_sample_is_clean(vectors_dir: Path) -> None:
    reading = read_content(ROOT / "knowledge", ROOT / "intents")
    dialogue = build(reading.content, vectors_dir)
    findings = lint(reading.content, dialogue, today=TODAY, split=split_text, places=reading.places)
    assert findings == Findings()


def test_that_a_stored_snapshot_of_nothing_has_one_note() -> None:
    (found,) = lint(Content(), None, today=TODAY, split=split_text).found
    assert (found.kind, found.severity) == ("few-similar", "note")


def test_that_an_entry_of_hundreds_of_wordings_is_found(files: Files) -> None:
    similar = "\n".join(f"    - 第 {number} 号房几点打扫" for number in range(520))
    files.write(
        "knowledge/a.yaml",
        f"- id: a\n  question: 几点打扫\n  answer: 九点。\n  similar:\n{similar}\n",
    )
    (found,) = files.found("crowded")
    assert found.place is not None
    assert found.place.line == 4
    entries = (Entry("b", "几点打扫", plain_answer("九点"), tuple("甲乙丙丁")),)
    kinds = [
        each.kind for each in lint(Content(entries), None, today=TODAY, split=split_text).found
    ]
    assert "crowded" not in kinds


def test_that_errors_come_first_and_kinds_in_their_order() -> None:
    kinds = list(TITLES)[::-1]
    found = [Finding(kind, severity, "", "") for kind in kinds for severity in SEVERITIES]
    ordered = Findings.of(found)
    assert [each.kind for each in ordered.errors] == list(TITLES)
    assert ordered.counts() == dict.fromkeys(SEVERITIES, len(TITLES))
