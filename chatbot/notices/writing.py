"""From what somebody fills in to a notice, or to all that is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from chatbot.errors import UserError
from chatbot.facts.variables import stray_brace, variables_in
from chatbot.notices.brand import Brand
from chatbot.notices.heading import size
from chatbot.notices.notice import MODES, Mode, NewNotice, Notice

#: So long, a notice leaves room for an answer in the same message.
LONGEST_BYTES = 1500
_LETTER_BYTES = 3
#: So many names are told to who has named something else.
_MOST_NAMED = 8
_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is filled in, as texts; ``begins`` may be empty for now.

    A time is ``2026-07-01T09:00``, ``2026-07-01 09:00``, or a day: its beginning, or for ``ends``
    its end.
    """

    text: str = ""
    mode: str = MODES[0]
    begins: str = ""
    ends: str = ""
    stores: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @classmethod
    def of(cls, notice: Notice, brand: Brand) -> Draft:
        """Return a notice as it is filled in."""
        begins, ends = (
            each.astimezone(brand.timezone).strftime("%Y-%m-%dT%H:%M")
            for each in (notice.begins_at, notice.ends_at)
        )
        return cls(
            notice.text, notice.mode, begins, ends, notice.stores, notice.accounts,
            notice.categories,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Objection:
    """What is wrong with a field; ``key`` names the sentence that says so."""

    field: str
    key: str
    values: Mapping[str, Any]

    def said(self, words: Mapping[str, str]) -> str:
        """Return the sentence."""
        return words[self.key].format(**self.values)


class WrongNotice(UserError):
    """A notice that cannot be; has all that is wrong with it."""

    def __init__(self, objections: Collection[Objection], words: Mapping[str, str]) -> None:
        self.objections = tuple(objections)
        super().__init__(" ".join(each.said(words) for each in objections))


def read_draft(
    draft: Draft,
    brand: Brand,
    now: datetime,
    words: Mapping[str, str],
    limit: Collection[str] | None = None,
) -> NewNotice:
    """Return the notice; ``limit`` are the stores of who writes it, None for all.

    Raises:
        WrongNotice: says in ``words`` what is wrong, all at once.
    """
    begins = _moment(draft.begins, brand, time.min) if draft.begins.strip() else now
    ends = _moment(draft.ends, brand, time.max)
    stores = tuple(dict.fromkeys(brand.store(each) or each for each in draft.stores))
    wrong = [
        *_of_text(draft.text.strip(), brand),
        *_of_mode(draft),
        *_of_times(begins, ends, now),
        *_of_stores(stores, brand, limit),
        *_of_the_rest(draft, brand),
    ]
    if wrong or begins is None or ends is None:
        raise WrongNotice(wrong, words)
    mode: Mode = "replace" if draft.mode == "replace" else "prefix"
    found = (brand.account(each) for each in draft.accounts)
    accounts = (each.open_kfid for each in found if each is not None)
    return NewNotice(
        draft.text.strip(), mode, begins, ends, stores, tuple(dict.fromkeys(accounts)),
        tuple(dict.fromkeys(draft.categories)),
    )  # fmt: skip


def _of_text(text: str, brand: Brand) -> Iterator[Objection]:
    if not text:
        yield Objection("text", "wrong_empty", {})
    if size(text) > LONGEST_BYTES:
        values = {"most": LONGEST_BYTES // _LETTER_BYTES, "bytes": size(text)}
        yield Objection("text", "wrong_long", {**values, "longest": LONGEST_BYTES})
    if any(ord(letter) < ord(" ") and letter not in "\n\t" for letter in text):
        yield Objection("text", "wrong_control", {})
    stray = stray_brace(text)
    if stray is not None:
        yield Objection("text", "wrong_brace", {"piece": stray})
    for variable in variables_in(text):
        if not brand.knows(variable):
            yield Objection("text", "wrong_variable", {"variable": str(variable)})


def _of_mode(draft: Draft) -> Iterator[Objection]:
    if draft.mode not in MODES:
        yield Objection("mode", "wrong_mode", {"mode": draft.mode})
    elif draft.mode == "replace" and not draft.categories:
        yield Objection("categories", "wrong_replaces_all", {})


def _of_times(begins: datetime | None, ends: datetime | None, now: datetime) -> Iterator[Objection]:
    if begins is None:
        yield Objection("begins", "wrong_begins", {})
    if ends is None:
        yield Objection("ends", "wrong_ends", {})
    elif ends <= now:
        yield Objection("ends", "wrong_over", {})
    elif begins is not None and ends <= begins:
        yield Objection("ends", "wrong_order", {})


def _of_stores(
    stores: Collection[str], brand: Brand, limit: Collection[str] | None
) -> Iterator[Objection]:
    known = dict.fromkeys(brand.stores())
    for store in stores:
        if store not in known:
            yield Objection("stores", "wrong_store", {"name": store, "known": _some(known)})
    if limit is not None and (not stores or not set(stores) <= set(limit)):
        yield Objection("stores", "wrong_limit", {"stores": "、".join(limit)})


def _of_the_rest(draft: Draft, brand: Brand) -> Iterator[Objection]:
    for name in draft.accounts:
        if brand.account(name) is None:
            known = _some([each.shown for each in brand.accounts])
            yield Objection("accounts", "wrong_account", {"name": name, "known": known})
    for name in draft.categories:
        if name not in brand.categories:
            values = {"name": name, "known": _some(brand.categories)}
            yield Objection("categories", "wrong_category", values)


def _some(names: Collection[str]) -> str:
    more = "……" if len(names) > _MOST_NAMED else ""
    return "、".join([*names][:_MOST_NAMED]) + more or "-"


def _moment(written: str, brand: Brand, of_day: time) -> datetime | None:
    """Return a time as it is written, None if it is none that exists here."""
    written = written.strip()
    try:
        if len(written) == len("2026-07-01"):
            day = date.fromisoformat(written)
            whole = datetime.combine(day, time.min)
            found = whole if of_day == time.min else whole + timedelta(days=1)
        else:
            found = datetime.fromisoformat(written)
        if found.year not in _YEARS:
            return None
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=brand.timezone)
