"""What becomes of a customer's tags when somebody gives or takes one. Pure.

The rules:

* A tag lapses at the end of its group's lifetime, counted from the last time it was given.
* Of an exclusive group the newest tag stands and replaces the others; of several that one turn
  gives, the first (the strongest) stands.
* A person's word outranks the bot's. What people in WeCom gave does not lapse and is not
  replaced by the bot; what a person took away the bot does not give again for the group's
  lifetime, or 180 days where the group has none. An admin or a person may give it at any time,
  and that ends the wait. Each time the bot would have given it is on record as ``withheld``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from chatbot.customers.tag_groups import TagGroup, group_or_plain

#: How long the bot respects a removal where the tag's group has no lifetime.
RESPECT = timedelta(days=180)

Source = Literal["intent", "entry", "flow", "person", "admin", "time"]
State = Literal["given", "replaced", "lapsed", "removed"]
ChangeKind = Literal["given", "replaced", "lapsed", "removed", "withheld"]

_PEOPLE: frozenset[Source] = frozenset({"person", "admin"})


@dataclass(frozen=True, slots=True, order=True)
class Tag:
    """A tag of a group; both names are the ones in WeCom."""

    group: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Tag:
        """Return the tag of ``group:name``; the first colon divides them."""
        group, _, name = text.partition(":")
        return cls(group.strip(), name.strip())

    def __str__(self) -> str:
        return f"{self.group}:{self.name}"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who or what changes a tag: an intent, an entry, a form, a member, an admin, or time.

    ``name`` is the intent's, the entry's id or the member's userid; ``score`` is a confidence
    between 0 and 1 where there is one.
    """

    source: Source
    name: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Gift:
    """A tag somebody or something wants the customer to have."""

    tag: Tag
    cause: Cause


@dataclass(frozen=True, slots=True)
class Standing:
    """How a tag of a customer stands.

    ``ours`` is False for what only people in WeCom gave: it is not ours to write or take off.
    """

    tag: Tag
    state: State
    ours: bool
    first_given_at: datetime
    last_given_at: datetime
    times: int
    lapses_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_why: str | None = None
    withheld_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of evidence, and how the tag stands afterwards (None: as before).

    ``reason`` says more: of ``replaced`` the tag that took its place; of ``withheld``
    ``removed`` (a person had taken it away), ``person`` (a person gave another of the exclusive
    group) or ``same-turn`` (a stronger one of the group was given by the same turn).
    """

    kind: ChangeKind
    tag: Tag
    cause: Cause
    standing: Standing | None
    reason: str = ""


Standings = Mapping[Tag, Standing]
Groups = Mapping[str, TagGroup]


def give(
    standings: Standings, gifts: Iterable[Gift], groups: Groups, now: datetime
) -> tuple[Change, ...]:
    """Return what giving these tags, the strongest first, comes to."""
    after = dict(standings)
    changes: list[Change] = []
    fresh: set[Tag] = set()
    for gift in gifts:
        group = group_or_plain(groups, gift.tag.group)
        made = _give_one(after, gift, group, fresh, now)
        changes += made
        after.update({each.tag: each.standing for each in made if each.standing})
        if made[-1].kind == "given":
            fresh.add(gift.tag)
    return tuple(changes)


def _give_one(
    standings: Standings, gift: Gift, group: TagGroup, fresh: set[Tag], now: datetime
) -> list[Change]:
    standing = standings.get(gift.tag)
    rivals = [each for each in standings.values() if group.exclusive and _rivals(each, gift.tag)]
    if reason := _objection(gift, standing, rivals, fresh, now):
        return [Change("withheld", gift.tag, gift.cause, None, reason)]
    replaced = [_replaced(rival, gift, now) for rival in rivals]
    return [*replaced, Change("given", gift.tag, gift.cause, _given(standing, gift, group, now))]


def _rivals(standing: Standing, tag: Tag) -> bool:
    return standing.state == "given" and standing.tag.group == tag.group and standing.tag != tag


def _objection(
    gift: Gift, standing: Standing | None, rivals: list[Standing], fresh: set[Tag], now: datetime
) -> str:
    """Return why the bot does not give this tag, or nothing."""
    if gift.cause.source in _PEOPLE:
        return ""
    if standing and standing.withheld_until and standing.withheld_until > now:
        return "removed"
    if any(not rival.ours for rival in rivals):
        return "person"
    if any(rival.tag in fresh for rival in rivals):
        return "same-turn"
    return ""


def _given(standing: Standing | None, gift: Gift, group: TagGroup, now: datetime) -> Standing:
    stands = standing is not None and standing.state == "given"
    person = gift.cause.source == "person"
    theirs = person if standing is None or not stands else not standing.ours
    if gift.cause.source == "admin":
        theirs = False
    lapses = None if theirs or group.lifetime is None else now + group.lifetime
    return Standing(
        tag=gift.tag,
        state="given",
        ours=not theirs,
        first_given_at=standing.first_given_at if standing else now,
        last_given_at=now,
        times=standing.times + 1 if standing else 1,
        lapses_at=lapses,
    )


def _replaced(rival: Standing, gift: Gift, now: datetime) -> Change:
    reason = str(gift.tag)
    ended = _ended(rival, "replaced", gift.cause, reason, now)
    return Change("replaced", rival.tag, gift.cause, ended, reason)


def take_away(
    standing: Standing, cause: Cause, groups: Groups, now: datetime, reason: str = ""
) -> Change:
    """Return what a person's removal comes to: the bot respects it from now on."""
    respect = group_or_plain(groups, standing.tag.group).lifetime or RESPECT
    ended = _ended(standing, "removed", cause, reason, now)
    ended = replace(ended, withheld_until=now + respect)
    return Change("removed", standing.tag, cause, ended, reason)


def lapse(standing: Standing, now: datetime) -> Change:
    """Return what the end of a tag's lifetime comes to."""
    cause = Cause("time")
    return Change("lapsed", standing.tag, cause, _ended(standing, "lapsed", cause, "", now))


def _ended(standing: Standing, state: State, cause: Cause, why: str, now: datetime) -> Standing:
    by = f"{cause.source}:{cause.name}" if cause.name else cause.source
    return replace(
        standing, state=state, lapses_at=None, ended_at=now, ended_by=by, ended_why=why or None
    )
