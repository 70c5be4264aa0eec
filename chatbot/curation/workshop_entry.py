"""One entry at the workshop: the messages that wait for it, and what each would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from chatbot.curation.workshop_gain import answered_directly, by_gain
from chatbot.curation.workshop_kernel import Beside, Floats, Outlook
from chatbot.curation.workshop_waiting import Waiting
from chatbot.dialogue.snapshot import Snapshot
from chatbot.matching import fuzzy

#: Texts so similar say the same: one of them is enough.
_SAME = 0.9
#: Another entry so likely, compared with this one, would lose messages to it.
_THIEF = 0.3
#: A message labelled as another entry's that a new wording makes so much surer is pulled over.
_PULLED = 0.15
#: Below this probability that any entry is right, there is rather none.
_KNOWN = 0.4
#: With more letters and digits nobody writes the same again.
_LONG = 40


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A message that may become a similar question, and what speaks against it.

    ``times`` counts the messages that say the same, ``also``, too. ``gain`` is how many waiting
    messages it is predicted to have answered rightly, if it belongs to this entry. ``like`` is a
    wording that says the same already; ``thief_of`` the id of the entry whose messages it would
    pull over; ``personal`` the kinds of data masked in ``text``.
    """

    text: str
    times: int
    last: datetime | None
    confidence: float
    gain: float
    also: tuple[str, ...] = ()
    like: str = ""
    thief_of: str = ""
    maybe_none: bool = False
    personal: tuple[str, ...] = ()
    is_long: bool = False
    is_part: bool = False
    is_labelled: bool = False

    @property
    def expected_gain(self) -> float:
        """Return the gain times the probability that it belongs to the entry."""
        return max(0.0, self.gain) * (1.0 if self.is_labelled else self.confidence)


class EntryBench:
    """The messages that wait for the entry ``number``, and ``foreign`` ones, which are not its.

    ``beside`` and ``outlook`` are of ``own`` and then ``foreign``.
    """

    def __init__(
        self,
        number: int,
        own: Sequence[Waiting],
        foreign: Sequence[Waiting],
        beside: Beside,
        outlook: Outlook,
    ) -> None:
        self._number = number
        self._own = own
        self._foreign = foreign
        self._beside = beside
        self._outlook = outlook
        self._folded = self._fold()

    def answered(self, threshold: float) -> float:
        """Return how many of the waiting messages are probably answered rightly as it stands."""
        weights = np.array([each.heard.times * _belongs(each) for each in self._own])
        likely = answered_directly(self._outlook.confidences[: len(self._own)], threshold)
        return round(float(weights @ likely), 2) + 0.0

    def suggestions(self, snapshot: Snapshot) -> Iterator[Suggestion]:
        """Yield a suggestion for all messages that say the same, most gain first."""
        pulled = {at: self._pulled(at) for at in self._folded}
        often = np.array([float(each.heard.times) for each in (*self._own, *self._foreign)])
        likely = np.array([*map(_belongs, self._own), *(-1.0 for _ in self._foreign)])
        threshold = snapshot.threshold_of(self._number)
        order = by_gain(self._outlook, list(self._folded), often, likely, threshold)
        for at, gain in order:
            yield self._suggestion(snapshot, at, gain, pulled[at])

    def _fold(self) -> dict[int, list[int]]:
        """Return the messages that say something of their own, each with those that say the same.

        The most frequent one speaks for the others.
        """
        folded: dict[int, list[int]] = {}
        for at in range(len(self._own)):
            same = next((first for first in folded if self._say_the_same(at, first)), None)
            if same is None:
                folded[at] = []
            else:
                folded[same].append(at)
        return folded

    def _say_the_same(self, one: int, other: int) -> bool:
        if self._beside.among[one, other] >= _SAME:
            return True
        key, first = self._own[one].form.key, self._own[other].form.key
        return fuzzy.ratio(key, first) >= fuzzy.NEAR_EXACT and fuzzy.same_particulars(key, first)

    def _pulled(self, at: int) -> int | None:
        """Return the entry from which a new wording would pull a labelled message over, if any."""
        labelled = np.flatnonzero([each.is_labelled for each in self._foreign])
        if not len(labelled):
            return None
        rise = (self._outlook.with_wording(at) - self._outlook.confidences)[len(self._own) :]
        most = int(labelled[rise[labelled].argmax()])
        return self._foreign[most].number if rise[most] >= _PULLED else None

    def _suggestion(
        self, snapshot: Snapshot, at: int, gain: float, pulled: int | None
    ) -> Suggestion:
        each = self._own[at]
        same = [self._own[other] for other in self._folded[at]]
        thief_of = _thief_of(each) if pulled is None else pulled
        times = [one.heard.last for one in (each, *same) if one.heard.last is not None]
        return Suggestion(
            text=each.heard.text,
            times=each.heard.times + sum(one.heard.times for one in same),
            last=max(times, default=None),
            confidence=each.confidence,
            gain=round(gain, 2) + 0.0,
            also=tuple(one.heard.text for one in same),
            like=self._same_wording(at),
            thief_of="" if thief_of is None else snapshot.entries[thief_of].id,
            maybe_none=each.known < _KNOWN and not each.is_labelled,
            personal=each.personal,
            is_long=len(each.form.key) > _LONG,
            is_part=each.is_part,
            is_labelled=each.is_labelled,
        )

    def _same_wording(self, at: int) -> str:
        """Return the letters of a wording of the entry that says the same, if there is one."""
        own = np.flatnonzero(self._beside.labels == self._number)
        alike: Floats = self._beside.to_known[at, own]
        nearest = int(alike.argmax())
        return self._beside.keys[own[nearest]] if alike[nearest] >= _SAME else ""


def _belongs(each: Waiting) -> float:
    """Return the probability that a message belongs to the entry that it waits for."""
    return 1.0 if each.is_labelled else each.confidence


def _thief_of(each: Waiting) -> int | None:
    """Return the entry that is about as likely as the one a message waits for, if any."""
    if each.is_labelled or each.rival is None:
        return None
    number, likely = each.rival
    return number if likely >= _THIEF * each.confidence else None
