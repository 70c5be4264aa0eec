"""Short messages that go on from the last answer: 那多少钱, 第二个呢, 那周末呢."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from chatbot.answers.entries import Entry, texts_of
from chatbot.answers.ranking import Assessment
from chatbot.dialogue.answering import give_answer
from chatbot.dialogue.choices import pointed_at
from chatbot.dialogue.decision import Decision
from chatbot.dialogue.ranked import candidates_by_meaning
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Outcome
from chatbot.dialogue.understood import LONGEST_MATCHED, Understood
from chatbot.matching.encoder import Vectors
from chatbot.understanding.normalise import NormalText

#: A message of so many letters may be understood only together with the one before it.
_SHORT = 6
_LONGEST = 14
#: What refers to something that was said.
_POINTING = re.compile(
    r"^(?:那|这|它|他们|还有|还|然后|另外|再|上面|刚才|刚刚|前面|第[一二三四五])|呢$"
)
#: What only connects the message with the one before it.
_CONNECTING = re.compile(
    r"^(?:(?:那么|那个|那边|那里|那|这个|这边|这里|这种|这|它们?|他们|还有|然后|另外|上面|刚才|刚刚|前面)(?:的话|说的)?[,]?)+"
)
_PARTICLES = re.compile(r"[呢啊呀哦吧嘛]+$")
_ASKS = re.compile(
    r"[吗么嘛?]|什么|啥|怎|咋|如何|多少|多久|多大|几|哪|谁|何时|有没有|(.)不\1|没有?$|不$"
)
#: A thing to be told, named and nothing else, or asked for with 呢.
_NAMES = re.compile(
    r"呢[?]?$|^(?:那|它|那么)*的?(?:价格|价钱|费用|收费|时间|地址|位置|流程|手续)[?]?$"
)

#: Least probability of what goes on from the last answer for being asked about.
_WORTH_ASKING = 0.1
#: What a question may be after, and how the wordings or the answer of an entry show that it tells.
_KINDS = (
    (r"多少钱|收费|价格|价钱|费用|怎么收|要钱|贵|免费|花钱", r"[元钱费价]"),
    (
        r"几点|什么时候|时间|多久|何时|几天|哪天",
        r"[0-9] ?[点时天日]|[0-9][::][0-9]|小时|分钟|时间|几点|多久|什么时候",
    ),
    (
        r"在哪|哪里|哪儿|几楼|几层|位置|地址|怎么走",
        r"[0-9一二三四五六七八九] ?[楼层号]|前台|大堂|位于|旁边|在哪",
    ),
    (r"预约|预订|提前", r"预约|预订|提前"),
    (r"怎么(?!样)|如何|咋(?!样)|流程|手续", r"怎么|如何|流程|请|点|联系"),
)


def picks_from_menu_before(snapshot: Snapshot, turn: Understood) -> int | None:
    """Return the entry (by number) that is asked for by its place in the menu seen last."""
    last = turn.last
    if last is None or turn.context.offered or turn.utterance.menu_id is not None:
        return None
    place = pointed_at(turn.message.key, len(last.menu)) if len(last.menu) > 1 else None
    return None if place is None else snapshot.by_id.get(last.menu[place])


def with_follow_up(snapshot: Snapshot, turn: Understood) -> Understood:
    """Return ``turn`` with the form in which it goes on from the last answer, if it may do so."""
    entry = _last_entry(snapshot, turn)
    if entry is None or turn.parts or turn.refused or turn.utterance.menu_id is not None:
        return turn
    asked = turn.asked
    points = _POINTING.search(asked.key) is not None
    if len(asked.key) > (_LONGEST if points else _SHORT):
        return turn
    core = _core(asked.text.rstrip("?!。,"))
    form = snapshot.normaliser.normalise(_put_in(snapshot, entry, core))
    form = snapshot.words.canonical(form)
    if form.is_empty:
        return turn
    key = form.key[:LONGEST_MATCHED]
    return replace(turn, follow_up=NormalText(form.text[:LONGEST_MATCHED], key))


def follow_up(
    snapshot: Snapshot, turn: Understood, vectors: Mapping[str, Vectors]
) -> Assessment | None:
    """Return what the message is about if it goes on from the last answer.

    Entries of its category alone count. What was just answered, whose words the form has, would
    always lead; it is meant again only if it tells what is asked, and surely. ``vectors`` has a
    unit row for the form.
    """
    last, entry, form = turn.last, _last_entry(snapshot, turn), turn.follow_up
    if last is None or entry is None or form is None:
        return None
    row = np.stack([vectors[form.text]])
    elsewhere = frozenset(
        number for number, other in enumerate(snapshot.entries) if other.category != entry.category
    )
    if _asks_something(turn.asked) and _tells(entry, _core(turn.asked.text)):
        again = snapshot.ranker.assess((form,), row, turn.barred | elsewhere)
        if again.best is not None and again.confidence >= snapshot.threshold_of(again.best):
            return again
    said = frozenset(snapshot.by_id[each] for each in last.faq_ids if each in snapshot.by_id)
    further = snapshot.ranker.assess((form,), row, turn.barred | elsewhere | said)
    return further if further.best is not None else None


def _asks_something(message: NormalText) -> bool:
    """Return whether a short message asks, and does not only remark on the answer: 也太贵了吧."""
    return _ASKS.search(_core(message.text)) is not None or _NAMES.search(message.text) is not None


def _tells(entry: Entry, core: str) -> bool:
    """Return whether an entry is about what a short question asks, by its kind of question."""
    words = "".join((*entry.wordings, *texts_of(entry.messages)))
    return any(re.search(asked, core) and re.search(told, words) for asked, told in _KINDS)


def answer_follow_up(
    snapshot: Snapshot, turn: Understood, known: Decision, assessment: Assessment | None
) -> Outcome | None:
    """Answer what goes on from the last answer, if that is sure; else None."""
    if assessment is None or assessment.best is None or turn.follow_up is None:
        return None
    threshold = snapshot.threshold_of(assessment.best)
    entry = snapshot.entries[assessment.best]
    if assessment.confidence < threshold or entry.auto != "yes":
        return None
    known = as_follow_up(snapshot, known, assessment)
    reason = f"as {turn.follow_up.text}: confidence {assessment.confidence} >= {threshold}"
    return give_answer(snapshot, turn, known, assessment.best, reason, "follow-up")


def leads(snapshot: Snapshot, turn: Understood, alone: Assessment, further: Assessment) -> bool:
    """Return whether the message is rather what it is after the last answer than by itself.

    Neither is sure. A message that does not say what it is about means little by itself.
    """
    if further.confidence < _WORTH_ASKING:
        return False
    says_little = not snapshot.parts.has_topic(turn.asked.text)
    return says_little or further.confidence > alone.confidence


def as_follow_up(snapshot: Snapshot, known: Decision, assessment: Assessment) -> Decision:
    """Return ``known`` with what the message is about as one that goes on from the last answer."""
    if assessment.best is None:
        return known
    return replace(
        known,
        confidence=assessment.confidence,
        candidates=candidates_by_meaning(assessment),
        threshold=snapshot.threshold_of(assessment.best),
    )


def _last_entry(snapshot: Snapshot, turn: Understood) -> Entry | None:
    last = turn.last
    number = snapshot.by_id.get(last.faq_ids[-1]) if last and last.faq_ids else None
    return None if number is None else snapshot.entries[number]


def _core(text: str) -> str:
    """Return what a message adds to the one before it: 周末 of 那周末呢."""
    return _PARTICLES.sub("", _CONNECTING.sub("", text))


def _put_in(snapshot: Snapshot, entry: Entry, core: str) -> str:
    """Return the message with what it leaves out.

    A new thing (周末) takes its place in the question before, a new question (多少钱) is asked
    about what that was about; 还有呢 asks for more about it.
    """
    question = snapshot.normaliser.normalise(entry.question).text
    if not core or _ASKS.search(core):
        return f"{snapshot.parts.topic(question)}{core}"
    return f"{core}{question}"
