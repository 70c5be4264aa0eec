"""Whether a draft of the bot's says what a member of staff then wrote.

A measure for the assist report. It is careful rather than generous: "the same" needs the same
meaning by the encoder, no time or amount that contradicts, and the same yes or no. How often it
is right was measured on pairs that people labelled (tests/evaluation/test_likeness.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chatbot.dialogue.service import Mind
from chatbot.evaluation.particulars import (
    amounts,
    amounts_agree,
    denies,
    price_denied,
    shared_amounts,
)
from chatbot.matching.matcher import Matcher

#: "nothing": what was written answers no question, so that there is nothing to compare.
Verdict = Literal["same", "different", "nothing"]
#: Why it is not the same: another meaning, another time or amount, yes against no, free or paid.
Reason = Literal["", "meaning", "amounts", "denied", "charge"]

#: Another way to measure has another name: what was measured before is measured anew.
MEASURE = "2"
#: Centred similarities from which on two answers mean the same: less is enough where both name the
#: same time or amount.
_SHARED, _PLAIN = 0.40, 0.47
_LONGEST = 480
_POLITE = re.compile(
    r"您好|你好|亲+(?!子|自|戚|属)|在的|在呢|好的|好滴|收到|嗯+|不客气|不用谢|祝您[^,。;!?]*|谢谢[^,。;!?]*|感谢[^,。;!?]*"
    r"|(?:请|麻烦您?|您)?稍(?:等|候)(?:一下|片刻|下|哈|哦)?"
    r"|我?(?:这边)?(?:先|再|去|马上|现在)?(?:帮您|给您|为您|帮你)?(?:查|问|看|核实|确认|了解)(?:询)?(?:一?下|看)?(?:经理|店长|前台|同事)?"
    r"(?:后|再)?(?:再)?(?:回复|答复|告诉|联系)?您?(?=[,。;!?]|$)"
    r"|(?:马上|这就|立即)(?:为您|给您|帮您)(?:处理|查询|安排)"
    r"|(?:请问|麻烦问下)[^,。;!?]*|有什么(?:可以|能)?帮[^,。;!?]*|[^,。;!?]*(?:是多少呢?|是哪[^,。;!?]*|吗|呢)[?？]"
)
_MARKS = re.compile(r"[\W_]|哦|哈|呢|的|了|哟|呀|啊")
#: As much as is left of "好的哦" or a name.
_LEAST_LEFT = 3
#: A text of fewer letters has hardly a meaning of its own: of "七点到十点" the times tell.
_LONG_ENOUGH = 8


@dataclass(frozen=True, slots=True)
class Likeness:
    """What came of a comparison; ``similarity`` is the cosine of the centred vectors."""

    verdict: Verdict
    reason: Reason = ""
    similarity: float = 0.0


def compare(mind: Mind, draft: str, written: Sequence[str]) -> Likeness:
    """Compare a draft with the messages that a member wrote instead, by the matcher in force.

    What answers nothing ("您好，请稍等") is left out; the rest is compared as a whole and message
    by message, and the best counts: people answer in one and add what nobody asked.
    """
    normaliser = mind.dialogue.snapshot.normaliser
    said = [normaliser.normalise(text[:_LONGEST]).text for text in written]
    answers = [text for text in said if not answers_nothing(text)]
    matcher = mind.dialogue.snapshot.ranker.matcher
    if not answers or matcher is None:
        return Likeness("nothing")
    mine = normaliser.normalise(draft[:_LONGEST]).text
    whole = [",".join(answers)[:_LONGEST]] if len(answers) > 1 else []
    found = [_compare(mind, matcher, mine, text) for text in (*whole, *answers)]
    return max(found, key=lambda each: (each.verdict == "same", each.similarity))


def answers_nothing(text: str) -> bool:
    """Return whether a normalised message only greets, puts off or asks back."""
    return len(_core(text)) < _LEAST_LEFT and not denies(text) and not amounts(text)


def _core(text: str) -> str:
    """Return the letters of a message that say something."""
    return _MARKS.sub("", _POLITE.sub(" ", text))


def _compare(mind: Mind, matcher: Matcher, mine: str, theirs: str) -> Likeness:
    one, two = map(matcher.texts.centre, mind.encoder.encode([mine, theirs]))
    similarity, shared = float(one @ two), shared_amounts(theirs, mine)
    reason: Reason = ""
    if not amounts_agree(theirs, mine):
        reason = "amounts"
    elif denies(mine) != denies(theirs):
        reason = "denied"
    elif price_denied(theirs, mine):
        reason = "charge"
    tells_by_amounts = shared and len(_core(theirs)) < _LONG_ENOUGH
    if not reason and similarity < (_SHARED if shared else _PLAIN) and not tells_by_amounts:
        reason = "meaning"
    return Likeness("different" if reason else "same", reason, similarity)
