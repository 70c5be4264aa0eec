"""An answer as the phone of a sample customer shows it: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from chatbot.console.entries.form import PICTURES, EntryForm, FormMessage, FormVariant, lines_in
from chatbot.facts.variables import ASSISTANT, ASSISTANT_NAMES, CUSTOMER, Missing, fill
from chatbot.knowledge.content import Content

#: WeCom developer documentation, 微信客服/发送消息: a longer text becomes several messages.
TEXT_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message as it is drawn; ``pictures`` are addresses by the part that names them."""

    kind: str
    parts: Mapping[str, str]
    items: tuple[str, ...]
    pictures: Mapping[str, str]
    bytes: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phone:
    """What the customers of one variant see; ``variant`` says who they are."""

    variant: FormVariant
    bubbles: tuple[Bubble, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Whom the preview is for: the first row of each table, the standard account's assistant."""

    content: Content
    customer: str
    media: Mapping[str, str]

    @property
    def stores(self) -> tuple[str, ...]:
        """Return the rows whose facts are shown."""
        return tuple(next(iter(table.rows)) for table in self.content.tables if table.rows)

    def value(self, group: str, name: str) -> str | None:
        """Return what a variable is filled with."""
        if group == CUSTOMER:
            return self.customer
        if group == ASSISTANT:
            account = self.content.accounts.default
            return account.assistant if name in ASSISTANT_NAMES else account.variables.get(name)
        table = next((each for each in self.content.tables if each.name == group), None)
        row = next(iter(table.rows), None) if table else None
        return table.value(row, name) if table and row else None


def phones(form: EntryForm, sample: Sample) -> tuple[Phone, ...]:
    """Return what each variant's customers see, the first of them first."""
    drawn = partial(_bubble, sample)
    return tuple(Phone(each, tuple(map(drawn, each.messages))) for each in form.variants)


def _bubble(sample: Sample, message: FormMessage) -> Bubble:
    missing: list[str] = []

    def filled(text: str) -> str:
        found = fill(text, sample.value)
        if isinstance(found, Missing):
            missing.extend(map(str, found.variables))
            return text
        return found

    parts = {name: filled(text.strip()) for name, text in message.parts.items()}
    pictures = {
        name: f"/console/entries/pictures/{sample.media[text]}"
        for name, text in parts.items()
        if name in PICTURES and text in sample.media
    }
    items = tuple(lines_in(parts.pop("items", "")))
    said = sum(len(text.encode()) for text in parts.values())
    return Bubble(message.kind, parts, items, pictures, said, tuple(missing))
