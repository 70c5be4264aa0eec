"""What stands in the form of an entry, and what it says: pure.

Fields are named by where they are: ``v0.m1.text`` is the text of the second message of the first
variant. What was typed comes back as it was typed, be it right or wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chatbot.answers.messages import MESSAGE_TYPES
from chatbot.editing.merging import Record

#: The texts of each kind of message, in the order of the form; ``items`` has one a line.
PARTS: Mapping[str, tuple[str, ...]] = {
    "text": ("text",),
    "image": ("file",),
    "link": ("title", "desc", "url", "image"),
    "miniprogram": ("title", "appid", "page", "image"),
    "menu": ("head", "items", "tail"),
}
#: The parts that name a picture.
PICTURES = frozenset({"file", "image"})
#: So many can be made here.
_MOST_VARIANTS = 20
_VARIANT = re.compile(r"v(0|[1-9][0-9]{0,4})\.count")
_MOST_MESSAGES = 20
_SIMPLE = ("question", "category", "auto", "owner", "review", "target")
_LISTED = ("similar", "not", "tags", "scope")


@dataclass(frozen=True, slots=True)
class FormMessage:
    """A message: its kind and what is typed into its fields."""

    kind: str
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FormVariant:
    """Messages and for whom they are: tags one a line, accounts separated by commas."""

    messages: tuple[FormMessage, ...]
    tags: str = ""
    accounts: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class EntryForm:
    """The whole form; lists have one item a line, the last variant is for everybody else."""

    texts: Mapping[str, str] = field(default_factory=dict)
    variants: tuple[FormVariant, ...] = (FormVariant((FormMessage("text", {}),)),)

    def get(self, name: str) -> str:
        """Return what is typed into a field."""
        return self.texts.get(name, "")


def form_of(record: Record) -> EntryForm:
    """Return the form in which a record stands."""
    texts = {key: _text(record.get(key)) for key in _SIMPLE}
    texts |= {key: _lines_of(record.get(key) or ()) for key in _LISTED}
    valid = record.get("valid") or {}
    texts |= {"valid_from": valid.get("from", ""), "valid_until": valid.get("until", "")}
    answer = record.get("answer")
    is_varied = isinstance(answer, list) and any(_is_variant(each) for each in answer)
    variants = answer if is_varied else [{"messages": answer}]
    return EntryForm(texts, tuple(map(_variant, variants or ())))


def read_form(fields: Mapping[str, str]) -> EntryForm:
    """Return the form as it was sent."""
    names = (*_SIMPLE, *_LISTED, "valid_from", "valid_until")
    # All that was shown: files may have more than can be added here.
    numbers = sorted(int(found[1]) for name in fields if (found := _VARIANT.fullmatch(name)))
    variants = [_sent_variant(fields, f"v{number}") for number in numbers]
    texts = {name: fields.get(name, "") for name in names}
    return EntryForm(texts, tuple(variants) or EntryForm().variants)


def record_of(form: EntryForm, base: Record | None = None) -> Record:
    """Return what a form says, with keys only where it says something.

    What holds a line break in ``base`` and stood on one line stays as it was.
    """
    broken = {_one_line(text): text for text in _texts(base)}
    record: Record = {key: form.get(key).strip() for key in _SIMPLE}
    record["question"] = " ".join(record["question"].split())
    former = (base or {}).get("question", "")
    if " ".join(former.split()) == record["question"]:
        record["question"] = former
    record |= {key: _items(form.get(key), broken) for key in _LISTED}
    valid = {"from": form.get("valid_from").strip(), "until": form.get("valid_until").strip()}
    record["valid"] = {key: day for key, day in valid.items() if day}
    record["target"] = _number(record["target"])
    if record["auto"] == "yes":
        record["auto"] = ""
    record["answer"] = _answer(form.variants, broken)
    return {key: value for key, value in record.items() if value not in ("", [], {}, None)}


def acted(form: EntryForm, act: str) -> EntryForm:
    """Return a form after a button of its rows: ``add:0:text``, ``drop:0:1``, ``up:0:1``,
    ``down:0:1``, ``variant`` or ``undo-variant:0``.
    """
    name, *places = act.split(":")
    numbers = [int(each) for each in places if each.isascii() and each.isdigit() and len(each) < 4]
    if name == "variant" and len(form.variants) < _MOST_VARIANTS:
        new = FormVariant((FormMessage("text", {}),))
        return replace(form, variants=(*form.variants[:-1], new, form.variants[-1]))
    if not numbers or numbers[0] >= len(form.variants):
        return form
    at = numbers[0]
    if name == "undo-variant" and at < len(form.variants) - 1:
        return replace(form, variants=form.variants[:at] + form.variants[at + 1 :])
    messages = _moved(form.variants[at].messages, name, places[-1], numbers[-1])
    changed = replace(form.variants[at], messages=messages)
    return replace(form, variants=(*form.variants[:at], changed, *form.variants[at + 1 :]))


def lines_in(written: str) -> list[str]:
    """Return the lines that say something."""
    return [line.strip() for line in written.splitlines() if line.strip()]


def _lines_of(items: Sequence[str]) -> str:
    """Return items one a line, also those that hold a line break."""
    return "\n".join(map(_one_line, items))


def _one_line(text: str) -> str:
    return " ".join(lines_in(text))


def _items(written: str, broken: Mapping[str, str]) -> list[str]:
    return [broken.get(line, line) for line in lines_in(written)]


def _texts(written: Any) -> Iterator[str]:
    """Yield the texts of a record that hold a line break, wherever they are."""
    if isinstance(written, str):
        yield from (written,) if len(written.splitlines()) > 1 else ()
    elif isinstance(written, Mapping | list):
        for each in written.values() if isinstance(written, Mapping) else written:
            yield from _texts(each)


def _moved(
    messages: tuple[FormMessage, ...], act: str, kind: str, at: int
) -> tuple[FormMessage, ...]:
    found = list(messages)
    if act == "add" and kind in PARTS and len(found) < _MOST_MESSAGES:
        return (*messages, FormMessage(kind, {}))
    if at >= len(found):
        return messages
    if act == "drop" and len(found) > 1:
        del found[at]
    if act == "up" and at > 0:
        found.insert(at - 1, found.pop(at))
    if act == "down":
        found.insert(at + 1, found.pop(at))
    return tuple(found)


def _variant(written: Mapping[str, Any]) -> FormVariant:
    when = written.get("when") or {}
    messages = written.get("messages")
    listed = messages if isinstance(messages, list) else [messages or ""]
    return FormVariant(
        tuple(map(_message, listed)),
        _lines_of(when.get("tags", ())),
        "，".join(when.get("accounts", ())),
        when.get("language", ""),
    )


def _message(written: Any) -> FormMessage:
    if not isinstance(written, Mapping):
        return FormMessage("text", {"text": str(written)})
    parts = {part: written.get(part, "") for part in PARTS[written["type"]]}
    if "items" in parts:
        parts["items"] = _lines_of(parts["items"])
    return FormMessage(written["type"], parts)


def _sent_variant(fields: Mapping[str, str], at: str) -> FormVariant:
    written = fields.get(f"{at}.count", "")
    count = min(int(written), _MOST_MESSAGES) if written.isascii() and written.isdigit() else 0
    messages = [_sent_message(fields, f"{at}.m{number}") for number in range(count)]
    said = (fields.get(f"{at}.{name}", "") for name in ("tags", "accounts", "language"))
    return FormVariant(tuple(messages) or (FormMessage("text", {}),), *said)


def _sent_message(fields: Mapping[str, str], at: str) -> FormMessage:
    kind = fields.get(f"{at}.type", "")
    kind = kind if kind in MESSAGE_TYPES else "text"
    return FormMessage(kind, {part: fields.get(f"{at}.{part}", "") for part in PARTS[kind]})


def _answer(variants: Sequence[FormVariant], broken: Mapping[str, str]) -> Any:
    if len(variants) == 1:
        return _messages(variants[0], broken)
    return [
        {"messages": _messages(each, broken)}
        if place == len(variants) - 1
        else {"when": _condition(each, broken), "messages": _messages(each, broken)}
        for place, each in enumerate(variants)
    ]


def _messages(variant: FormVariant, broken: Mapping[str, str]) -> Any:
    written = [_written(each, broken) for each in variant.messages]
    return written[0] if len(written) == 1 and isinstance(written[0], str) else written


def _written(message: FormMessage, broken: Mapping[str, str]) -> Any:
    if message.kind == "text":
        return message.parts.get("text", "").strip()
    parts: Record = {part: text.strip() for part, text in message.parts.items()}
    if "items" in parts:
        parts["items"] = _items(parts["items"], broken)
    said = {part: value for part, value in parts.items() if value or part not in {"desc", "tail"}}
    return {"type": message.kind, **said}


def _condition(variant: FormVariant, broken: Mapping[str, str]) -> Record:
    accounts = variant.accounts.replace("，", ",").replace("、", ",").split(",")
    when: Record = {
        "tags": _items(variant.tags, broken),
        "accounts": [each.strip() for each in accounts if each.strip()],
        "language": variant.language.strip(),
    }
    return {key: value for key, value in when.items() if value}


def _number(written: str) -> float | str:
    """Return a share of right answers; what is none stays, so that the reader objects."""
    try:
        return float(written.removesuffix("%")) / (100 if written.endswith("%") else 1)
    except ValueError:
        return written


def _text(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _is_variant(written: Any) -> bool:
    return isinstance(written, Mapping) and "messages" in written
