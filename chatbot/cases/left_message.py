"""What customers leave out of hours: a phone number, and when they want to hear from people. Pure.

Nothing is asked for: what is in their own words is taken, and everything may be left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from chatbot.cases.case import one_line
from chatbot.cases.moments import find_moment
from chatbot.cases.office_hours import OfficeHours
from chatbot.forms.phones import find_phones
from chatbot.texts import Texts
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.patterns import Patterns

#: A left message is for the first hour that people are there.
_FIRST_HOUR = timedelta(hours=1)
_LONGEST = 1000
#: What may stand around a time that is all a message says: 后天吧, 那就明天下午可以.
_POLITE = re.compile(r"[\W_]|[吧的啊呀哦呢嘛我你您就那在请]|都?可以|都?行|好|谢谢|麻烦|之?前|之?后")
_LONGEST_WORDS = 60


@dataclass(frozen=True, slots=True)
class Left:
    """What a message says: a number, the words for a time, and that time; each may be missing."""

    phone: str = ""
    wanted: str = ""
    wanted_at: datetime | None = None


class LeftMessageReader:
    """Reads left messages with a brand's phrases. Immutable."""

    def __init__(self, texts: Texts, normaliser: Normaliser) -> None:
        self._normaliser = normaliser
        self._about_contact = Patterns.compile(texts.left_message_phrases, normaliser)

    def read(self, words: str, local: datetime, hours: OfficeHours) -> Left:
        """Return what a message says, written at ``local`` in the brand's time zone.

        A time counts beside a number or words of being in touch, or where it is all there is: in
        我想订明天的房 it is no time to call.
        """
        message = self._normaliser.normalise(words[:_LONGEST])
        phones = list(find_phones(message.text))
        rest = message.text
        for each in phones:
            rest = rest[: each.start] + " " * (each.end - each.start) + rest[each.end :]
        moment = find_moment(rest, local, hours)
        phone = phones[-1].number if phones else ""
        if moment is None:
            return Left(phone)
        around = rest[: moment.start] + rest[moment.end :]
        if phone or self._about_contact.find(message) or not _POLITE.sub("", around):
            wanted = rest[moment.start : moment.end]
            return Left(
                phone, one_line(_with_end(rest, moment.end, wanted), _LONGEST_WORDS), moment.at
            )
        return Left(phone)


def _with_end(text: str, end: int, words: str) -> str:
    """Return the words of a time with what limits it: 三点 with 以后."""
    return words + next((each for each in _LIMITS if text.startswith(each, end)), "")


_LIMITS = ("之前", "以前", "之后", "以后", "左右", "前", "后")


def due_of_left_message(wanted_at: datetime | None, opens_at: datetime) -> datetime:
    """Return until when a left message is to be answered: the first thing when people are back.

    A later time that the customer wants counts instead.
    """
    first = opens_at + _FIRST_HOUR
    return wanted_at if wanted_at is not None and wanted_at > opens_at else first
