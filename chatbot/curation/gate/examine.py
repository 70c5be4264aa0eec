"""Holds a dialogue that may go live against the one that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chatbot.answers.calibration import weights_of
from chatbot.curation.gate.asking import Embed, decide_all
from chatbot.curation.gate.change import Change, Source, Verdict
from chatbot.curation.gate.neighbourhoods import Asked, Key, ask_neighbours, changed_wordings
from chatbot.curation.gate.report import MOST_LISTED, GateReport, PinnedResult
from chatbot.curation.left_out import Expected, expected, meet
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.pinned import PinnedQuestion
from chatbot.dialogue.recorded import Recorded
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.matching.practice import spread

#: Changed wordings that are asked as messages, at most.
_MOST_WORDINGS = 200


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked beside the wordings themselves: what is pinned, and what customers wrote."""

    pinned: Sequence[PinnedQuestion] = ()
    recent: Sequence[Recorded] = ()


def examine(
    live: Dialogue | None,
    candidate: Dialogue,
    questions: Questions,
    embed: Embed,
    now: datetime,
    content: Mapping[str, Any],
) -> GateReport:
    """Return what would change if ``candidate`` took the place of ``live``.

    Everything is asked of both: pinned questions, wordings that were written or taken away,
    wordings near those as if they were not there, and what customers wrote, as it was then.
    ``content`` says what was changed in the files, for the report.

    Raises:
        EncoderError: the encoder gives no vectors.
    """
    examiner = _Examiner(live, candidate, embed, now)
    pinned = tuple(examiner.pinned(questions.pinned))
    if live is None:
        return GateReport(
            None, pinned, {"pinned": len(pinned)}, (), 0, None, _expected(candidate), content,
            _titles([each.change for each in pinned], candidate.snapshot),
        )  # fmt: skip
    changed = changed_wordings(live.snapshot.entries, candidate.snapshot.entries)
    wordings = examiner.wordings(changed)
    near = ask_neighbours(live.snapshot, candidate.snapshot, changed)
    recent = examiner.recent(questions.recent)
    # What customers wrote comes first, what the admins wrote themselves last.
    changes = (*recent.changes, *near.changes, *wordings.changes)
    counts = {
        "pinned": len(pinned),
        "wording": wordings.count,
        "left-out": near.count,
        "recent": recent.count,
    }
    return GateReport(
        live=live.snapshot.number,
        pinned=pinned,
        asked=counts,
        changes=changes[:MOST_LISTED],
        changed=len(changes),
        before=_expected(live),
        after=_expected(candidate),
        content=content,
        titles=_titles(
            [*(each.change for each in pinned), *changes[:MOST_LISTED]],
            live.snapshot, candidate.snapshot,
        ),
    )  # fmt: skip


class _Examiner:
    def __init__(
        self, live: Dialogue | None, candidate: Dialogue, embed: Embed, now: datetime
    ) -> None:
        self._live = live
        self._candidate = candidate
        self._embed = embed
        self._now = now

    def pinned(self, questions: Sequence[PinnedQuestion]) -> Iterator[PinnedResult]:
        accounts = self._candidate.snapshot.accounts
        asked = [
            _first_message(each.text, each.situation(accounts, self._now)) for each in questions
        ]
        decided = decide_all(self._candidate, asked, self._embed)
        before = self._before(asked)
        for each, former, decision in zip(questions, before, decided, strict=True):
            change = Change(each.text, "pinned", former, Verdict.of(decision), each.faq_id)
            yield PinnedResult(each, change, each.holds(decision))

    def wordings(self, changed: Sequence[Key]) -> Asked:
        """Ask wordings that were written, taken away or put under other rules as messages."""
        entry_of: dict[str, str] = {}
        for entry, text in changed:
            entry_of.setdefault(text, entry)  # of one that moved, the entry it is in now
        texts = list(entry_of)
        some = [texts[at] for at in spread(range(len(texts)), _MOST_WORDINGS)]
        asked = [_first_message(text, Situation(self._now)) for text in some]
        return self._both(asked, [entry_of[text] for text in some], "wording")

    def recent(self, recorded: Sequence[Recorded]) -> Asked:
        """Ask what customers wrote, in the conversation it was written in."""
        return self._both(recorded, [""] * len(recorded), "recent")

    def _both(self, asked: Sequence[Recorded], entries: Sequence[str], source: Source) -> Asked:
        after = decide_all(self._candidate, asked, self._embed)
        changes = (
            Change(" ".join(each.utterance.texts), source, former, Verdict.of(decision), entry)
            for each, former, decision, entry in zip(
                asked, self._before(asked), after, entries, strict=True
            )
        )
        kept = tuple(each for each in changes if each.differs)
        return Asked(len(asked), kept)

    def _before(self, asked: Sequence[Recorded]) -> list[Verdict | None]:
        if self._live is None:
            return [None] * len(asked)
        return [Verdict.of(each) for each in decide_all(self._live, asked, self._embed)]


def _first_message(text: str, situation: Situation) -> Recorded:
    return Recorded(Utterance((text,)), Context(), situation)


def _titles(changes: Sequence[Change], *snapshots: Snapshot) -> dict[str, str]:
    """Return the questions of the entries that are spoken of, as the last snapshot has them."""
    spoken_of = {entry for each in changes for entry in each.entries}
    return {
        entry.id: entry.question
        for snapshot in snapshots
        for entry in snapshot.entries
        if entry.id in spoken_of
    }


def _expected(dialogue: Dialogue) -> Expected | None:
    snapshot: Snapshot = dialogue.snapshot
    left_out = snapshot.thresholds.calibration.left_out
    met = [meet(snapshot, each) for each in left_out]
    return expected(met, weights_of(left_out, snapshot.ranker.judge.share))
