"""Notices in front of what is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chatbot.dialogue.decision import GivenNotice, Reply, TextReply
from chatbot.dialogue.notice_scope import Known, known_rows, reaches
from chatbot.dialogue.rating import RATING_RULE
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Outcome, Situation
from chatbot.dialogue.wording import values_of
from chatbot.facts.variables import fill, variables_in
from chatbot.notices.heading import TEXT_BYTES, heading_of, joined, size
from chatbot.notices.notice import Notice


def with_heading(snapshot: Snapshot, outcome: Outcome, situation: Situation) -> Outcome:
    """Return ``outcome`` with the notices in front that the customer has still to read."""
    if not any(each.mode == "prefix" for each in situation.notices) or not _carries(outcome):
        return outcome
    key = snapshot.normaliser.normalise(outcome.decision.text).key
    known = known_rows(snapshot, key, outcome.context, situation)
    held = (each for each in situation.notices if _is_told(snapshot, each, outcome, known))
    told, heading = heading_of(_worded(snapshot, held, situation, known))
    if not told:
        return outcome
    day = situation.now.astimezone(snapshot.timezone).date()
    decision = outcome.decision
    given = tuple(GivenNotice(each.id, "prefix", day) for each in told)
    headed = replace(
        decision, reply=_below(heading, decision.reply), notices=(*given, *decision.notices),
        unheaded=decision.reply,
    )  # fmt: skip
    told_of = [*([each.id, "prefix"] for each in told), *outcome.trace.get("notices", ())]
    return replace(outcome, decision=headed, trace={**outcome.trace, "notices": told_of})


def without_heading(outcome: Outcome) -> Outcome:
    """Return ``outcome`` as it is where its notices in front wait for the next turn."""
    decision = outcome.decision
    if decision.unheaded is None:
        return outcome
    notices = tuple(each for each in decision.notices if each.mode != "prefix")
    unheaded = replace(decision, reply=decision.unheaded, notices=notices, unheaded=None)
    trace = {name: value for name, value in outcome.trace.items() if name != "notices"}
    if notices:
        trace["notices"] = [each for each in outcome.trace["notices"] if each[1] != "prefix"]
    return replace(outcome, decision=unheaded, trace=trace)


def welcome_heading(
    snapshot: Snapshot, context: Context, situation: Situation, most: int
) -> tuple[list[Notice], str]:
    """Return the notices that a customer is greeted with, and what they say in ``most`` bytes."""
    known = known_rows(snapshot, "", context, situation)
    general = (each for each in situation.notices if each.mode == "prefix" and not each.categories)
    held = (each for each in general if reaches(snapshot, each, known, surely=False))
    return heading_of(_worded(snapshot, held, situation, known), most)


def _carries(outcome: Outcome) -> bool:
    """Return whether something is said that a notice may stand in front of.

    Who is in an emergency, or rates the service, is not held up by one.
    """
    decision = outcome.decision
    if outcome.trace.get("rule") == RATING_RULE:
        return False
    if decision.handoff is not None:
        return decision.handoff.priority != "urgent"
    return bool(decision.reply)


def _is_told(snapshot: Snapshot, notice: Notice, outcome: Outcome, known: Known) -> bool:
    """Return whether a notice in front concerns this turn."""
    if notice.mode != "prefix":
        return False
    if notice.categories and not any(map(notice.is_about, _categories(snapshot, outcome))):
        return False
    return reaches(snapshot, notice, known, surely=False)


def _categories(snapshot: Snapshot, outcome: Outcome) -> list[str]:
    """Return the categories of the entries that are answered."""
    decision, last = outcome.decision, outcome.context.last
    if decision.action != "answer":
        return []
    faq_ids = {decision.faq_id, *(last.faq_ids if last is not None else ())}
    numbers = (snapshot.by_id.get(each) for each in faq_ids if each is not None)
    return [snapshot.entries[number].category for number in numbers if number is not None]


def _worded(
    snapshot: Snapshot, notices: Iterable[Notice], situation: Situation, known: Known
) -> Iterable[tuple[Notice, str]]:
    """Yield notices with what they say; one that lacks a fact waits until it is known."""
    account = snapshot.accounts.of(situation.account)
    for notice in notices:
        rows: dict[str, str] = {}
        for group in {each.group for each in variables_in(notice.text)} & snapshot.rows.keys():
            row = known(group).key
            if row is not None:
                rows[group] = row
        text = fill(notice.text, values_of(snapshot, account, situation.customer, rows))
        if isinstance(text, str):
            yield notice, text


def _below(heading: str, reply: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """Return the reply below the heading: in the same message where both fit into one."""
    first = reply[0] if reply else None
    if isinstance(first, TextReply):
        together = joined(heading, first.text)
        if size(together) <= TEXT_BYTES:
            return (TextReply(together), *reply[1:])
    return (TextReply(heading), *reply)
