"""How a customer can be reached when nothing can be sent in the session: friends, a number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from chatbot.cases.case import one_line
from chatbot.forms.phones import find_phones
from chatbot.store.customers import relations_of
from chatbot.store.phones import case_phones, filled_forms

_MOST = 3
_LOOKED_AT = 20
_LONGEST_PHONE = 40


@dataclass(frozen=True, slots=True)
class LeftPhone:
    """A number, and where it was told last: in a message at night, a case or a form."""

    number: str
    told_in: Literal["message", "case", "form"]
    at: datetime


@dataclass(frozen=True, slots=True)
class Ways:
    """What is left: members who have the customer as a contact, numbers the newest first."""

    followers: tuple[str, ...]
    phones: tuple[LeftPhone, ...]


def ways_to(connection: Connection, external_userid: str) -> Ways:
    """Return how a customer can be reached beside the session."""
    relations = sorted(relations_of(connection, external_userid), key=lambda each: each.since)
    newest: dict[str, LeftPhone] = {}
    for phone in _phones(connection, external_userid):
        known = newest.get(phone.number)
        if known is None or known.at < phone.at:
            newest[phone.number] = phone
    phones = sorted(newest.values(), key=lambda each: each.at, reverse=True)
    followers = tuple(each.userid.lower() for each in relations if each.active)
    return Ways(followers, tuple(phones[:_MOST]))


def _phones(connection: Connection, external_userid: str) -> Iterator[LeftPhone]:
    for each in case_phones(connection, external_userid, _LOOKED_AT):
        yield LeftPhone(
            one_line(each.phone, _LONGEST_PHONE), "message" if each.is_message else "case", each.at
        )
    for form in filled_forms(connection, external_userid, _LOOKED_AT):
        for _, value in form.fields:
            # Whatever a brand calls the field, and however it was asked for: a number is one.
            for found in find_phones(value):
                yield LeftPhone(found.number, "form", form.at)
