"""What an agent promises a customer in the chat: 明天答复您, 下午三点前给您回电. Pure.

It is looked for in the agent's words by rules. Without a time, or a word for "later", nothing is a
promise; neither is what was done already, what is asked, denied or supposed, nor what is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from chatbot.cases.case import CaseKind
from chatbot.cases.moments import find_moment
from chatbot.cases.office_hours import OfficeHours
from chatbot.texts import Texts
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.patterns import Patterns

#: Nobody promises in more; it bounds the work.
_LONGEST = 1000
_QUOTED = re.compile(r"「[^「」]*」|『[^『』]*』|“[^“”]*”|\"[^\"\n]*\"|^\s*>.*$", re.MULTILINE)
_SENTENCE = re.compile(r"[^。!！?？;；\n…]+[。!！?？;；\n…]*")
_COMMAS = re.compile(r"[,，、]|[:：](?!\d)|(?<=[^\x00-\x7f]) +(?=[^\x00-\x7f])")
_ASKS = re.compile(r"(?:[吗么嘛]|[?？])[\s?？。!！]*$")
#: 明天答复您可以吗: asked for agreement, it is a promise all the same.
_AGREED = re.compile(
    r"[,，\s]*(?:您看|你看)?(?:这样)?(?:可以|好|行|成|ok)[不吗么嘛]*[\s?？。!！]*$", re.IGNORECASE
)
#: The customer as who acts: in front of a time it is the customer's time.
_CUSTOMER_ACTS = re.compile(r"(?<![给帮为跟向和替与同复诉知系馈])[您你](?![的这那])")


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised until when, in the words of the clause."""

    kind: CaseKind
    due_at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class _Clause:
    written: str
    text: NormalText


class PromiseReader:
    """Finds promises with a brand's phrases. Immutable."""

    def __init__(self, texts: Texts, normaliser: Normaliser) -> None:
        def patterns(phrases: Sequence[str]) -> Patterns:
            return Patterns.compile(phrases, normaliser)

        self._normaliser = normaliser
        self._kinds: tuple[tuple[CaseKind, Patterns], ...] = (
            ("call", patterns(texts.case_call_phrases)),
            ("handle", patterns(texts.case_handle_phrases)),
            ("reply", patterns(texts.case_reply_phrases)),
        )
        self._later = patterns(texts.case_later_phrases)
        self._excluded = patterns(texts.case_excluded_phrases)

    def read(self, words: str, local: datetime, hours: OfficeHours) -> Promise | None:
        """Return the first promise of an agent's message, None without any.

        ``local`` is when it was written, in the brand's time zone.
        """
        for sentence in _SENTENCE.findall(_QUOTED.sub(" ", words[:_LONGEST])):
            promise = self._in_sentence(sentence, local, hours)
            if promise is not None:
                return promise
        return None

    def _in_sentence(self, sentence: str, local: datetime, hours: OfficeHours) -> Promise | None:
        plain = _AGREED.sub("", sentence) or sentence
        clauses = list(self._clauses(plain))
        excluded = [self._excluded.find(clause.text) is not None for clause in clauses]
        for number, clause in enumerate(clauses):
            kind = None if excluded[number] else self._kind(clause.text)
            if kind is None or _ASKS.search(clause.written):
                continue
            if any(excluded[:number]) and self._supposed(clauses[:number]):
                return None
            around = [each for each, out in zip(clauses, excluded, strict=True) if not out]
            due_at = self._due(kind, clause, around, local, hours)
            if due_at is not None:
                return Promise(kind, due_at, clause.written.strip())
        return None

    def _clauses(self, sentence: str) -> Iterator[_Clause]:
        for written in _COMMAS.split(sentence):
            text = self._normaliser.normalise(written)
            if not text.is_empty:
                yield _Clause(written, text)

    def _kind(self, text: NormalText) -> CaseKind | None:
        return next((kind for kind, each in self._kinds if each.find(text)), None)

    def _supposed(self, before: Sequence[_Clause]) -> bool:
        """Return whether the sentence begins by supposing something: 如果没到, 我再联系您."""
        return any(_SUPPOSES.search(clause.text.text) for clause in before)

    def _due(
        self,
        kind: CaseKind,
        clause: _Clause,
        around: Sequence[_Clause],
        local: datetime,
        hours: OfficeHours,
    ) -> datetime | None:
        """Return the clause's time, else that of one beside it, else today for "later"."""
        own = _time_of_ours(clause, local, hours)
        if own is not None:
            return own
        others = [
            each for each in _nearest(clause, around) if not _CUSTOMER_ACTS.search(each.text.text)
        ]
        for each in others:
            at = _time_of_ours(each, local, hours)
            if at is not None:
                return at
        said_later = any(self._later.find(each.text) for each in (clause, *others))
        return hours.end_of_today(local) if said_later and kind != "handle" else None


_SUPPOSES = re.compile(r"如果|要是|假如|倘若|[若]|万一|一旦|除非|的话")


def _nearest(clause: _Clause, around: Sequence[_Clause]) -> list[_Clause]:
    """Return the other clauses: those in front, the nearest first, then the one behind."""
    place = around.index(clause)
    return [*reversed(around[:place]), *around[place + 1 : place + 2]]


def _time_of_ours(clause: _Clause, local: datetime, hours: OfficeHours) -> datetime | None:
    """Return the clause's time unless it is when the customer does something."""
    found = find_moment(clause.text.text, local, hours)
    if found is None or _CUSTOMER_ACTS.search(clause.text.text[: found.start]):
        return None
    return found.at
