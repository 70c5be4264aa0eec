"""Which entries are to be looked over, by whom, and of which day somebody is reminded. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from chatbot.answers.entries import Entry

#: So long before the day somebody is reminded, and so often after it.
BEFORE = timedelta(days=7)
AGAIN = timedelta(days=7)
#: So long before the day an entry is listed.
SOON = timedelta(days=30)
#: What is suggested for the next time.
NEXT = timedelta(days=182)


class People:
    """Those whom owners may be: members by id, with what they are called."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {userid.lower(): name for userid, name in names.items()}
        self._called: dict[str, list[str]] = {}
        for userid, name in self._names.items():
            if name:
                self._called.setdefault(name, []).append(userid)

    def userid_of(self, owner: str) -> str | None:
        """Return whom an entry names, by id or name; None if nobody or several are called so."""
        owner = owner.strip()
        if owner.lower() in self._names:
            return owner.lower()
        called = self._called.get(owner, [])
        return called[0] if len(called) == 1 else None

    def name_of(self, userid: str) -> str:
        """Return what a member is called."""
        return self._names.get(userid) or userid


@dataclass(frozen=True, slots=True)
class Review:
    """An entry with the day on which it is to be looked over, and who is to do it.

    ``userid`` is None where no owner is named, or one that nobody knows.
    """

    entry: Entry
    userid: str | None

    @property
    def day(self) -> date | None:
        """Return the day, None if none is set."""
        return self.entry.review

    def days_left(self, today: date) -> int:
        """Return how many days are left; less than none if it is late."""
        return (self.entry.review - today).days if self.entry.review else 0


def reviews_of(entries: Iterable[Entry], people: People) -> list[Review]:
    """Return what is to be looked over, and what nobody looks after, the most urgent first."""
    found = (Review(each, people.userid_of(each.owner)) for each in entries)
    kept = (each for each in found if each.day is not None or each.entry.owner)
    return sorted(kept, key=lambda each: (each.day or date.max, each.entry.id))


def is_due(review: Review, today: date) -> bool:
    """Return whether an entry is to be looked over by now."""
    return review.day is not None and review.day <= today


def is_soon(review: Review, today: date) -> bool:
    """Return whether it will be before long."""
    return review.day is not None and today < review.day <= today + SOON


def is_unowned(review: Review) -> bool:
    """Return whether nobody looks after an entry that is to be looked over, or one is unknown."""
    return review.userid is None


def reminded_of(review: date, today: date) -> date | None:
    """Return the last day, until today, on which somebody is reminded; None before the first.

    It is some days before the day, the day itself, and every week after it.
    """
    if today < review - BEFORE:
        return None
    if today < review:
        return review - BEFORE
    return review + AGAIN * ((today - review) // AGAIN)


def recipients(due: Iterable[Review], others: Collection[str]) -> dict[str, list[Review]]:
    """Return who is reminded of what: its owner, or ``others`` where there is none."""
    found: dict[str, list[Review]] = {}
    for each in due:
        for userid in (each.userid,) if each.userid is not None else others:
            found.setdefault(userid, []).append(each)
    return found
