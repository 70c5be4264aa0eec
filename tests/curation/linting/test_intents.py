from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chatbot.curation.linting.linter import lint
from chatbot.understanding.intent_head import IntentHead
from chatbot.wecom.splitting import split_text
from tests.curation.linting.bench import TODAY, Files, build, where
from tests.sample import load_sample

_COMPLAINT = (
    "intent: complaint\ntitle: 投诉\nexamples:\n  - 我要投诉\n  - {example}\nreply: 抱歉。\n"
)
_PRAISE = "intent: praise\ntitle: 夸奖\nexamples: [你们酒店三楼会议室的服务真好, 太棒了]\n{acts}\n"


def _two(files: Files, example: str, acts: str = "reply: 谢谢。") -> Files:
    files.write("knowledge/a.yaml", "- {id: a, question: 早餐几点, answer: 七点}\n")
    files.write("intents/a.yaml", _PRAISE.format(acts=acts))
    return files.write("intents/b.yaml", _COMPLAINT.format(example=example))


@pytest.mark.parametrize(
    "example", ["你们酒店三楼会议室的服务真好！", "你们酒店三楼会议室的服务真的好"]
)
def test_that_an_example_of_two_intents_is_found(files: Files, example: str) -> None:
    (found,) = _two(files, example).found("same-example")
    assert (where(found), found.intents) == (("b.yaml", 5, "examples"), ("complaint", "praise"))


@pytest.mark.parametrize(
    "example", ["你们酒店四楼会议室的服务真好二", "你们酒店三楼会议室的服务真不好"]
)
def test_that_an_example_of_other_particulars_is_none(files: Files, example: str) -> None:
    assert not _two(files, example).found("same-example")


def test_that_intents_which_only_give_tags_may_share_examples(files: Files) -> None:
    _two(files, "太棒了", acts="tags: ['意向:好评']")
    assert files.found("same-example")
    files.write("intents/b.yaml", "intent: b\nexamples: [太棒了]\ntags: ['意向:满意']\n")
    assert not files.found("same-example")


def test_that_a_draft_that_is_not_there_is_found(files: Files) -> None:
    files.write("knowledge/a.yaml", "- {id: a, question: 早餐几点, answer: 七点}\n")
    files.write("intents/a.yaml", "intent: x\nexamples: [投诉]\nreply: 好\ndrafts:\n  - a\n  - b\n")
    (found,) = files.found("missing-draft")
    assert where(found) == ("a.yaml", 6, "drafts")


def test_that_an_example_in_the_wrong_intent_is_found(vectors_dir: Path) -> None:
    content = load_sample()
    moved = "没人送毛巾 催了两次"
    intents = [
        replace(each, examples=(*each.examples, moved)) if each.name == "price-inquiry" else each
        for each in content.intents
    ]
    changed = replace(content, intents=tuple(intents))
    findings = lint(changed, build(changed, vectors_dir), today=TODAY, split=split_text)
    found = [each for each in findings.found if each.kind == "nearer-intent"]
    assert [each.intents for each in found] == [("price-inquiry", "service-late")]
    assert moved in found[0].text


def test_that_leaving_out_at_once_is_leaving_out_one_by_one() -> None:
    keys = ["我要投诉", "投诉你们", "服务太差了", "多少钱一晚", "房价多少", "一晚多少钱"]
    rows = np.random.default_rng(1).normal(size=(6, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    labels = np.array([0, 0, 0, 1, 1, 1])
    at_once = IntentHead(keys, rows, labels).left_out()
    for at in range(len(keys)):
        # A label of none for a text with weight: the same phrases, and its own label not learnt.
        others = np.delete(np.arange(6), at)
        kernel = IntentHead(keys, rows, labels)._kernel(
            IntentHead(keys, rows, labels)._phrases.table(keys)
        )
        inner = kernel[np.ix_(others, others)]
        target = np.eye(2)[labels[others]]
        alone = kernel[at, others] @ np.linalg.solve(inner, target)
        assert at_once[at] == pytest.approx(alone, abs=1e-6)
