"""An utterance, understood as far as rules go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chatbot.accounts.account import Account
from chatbot.customers.ratings import RatingGiven
from chatbot.customers.tag_groups import STAGES
from chatbot.dialogue.attachments import words_of
from chatbot.dialogue.decision import GivenTag, IntentMatch
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.turn import Answered, Context, Outcome, Situation, Utterance
from chatbot.forms.form import Flow
from chatbot.forms.step import FormStep
from chatbot.matching.encoder import Vectors
from chatbot.understanding.clauses import Clause
from chatbot.understanding.intent_examples import SURE_FROM
from chatbot.understanding.intents import FoundIntent, Intent
from chatbot.understanding.language import CHINESE, language_of
from chatbot.understanding.normalise import NormalText
from chatbot.understanding.smalltalk import Kind as SmalltalkKind
from chatbot.understanding.typos import Correction

#: Letters beyond this are not looked at word by word; the encoder does not read them either.
LONGEST_MATCHED = 480


@dataclass(frozen=True, slots=True)
class Understood:
    """What the rules look at.

    ``asked`` is ``message`` without typing errors and the greeting in front, in canonical words;
    ``question`` the same as it is asked of any row of a table: the very same object where no row
    is named.

    ``today`` is the day in the brand's time zone. ``barred`` holds the numbers of the entries
    that must not answer this message, ``silent`` those of them that answer none here and now.
    """

    utterance: Utterance
    context: Context
    situation: Situation
    account: Account
    today: date
    said: str
    message: NormalText
    asked: NormalText
    question: NormalText
    smalltalk: SmalltalkKind | None
    found: tuple[FoundIntent, ...]
    barred: frozenset[int]
    silent: frozenset[int]
    trace: dict[str, Any]
    #: The entries just answered that this message says were not what was asked.
    refused: tuple[str, ...] = ()
    #: The questions it asks, each as if it were all of the message, if it asks several; and the
    #: same with every sentence by itself, if that differs.
    parts: tuple[tuple[str, Understood], ...] = ()
    sentences: tuple[tuple[str, Understood], ...] = ()
    #: Its clauses that may each tell another intent, if there are several.
    clauses: tuple[Clause, ...] = ()
    #: The message together with what was spoken of before, if it says little by itself.
    follow_up: NormalText | None = None
    #: What an intent replies to the other part of the message, which asks nothing.
    in_front: Outcome | None = None
    #: The intents that have been replied to in that way.
    replied: frozenset[str] = frozenset()
    #: What was typed instead of tapping the line that this is a tap on.
    typed: str = ""
    #: The form that this message interrupts, and how it is resumed.
    aside: tuple[Flow, FormStep] | None = None

    @property
    def asks(self) -> bool:
        """Return whether there are words beyond small talk."""
        return not self.message.is_empty and self.smalltalk is None

    @property
    def language(self) -> str:
        """Return the language of the message; of one without words, that of those before.

        A tapped line is in the words of a menu, not in the customer's.
        """
        tapped = self.utterance.menu_id is not None
        written = "" if tapped else language_of(self.said)
        return written or self.context.language or CHINESE

    @property
    def forms(self) -> tuple[NormalText, ...]:
        """Return the question as it was asked and, if that differs, as it is asked of any row."""
        return (self.asked,) if self.question is self.asked else (self.asked, self.question)

    @property
    def acting(self) -> FoundIntent | None:
        """Return the strongest of the intents found that says what is still to be done."""
        acting = (hit for hit in self.found if hit.intent.acts)
        return next((hit for hit in acting if hit.intent.name not in self.replied), None)

    @property
    def intents(self) -> tuple[IntentMatch, ...]:
        """Return the intents as a decision records them."""
        return tuple(
            IntentMatch(hit.intent.name, round(hit.confidence, 4), hit.evidence)
            for hit in self.found
        )

    @property
    def given(self) -> tuple[GivenTag, ...]:
        """Return the tags of all intents that are surely enough found, each with its intent.

        The lifecycle stage an intent moves to is the tag of a group of its own.
        """
        return tuple(
            GivenTag(tag, "intent", hit.intent.name, round(hit.confidence, 4))
            for hit in self.found
            if hit.confidence >= SURE_FROM
            for tag in _tags_of(hit.intent)
        )

    def knowing(self, **evidence: Any) -> Understood:
        """Return this with more ``evidence`` in its trace."""
        return replace(self, trace={**self.trace, **evidence})

    @property
    def last(self) -> Answered | None:
        """Return the answers given last, while the customer has them in mind."""
        last = self.context.last
        return last if last is not None and last.is_fresh(self.situation.now) else None

    @property
    def is_menu_fresh(self) -> bool:
        """Return whether the menu that asked back is still in the customer's mind."""
        return self.context.is_menu_fresh(self.situation.now)

    def remembering(self, table: str, key: str) -> Understood:
        """Return this with the row of ``table`` that is meant from now on."""
        rows = {**self.context.rows, table: key}
        return replace(self, context=replace(self.context, rows=rows))


