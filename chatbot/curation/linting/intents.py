"""Intents that examples do not tell apart, and drafts that there are not."""

from __future__ import annotations

from collections.abc import Iterator

from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.material import Material
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching.fuzzy import CloseKeys
from chatbot.understanding.intents import Intent

#: An example is told of if left out it shows another intent so surely, and its own with no more
#: than such a score: of examples put into a wrong intent that finds two in three, and tells of one
#: to nine in a thousand others (docs/linter.md).
_SURE, _STRANGE = 0.8, 0.1

#: An intent, and an example of it as written.
_Said = tuple[Intent, str]


def lint_intents(material: Material) -> Iterator[Finding]:
    """Yield what is wrong with examples by their words alone, and drafts of entries that are not.

    Of two intents that only give tags both may hold, so that they may share what they like.
    """
    yield from _shared_examples(material)
    known = {entry.id for entry in material.entries}
    for intent in material.content.intents:
        for faq_id in intent.drafts:
            if faq_id not in known:
                yield _missing_draft(material, intent, faq_id)


def lint_intent_examples(material: Material, snapshot: Snapshot) -> Iterator[Finding]:
    """Yield the examples that mean rather what another intent is about."""
    for each in snapshot.examples.left_out():
        numbers = (each.example.number, each.shown)
        mine, theirs = (material.content.intents[number] for number in numbers)
        if not (mine.acts or theirs.acts) or each.confidence < _SURE or each.own > _STRANGE:
            continue
        written = _as_written(material, mine, each.example.text.key)
        yield _finding(
            material, "nearer-intent", (mine, written), theirs,
            f"{_called(mine)}的例句“{written}”和这个意图别的例句都不像，倒像{_called(theirs)}的：客户换个"
            "说法这样讲，认出来的是后者",
            "讲的其实是后者，就挪过去；真是这一个，就多写两句像它的例句。",
        )  # fmt: skip


def _shared_examples(material: Material) -> Iterator[Finding]:
    normaliser = material.reader.normaliser
    said: dict[str, list[_Said]] = {}
    for intent in material.content.intents:
        for example in intent.examples:
            said.setdefault(normaliser.key(example), []).append((intent, example))
    close = CloseKeys(said)
    keys = list(said)
    told: set[tuple[str, str]] = set()
    for key, mine in said.items():
        for at, _ in close.find(key):
            for one, other in ((one, other) for one in mine for other in said[keys[at]]):
                pair = (one[0].name, other[0].name)
                if one[0] is other[0] or not (one[0].acts or other[0].acts) or pair in told:
                    continue
                told |= {pair, pair[::-1]}
                yield _shared(material, one, other)


def _shared(material: Material, one: _Said, other: _Said) -> Finding:
    both = "同时写在" if one[1] == other[1] else f"和“{other[1]}”几乎一样，分别写在"
    return _finding(
        material, "same-example", other, one[0],
        f"例句“{one[1]}”{both}{_called(one[0])}和{_called(other[0])}里，两个都会成立，只照更紧急的、"
        "或写在前面的那个去做",
        "只留在该做的那一个意图里。",
    )  # fmt: skip


def _finding(
    material: Material, kind: str, said: _Said, other: Intent, text: str, cure: str
) -> Finding:
    mine, example = said
    elsewhere = material.places.of_intent(other.name, "examples")
    return Finding(
        kind,
        "warning",
        f"{text}。",
        cure,
        intents=(mine.name, other.name),
        place=material.places.of_intent(mine.name, "examples", example),
        others=(elsewhere,) if elsewhere else (),
    )


def _missing_draft(material: Material, intent: Intent, faq_id: str) -> Finding:
    return Finding(
        "missing-draft",
        "warning",
        f"没有编号为“{faq_id}”的知识条目，{_called(intent)}转人工时客服看不到这条草稿。",
        "改成有的编号，或从 drafts 里去掉。",
        intents=(intent.name,),
        place=material.places.of_intent(intent.name, "drafts", faq_id),
    )


def _as_written(material: Material, intent: Intent, key: str) -> str:
    canonical = material.reader.canonical
    return next((each for each in intent.examples if canonical.key(each) == key), "")


def _called(intent: Intent) -> str:
    return f"意图“{intent.title}”（{intent.name}）"
