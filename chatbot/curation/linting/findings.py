"""What the linter found: of which kind, how serious, where, why, and what would mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

from chatbot.knowledge.places import Place

#: An error is not published. A warning is worth a person's look. A note hinders nothing.
Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

#: The stable name of each kind, and what it is called for people.
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "file": "文件读不出来，或写错了",
        "over-budget": "回答放不进一次回复",
        "placeholder": "答案还没有写",
        "same-question": "同一个问法写在几个条目里",
        "near-question": "几乎一样的问法写在几个条目里",
        "contradiction": "差不多的问题，答案里的数字对不上",
        "nearer-elsewhere": "问法更像别的条目",
        "refuses-itself": "排除问挡住了自己的问法",
        "calls-person": "问法会被当作找人工",
        "opens-menu": "问法会被当作要看菜单",
        "refuses-answer": "问法会被当作对回答不满意",
        "intent-first": "问法先被意图接走",
        "same-example": "同一个例句写在几个意图里",
        "nearer-intent": "例句更像别的意图",
        "missing-draft": "草稿的条目不存在",
        "expired": "已经过了有效期",
        "expires-soon": "快到有效期",
        "review-due": "到了复核日期",
        "review-soon": "快到复核日期",
        "empty-cell": "表格里有空格",
        "unused-column": "表格里有一列没有用到",
        "wording": "广告用语和敏感词",
        "long-text": "文字会拆成几条",
        "crowded": "问法太多",
        "few-similar": "相似问太少",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. ``text`` says what and why, ``cure`` in one sentence what to do.

    ``entries`` (ids) and ``intents`` (names) are what it is about. ``place`` is where to look
    first, None if the content was not read from files; ``others`` are further places.
    """

    kind: str
    severity: Severity
    text: str
    cure: str
    entries: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    place: Place | None = None
    others: tuple[Place, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the parts by name; ``file`` is null without files."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "text": self.text,
            "cure": self.cure,
            "faq_ids": list(self.entries),
            "intents": list(self.intents),
            **_place_json(self.place),
            "others": [_place_json(place) for place in self.others],
        }


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found: errors first, then by kind in the order of `TITLES`, then by place."""

    found: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, found: Iterable[Finding]) -> Findings:
        """Return ``found`` in order; what is of one kind in one file goes by its lines."""
        return cls(tuple(sorted(found, key=_order)))

    def counts(self) -> dict[Severity, int]:
        """Return how many there are of each severity."""
        counted = Counter(each.severity for each in self.found)
        return {severity: counted[severity] for severity in SEVERITIES}

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return what may not be published."""
        return tuple(each for each in self.found if each.severity == "error")

    @property
    def worth_a_look(self) -> bool:
        """Return whether there is more than notes."""
        return any(each.severity != "note" for each in self.found)

    def to_json(self) -> dict[str, Any]:
        return {"counts": self.counts(), "findings": [each.to_json() for each in self.found]}


_RANK = {kind: number for number, kind in enumerate(TITLES)}


def _order(finding: Finding) -> tuple[int, int, str, int]:
    place = finding.place
    where = (str(place.path), place.line) if place else ("", 0)
    return (SEVERITIES.index(finding.severity), _RANK[finding.kind], *where)


def _place_json(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"file": None, "line": 0, "key": ""}
    return {"file": str(place.path), "line": place.line, "key": place.key}
