"""Questions that are written in several entries, the same or nearly so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.material import Asked, Material, same_answer
from chatbot.matching.fuzzy import CloseKeys, particulars

#: Two wordings of two entries, the one of the earlier entry first.
Twins = tuple[Asked, Asked]


@dataclass(frozen=True, slots=True)
class WordedAlike:
    """Wordings that two entries share, by the numbers of both: the same and nearly the same."""

    same: Mapping[tuple[int, int], Sequence[Twins]]
    near: Mapping[tuple[int, int], Sequence[Twins]]

    @property
    def pairs(self) -> frozenset[tuple[int, int]]:
        """Return the entries that share any wording."""
        return frozenset(self.same) | frozenset(self.near)


def worded_alike(material: Material) -> WordedAlike:
    """Find the wordings that two entries share which may meet."""
    asked = material.asked if material.about is None else _with_those_alike(material)
    same = _collected(material, _same(asked))
    found = _collected(material, _near(asked))
    near = {pair: twins for pair, twins in found.items() if pair not in same}
    return WordedAlike(same, near)


def lint_questions(material: Material, alike: WordedAlike) -> Iterator[Finding]:
    """Yield a finding for each two entries that share wordings."""
    for pair, twins in alike.same.items():
        yield _finding(material, "same-question", pair, twins)
    for pair, twins in alike.near.items():
        yield _finding(material, "near-question", pair, twins)


def _with_those_alike(material: Material) -> Sequence[Asked]:
    """Return the wordings that are looked at, and all of the entries that word any alike."""
    wordings = material.reader.wordings
    alike = {number for asked in material.asked for number in wordings.alike(asked.key)}
    return material.asked_of(alike | {asked.number for asked in material.asked})


def _same(wordings: Sequence[Asked]) -> Iterator[Twins]:
    first: dict[str, list[Asked]] = {}
    for asked in wordings:
        before = first.setdefault(asked.key, []) if asked.key else []
        for other in before:
            if other.number != asked.number:
                yield other, asked
        if all(other.number != asked.number for other in before):
            before.append(asked)


def _near(wordings: Sequence[Asked]) -> Iterator[Twins]:
    alike: dict[tuple[tuple[str, ...], ...], dict[str, list[Asked]]] = {}
    for asked in wordings:
        # What differs in a number is never nearly the same, and need not be looked at.
        keys = alike.setdefault(particulars(asked.key), {}) if asked.key else {}
        keys.setdefault(asked.key, []).append(asked)
    for keys in alike.values():
        close, listed = CloseKeys(keys), list(keys)
        for key, mine in keys.items():
            others = [each for at, _ in close.find(key) for each in keys[listed[at]]]
            for one, other in product(others, mine):
                if one.number < other.number and one.key != other.key:
                    yield one, other


def _collected(material: Material, twins: Iterator[Twins]) -> dict[tuple[int, int], list[Twins]]:
    found: dict[tuple[int, int], list[Twins]] = {}
    for one, other in twins:
        if material.is_about(one.number, other.number):
            found.setdefault((one.number, other.number), []).append((one, other))
    return {pair: twins for pair, twins in found.items() if material.meet(*pair)}


def _finding(
    material: Material, kind: str, pair: tuple[int, int], twins: Sequence[Twins]
) -> Finding:
    one, other = (material.entries[number] for number in pair)
    mine, theirs = twins[0]
    alike = same_answer(one, other)
    if kind == "same-question":
        told = f"“{mine.written}”同时写在 {one.id}、{other.id} 里"
        effect = "这样问和差不多这样问，都由前一条回答"
    else:
        told = f"“{mine.written}”（{one.id}）和“{theirs.written}”（{other.id}）几乎一样"
        effect = "客户差一个字，得到的就是另一条"
    several = f"（这样的问法有 {len(twins)} 个）" if len(twins) > 1 else ""
    outcome = "两条的答案一样" if alike else f"{effect}，而两条的答案不同"
    place = material.place(theirs)
    elsewhere = material.place(mine)
    return Finding(
        kind,
        "note" if alike else "warning",
        f"{told}{several}：{outcome}。",
        "合并成一条，或把这个问法只留在该答的那一条里。",
        entries=(one.id, other.id),
        place=place,
        others=(elsewhere,) if elsewhere else (),
    )
