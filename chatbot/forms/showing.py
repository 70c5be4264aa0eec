"""Values, questions and confirmations in the words that people read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from chatbot.forms.form import Flow, Slot, Value
from chatbot.forms.step import FormLine
from chatbot.texts import Texts

_BRACES = re.compile(r"\{\s*([^{}]+?)\s*\}")
#: A menu of the platform has ten lines; one of them calls a person.
LONGEST_MENU = 9


def day_in_words(iso: str, today: date, texts: Texts) -> str:
    """Return a day as 5月1日（周五）, with the year if it is another than today's."""
    day = date.fromisoformat(iso)
    form = texts.form_day if day.year == today.year else texts.form_day_of_year
    weekday = texts.form_weekdays[day.weekday() % len(texts.form_weekdays)]
    return form.format(year=day.year, month=day.month, day=day.day, weekday=weekday)


def in_words(slot: Slot, value: Value, today: date, texts: Texts) -> str:
    """Return ``value`` as people read it."""
    if slot.type == "date":
        return day_in_words(str(value), today, texts)
    return f"{value:g}" if isinstance(value, float) else str(value)


def all_in_words(
    flow: Flow, values: Mapping[str, Value], today: date, texts: Texts
) -> dict[str, str]:
    """Return the words of every slot; one without a value says so."""
    return {
        slot.name: in_words(slot, values[slot.name], today, texts)
        if slot.name in values
        else texts.form_unfilled
        for slot in flow.slots
    }


def names_in(template: str) -> tuple[str, ...]:
    """Return the names that stand in braces."""
    return tuple(_BRACES.findall(template))


def without_names(template: str) -> str:
    """Return ``template`` without the names in braces."""
    return _BRACES.sub("", template)


def filled_in(template: str, words: Mapping[str, str]) -> str:
    """Return ``template`` with the words of each name in braces; unknown names stay."""
    return _BRACES.sub(lambda match: words.get(match[1], match[0]), template)


def title_of(slot: Slot, texts: Texts) -> str:
    """Return what people call the slot."""
    if slot.title:
        return slot.title
    return slot.name if not slot.name.isascii() else str(getattr(texts, f"form_title_{slot.type}"))


def form_lines(
    flow: Flow, values: Mapping[str, Value], today: date, texts: Texts
) -> list[tuple[str, str]]:
    """Return (title, value in words) of what is filled, in the form's order: for the agents."""
    return [
        (title_of(slot, texts), in_words(slot, values[slot.name], today, texts))
        for slot in flow.slots
        if slot.name in values
    ]


def question(slot: Slot, texts: Texts, before: str = "") -> FormLine:
    """Return the slot's question, with what can be tapped."""
    options = tuple(choice.name for choice in slot.choices)
    if slot.optional:
        options = (*options, texts.form_skip_caption)
    return FormLine(f"{before}{slot.ask}", options[:LONGEST_MENU])


def confirmation(
    flow: Flow, values: Mapping[str, Value], today: date, texts: Texts, before: str = ""
) -> FormLine:
    """Return the question whether all is right."""
    text = filled_in(flow.confirm, all_in_words(flow, values, today, texts))
    options = (texts.form_yes_caption, texts.form_change_caption, texts.form_cancel_caption)
    return FormLine(f"{before}{text}", options)
