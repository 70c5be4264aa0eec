"""Superlatives that the advertising law forbids, and words that a platform's review stops."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product

import yaml

from chatbot.answers.entries import Entry
from chatbot.answers.messages import ImageMessage, LinkMessage, Message, words_of
from chatbot.curation.linting.findings import Finding
from chatbot.curation.linting.material import Material, called
from chatbot.facts.tables import ALIASES, CODE
from chatbot.forms.form import HAND_OVER, Flow, WebhookAction
from chatbot.knowledge.places import Place

_CLAUSE_END = re.compile(r"[。!?;\n]+|(?<![0-9a-z])\.|,")
#: What begins an answer that no customer is sent.
_INTERNAL = "【内部】"


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    cure: str
    phrases: re.Pattern[str]
    fine: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class WordList:
    """Words by group, with where they are fine."""

    denied: re.Pattern[str]
    groups: tuple[_Group, ...]

    def find(self, text: str) -> Iterator[tuple[_Group, str]]:
        """Yield what must not be said in a normalised text, each once, with its group."""
        seen: set[str] = set()
        for clause in _CLAUSE_END.split(text):
            for group in self.groups:
                for word in self._in_clause(group, clause):
                    if word not in seen:
                        seen.add(word)
                        yield group, word

    def _in_clause(self, group: _Group, clause: str) -> Iterator[str]:
        fine = [found.span() for found in group.fine.finditer(clause)] if group.fine else []
        for found in group.phrases.finditer(clause):
            start, end = found.span()
            if any(begins < end and start < ends for begins, ends in fine):
                continue
            if not self.denied.search(clause, 0, start):
                yield found[0]


@cache
def shipped_words() -> WordList:
    """Return the words of ``wording.yaml``."""
    source = resources.files("chatbot.curation.linting").joinpath("wording.yaml")
    record = yaml.safe_load(source.read_text(encoding="utf-8"))
    groups = tuple(
        _Group(
            each["name"],
            each["cure"],
            _any(each["phrases"]),
            _any(each["fine"]) if each["fine"] else None,
        )
        for each in record["groups"]
    )
    return WordList(re.compile(record["denied"]), groups)


@dataclass(frozen=True, slots=True)
class _Text:
    """What customers are sent: whose words they are, and where they are written."""

    text: str
    whose: str
    place: Place | None
    entries: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()


def lint_wording(material: Material) -> Iterator[Finding]:
    """Yield a finding for each text that customers are sent and that says what it must not.

    What customers ask is theirs: they may look for the cheapest room.
    """
    words = shipped_words()
    for family in (_of_entries, _of_intents, _of_texts, _of_tables):
        for each in family(material):
            yield from _findings(material, words, each)


def _of_entries(material: Material) -> Iterator[_Text]:
    for number, entry in enumerate(material.entries):
        if not material.is_about(number) or _is_internal(entry):
            continue
        for text in _said(entry.messages):
            place = material.places.of_entry(entry.id, "answer", text)
            yield _Text(text, f"{called(entry)}的答案", place, entries=(entry.id,))


def _of_intents(material: Material) -> Iterator[_Text]:
    for intent in material.content.intents:
        for key, what, texts in (
            ("reply", "回复", _said(intent.reply)),
            ("flow", "表单", _asked(intent.flow) if intent.flow else ()),
        ):
            for text in texts:
                place = material.places.of_intent(intent.name, key, text)
                whose = f"意图“{intent.title}”（{intent.name}）的{what}"
                yield _Text(text, whose, place, intents=(intent.name,))


def _of_texts(material: Material) -> Iterator[_Text]:
    for key, value in material.content.texts.items():
        if isinstance(value, str):
            yield _Text(value, f"话术 {key} ", material.places.of_text(key))


def _of_tables(material: Material) -> Iterator[_Text]:
    """Yield the cells that may be said; other names and codes are what customers say."""
    for table in material.content.tables:
        for key, column in product(table.rows, table.columns):
            text = "" if column in {ALIASES, CODE} else table.value(key, column)
            if text:
                place = material.places.of_cell(table.name, key, column)
                yield _Text(text, f"表格“{table.name}”里“{key}”的“{column}”", place)


def _asked(flow: Flow) -> Iterator[str]:
    """Yield what a form says."""
    yield from filter(None, (flow.confirm, flow.done))
    if isinstance(flow.action, WebhookAction) and flow.action.on_error != HAND_OVER:
        yield flow.action.on_error
    for slot in flow.slots:
        yield slot.ask
        yield from (choice.name for choice in slot.choices)


def _is_internal(entry: Entry) -> bool:
    return any(text.startswith(_INTERNAL) for each in entry.messages for text in words_of(each))


def _said(messages: Sequence[Message]) -> Iterator[str]:
    for message in messages:
        texts = words_of(message)[:2] if isinstance(message, LinkMessage) else words_of(message)
        if not isinstance(message, ImageMessage):
            yield from dict.fromkeys(filter(None, texts))


def _findings(material: Material, words: WordList, each: _Text) -> Iterator[Finding]:
    found: dict[str, tuple[_Group, list[str]]] = {}
    for group, word in words.find(material.reader.normaliser.normalise(each.text).text):
        found.setdefault(group.name, (group, []))[1].append(word)
    for group, said in found.values():
        listed = "".join(f"“{word}”" for word in said)
        yield Finding(
            "wording", "warning", f"{each.whose}里有{listed}：{group.name}。", group.cure,
            each.entries, each.intents, each.place,
        )  # fmt: skip


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in patterns))