@dataclass(frozen=True, slots=True)
class NeedsVectors:
    """The turn cannot be decided yet: embed ``texts`` and call ``Dialogue.finish``.

    ``turn``, ``known``, the vectors of texts embedded before, and ``rating``, given beside what is
    to be decided, are the dialogue's own note to itself.
    """

    texts: tuple[str, ...]
    turn: Understood
    known: Mapping[str, Vectors] = field(default_factory=dict)
    rating: RatingGiven | None = None


def understand(
    snapshot: Snapshot, utterance: Utterance, context: Context, situation: Situation
) -> Understood:
    """Return ``utterance`` with everything that needs no vector."""
    said = words_of(utterance)
    message = snapshot.normaliser.normalise(said)
    meant, corrections = snapshot.words.mend(message)
    plain = snapshot.smalltalk.question(meant)
    asked, question = _compared(snapshot, plain)
    forms = (asked,) if question is asked else (asked, question)
    found = tuple(snapshot.intents.find(*dict.fromkeys((*forms, message))))
    shown = question.text[:LONGEST_MATCHED]
    today = situation.now.astimezone(snapshot.timezone).date()
    account = snapshot.accounts.of(situation.account)
    silent = snapshot.silent(account, today)
    refused = frozenset().union(*(snapshot.wordings.refused(form.key) for form in forms))
    return Understood(
        utterance=utterance,
        context=_with_named_rows(snapshot, meant, context),
        situation=situation,
        account=account,
        today=today,
        said=said,
        message=message,
        asked=asked,
        question=question,
        smalltalk=snapshot.smalltalk.kind(message),
        found=found,
        barred=silent | refused,
        silent=silent,
        trace={
            "normalised": shown,
            "tokens": snapshot.segmenter.cut(shown),
            "intents": intents_trace(found),
            **_words_trace(corrections, snapshot.words.synonyms.replaced(plain)),
        },
    )


def asking(snapshot: Snapshot, turn: Understood, asked: NormalText) -> Understood:
    """Return ``turn`` as if ``asked`` were all that it asks."""
    message, (meant, _) = asked, snapshot.words.mend(asked)
    asked, question = _compared(snapshot, meant)
    forms = (asked,) if question is asked else (asked, question)
    refused = frozenset().union(*(snapshot.wordings.refused(form.key) for form in forms))
    return replace(
        turn,
        message=message,
        asked=asked,
        question=question,
        barred=turn.silent | refused,
        context=_with_named_rows(snapshot, meant, turn.context),
    )


def _with_named_rows(snapshot: Snapshot, message: NormalText, context: Context) -> Context:
    """Return the context with the rows that the message names, whatever it is about."""
    named = {name: rows.called_by_name(message.key) for name, rows in snapshot.rows.items()}
    new = {name: key for name, key in named.items() if key and context.rows.get(name) != key}
    return replace(context, rows={**context.rows, **new}) if new else context


def _compared(snapshot: Snapshot, asked: NormalText) -> tuple[NormalText, NormalText]:
    """Return the question in canonical words, and so as it is asked of any row of a table."""
    question = _generalised(snapshot, asked)
    canonical = snapshot.words.canonical(asked)
    return canonical, canonical if question is asked else snapshot.words.canonical(question)


def _words_trace(
    corrections: Iterable[Correction], synonyms: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """Return what was read as something else than it was written, for the trace."""
    read = {
        "corrections": [[each.typed, each.meant] for each in corrections],
        "synonyms": [[written, meant] for written, meant in synonyms],
    }
    return {name: pairs for name, pairs in read.items() if pairs}


def _generalised(snapshot: Snapshot, question: NormalText) -> NormalText:
    """Return the question as it is asked of any row of a table, if any of it is left then."""
    text = question.text
    for rows in snapshot.rows.values():
        text = rows.generalised(text)
    if text == question.text:
        return question
    left = snapshot.normaliser.normalise(text)
    return left if len(left.key) > 1 else question


def _tags_of(intent: Intent) -> tuple[str, ...]:
    return (*intent.tags, f"{STAGES}:{intent.stage}") if intent.stage else intent.tags


def intents_trace(found: Iterable[FoundIntent]) -> list[list[Any]]:
    """Return each intent's name, kind of evidence and the very words, for the trace."""
    return [[hit.intent.name, hit.evidence, hit.detail] for hit in found]
