"""Why something was decided, in words, from the record that is kept with every turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: The scores of a candidate, in the order they are shown.
SCORES = ("kernel", "dense", "lexical", "fuzzy", "words")
#: What was read as something else than it was written.
_READ_AS = ("corrections", "synonyms")

Words = Mapping[str, str]
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate with its confidence and its scores as they are shown, in the order ``SCORES``.

    A score is empty where the record has none.
    """

    faq_id: str
    question: str
    confidence: str
    scores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Named lines, the rule that decided first, and the candidates, best first."""

    lines: tuple[tuple[str, str], ...]
    candidates: tuple[Weighed, ...]


def explain(decision: Json, trace: Json, words: Words) -> Explanation:
    """Return why ``decision`` was taken, with its ``trace``, both as they are recorded.

    ``words`` are the captions ``explain_words``.
    """
    return Explanation(
        tuple(_lines(decision, trace, words)), tuple(_weighed(decision, trace.get("scores", ())))
    )


def score_names(words: Words) -> tuple[str, ...]:
    """Return what the scores of a candidate are called, in the order ``SCORES``."""
    return tuple(words[f"score_{name}"] for name in SCORES)


def _lines(decision: Json, trace: Json, words: Words) -> Iterator[tuple[str, str]]:
    nothing = words["nothing"]
    rule = str(trace.get("rule", ""))
    called = words.get(f"rule_{rule}", rule)
    yield (
        words["rule"],
        words["rule_line"].format(called=called, rule=rule, reason=decision.get("reason", "")),
    )
    yield words["normalised"], str(trace.get("normalised") or nothing)
    for key in _READ_AS:
        if key in trace:
            yield words[key], "，".join(f"{written} → {meant}" for written, meant in trace[key])
    yield words["tokens"], " / ".join(trace.get("tokens", ())) or nothing
    yield words["intents"], "；".join(_intents(trace, words)) or nothing
    for number, part in enumerate(decision.get("parts", ()), 1):
        unsure = words["unsure"]
        told = f"{part['text']}（{part['faq_id'] or unsure}，{part['confidence']:.4f}）"
        yield words["part"].format(number=number), told
    if decision.get("tags"):
        yield words["tags"], "，".join(decision["tags"])
    if decision.get("notices"):
        given = (words[f"notice_{each['mode']}"].format(**each) for each in decision["notices"])
        yield words["notices"], "，".join(given)
    yield from _found(trace, words)


def _intents(trace: Json, words: Words) -> Iterator[str]:
    for name, by, told in trace.get("intents", ()):
        yield f"{name}（{words.get(f'evidence_{by}', by)}：{told}）"


def _found(trace: Json, words: Words) -> Iterator[tuple[str, str]]:
    if "phrase" in trace:
        yield words["phrase"], str(trace["phrase"])
    for table, (row, by) in trace.get("rows", {}).items():
        yield words["table"].format(table=table), f"{row}（{words.get(f'row_{by}', by)}）"
    if "form" in trace:
        filled = "，".join(f"{title} {value}" for title, value in trace["form"])
        yield words["form"], filled or words["form_empty"]
    if "signals" in trace:
        named = (
            f"{words.get(f'signal_{name}', name)} {value}"
            for name, value in trace["signals"].items()
        )
        yield words["signals"], "，".join(named)


def _weighed(decision: Json, scores: Sequence[Json]) -> Iterator[Weighed]:
    by_entry = {row["faq_id"]: row for row in scores}
    for candidate in decision.get("candidates", ()):
        row = by_entry.get(candidate["faq_id"], {})
        yield Weighed(
            candidate["faq_id"],
            candidate["question"],
            f"{candidate['confidence']:.4f}",
            tuple(str(row.get(name, "")) for name in SCORES),
        )
