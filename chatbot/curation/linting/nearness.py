"""Wordings that mean rather what another entry is about, told by the matcher that answers.

A wording is asked as if it were not there. That it then leads elsewhere happens to one in six of
good ones or more, and says little. Worth reading is only where the bot would answer with the other
entry, and nothing else in its own entry speaks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.material import Asked, Material, called, same_answer
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching import fuzzy
from chatbot.matching.matcher import Matcher
from chatbot.matching.neighbours import Neighbourhood

#: How many of the nearest are looked at for one of the same entry and one of another.
_LOOKED_AT = 16
_AT_ONCE = 500
#: Wordings that are asked by the whole matcher, at most: those that look wrong the most.
_MOST_ASKED = 4000
#: What the best entry's kernel score has to reach, and the own entry's may not pass. With that,
#: more than half of the wordings put into a wrong entry of ``benchmarks/ths`` (10 similar questions
#: an entry) are found and 2 in 1,000 others told of, most of them rightly; docs/linter.md.
_PLAIN, _STRANGE = 0.46, 0.05
#: From this centred cosine on two wordings ask for the same thing.
_SAME_MATTER = 0.76
_SHOWN = 3
_MOVE = "问的其实是后者，就挪过去；真是这一条，就多写两个像它的问法，并写进后者的 not。"
_TELL_APART = "这一条多写几个像它的相似问，并写进后者的 not；分不开的两条，不如合并成一条。"

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Nearness:
    """For each of the texts ``numbers`` its nearest of the same entry and of another, by cosine.

    ``rivals`` are the numbers of the latter, -1 where none is near.
    """

    numbers: Numbers
    own: Floats
    other: Floats
    rivals: Numbers


def nearness(matcher: Matcher, about: frozenset[int] | None = None) -> Nearness:
    """Look at the nearest of every text of ``matcher``, or of the texts of the labels ``about``."""
    labels = np.array([matcher.label_of(number) for number in range(len(matcher))], dtype=np.int64)
    asked = np.arange(len(labels))
    if about is not None:
        asked = asked[np.isin(labels, sorted(about))]
    parts = [
        _nearest(matcher.texts, labels, asked[start : start + _AT_ONCE])
        for start in range(0, max(1, len(asked)), _AT_ONCE)
    ]
    return Nearness(
        asked,
        np.concatenate([part.own for part in parts]),
        np.concatenate([part.other for part in parts]),
        np.concatenate([part.rivals for part in parts]),
    )


def _nearest(texts: Neighbourhood, labels: Numbers, numbers: Numbers) -> Nearness:
    near = texts.nearest_to_each(numbers, _LOOKED_AT)
    found, cosines = near.numbers, near.cosines
    theirs = labels[found]
    present = (found >= 0) & (found != numbers[:, None])
    mine = present & (theirs == labels[numbers][:, None])
    others = present & (theirs != labels[numbers][:, None])
    own = np.where(mine, cosines, -1.0).max(axis=1)
    at = np.where(others, cosines, -1.0).argmax(axis=1)
    rows = np.arange(len(numbers))
    any_other = others.any(axis=1)
    rivals = np.where(any_other, found[rows, at], -1)
    return Nearness(numbers, own, np.where(any_other, cosines[rows, at], -1.0), rivals)


def pairs_alike(material: Material, matcher: Matcher, near: Nearness) -> set[tuple[int, int]]:
    """Return the entries, two by two, that are asked for in words of much the same meaning.

    Not those that may not meet, and not those that an admin has told apart.
    """
    found = set()
    for at in np.flatnonzero(near.other >= _SAME_MATTER).tolist():
        number, rival = int(near.numbers[at]), int(near.rivals[at])
        one, other = matcher.label_of(number), matcher.label_of(rival)
        if fuzzy.same_particulars(matcher.texts.key_of(number), matcher.texts.key_of(rival)):
            found.add((min(one, other), max(one, other)))
    return {pair for pair in found if material.meet(*pair) and not _told_apart(material, *pair)}


def _told_apart(material: Material, one: int, other: int) -> bool:
    refused = material.reader.wordings.refused
    keys = material.reader.wordings.question_key
    return one in refused(keys(other)) or other in refused(keys(one))


def lint_nearness(
    material: Material,
    snapshot: Snapshot,
    matcher: Matcher,
    near: Nearness,
    known: frozenset[tuple[int, int]],
) -> Iterator[Finding]:
    """Yield a finding for each entry with wordings that would be answered by another one.

    Not for entries that are ``known`` to share wordings: these are told of already.
    """
    written = {(asked.number, asked.key): asked for asked in material.asked}
    taken: dict[tuple[int, int], list[Asked]] = {}
    for number in _suspects(matcher, near):
        label = matcher.label_of(number)
        rival = _answered_by(snapshot, matcher, number)
        if rival is None or rival == label or (min(label, rival), max(label, rival)) in known:
            continue
        if not _matters(material, label, rival):
            continue
        asked = written[label, matcher.texts.key_of(number)]
        if rival in material.reader.wordings.refused(asked.key):
            continue
        taken.setdefault((label, rival), []).append(asked)
    for (label, rival), wordings in sorted(taken.items()):
        yield _finding(material, label, rival, wordings)


def _suspects(matcher: Matcher, near: Nearness) -> Sequence[int]:
    """Return the texts that are nearer to another entry than to their own, the worst first."""
    lead = near.other - near.own
    leading = np.flatnonzero(lead > 0)
    worst_first = leading[np.argsort(-lead[leading], kind="stable")]
    ordered: list[int] = near.numbers[worst_first].tolist()
    # An only wording has nothing of its own to be near to.
    several = (at for at in ordered if len(matcher.texts_of(matcher.label_of(at))) > 1)
    return list(islice(several, _MOST_ASKED))


def _answered_by(snapshot: Snapshot, matcher: Matcher, number: int) -> int | None:
    """Return the entry that would answer the text if it were not there, None if none would."""
    ranking = matcher.rank_left_out(number, [number])
    if ranking.signals is None:
        return None
    best, own = ranking.labels[0], matcher.label_of(number)
    of_own = next((each.score for each in ranking.labels if each.label == own), 0.0)
    if best.score < _PLAIN or of_own > _STRANGE:
        return None
    right = round(snapshot.ranker.judge.judge(ranking.signals).right, 4)
    return best.label if right >= snapshot.threshold_of(best.label) else None


def _matters(material: Material, one: int, other: int) -> bool:
    first, second = material.entries[one], material.entries[other]
    return material.meet(one, other) and not same_answer(first, second)


def _finding(material: Material, label: int, rival: int, wordings: Sequence[Asked]) -> Finding:
    mine, theirs = material.entries[label], material.entries[rival]
    places = [place for asked in wordings if (place := material.place(asked))]
    shown = "、".join(f"“{asked.written}”" for asked in wordings[:_SHOWN])
    count = f"等 {len(wordings)} 个问法" if len(wordings) > _SHOWN else ""
    is_question = any(asked.at == "question" for asked in wordings)
    return Finding(
        "nearer-elsewhere",
        "warning",
        f"{called(mine)}的{shown}{count}，和这一条别的问法都不像，倒像"
        f"{called(theirs)}的；客户换个说法这样问，会由后者直接回答。",
        _TELL_APART if is_question else _MOVE,
        entries=(mine.id, theirs.id),
        place=places[0] if places else None,
        others=tuple(places[1:]),
    )
