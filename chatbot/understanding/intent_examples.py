"""What a customer is after, told by messages that mean the same as an intent's examples."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from chatbot.matching.centring import CentredSpace
from chatbot.matching.confidence import ConfidenceModel
from chatbot.matching.encoder import Vectors
from chatbot.understanding.clauses import Clause, Span, joined, spans
from chatbot.understanding.intent_head import IntentHead
from chatbot.understanding.intents import FoundIntent, Intent
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.patterns import Patterns
from chatbot.understanding.several_intents import SeveralIntents, Told, strongest_of

#: From this probability on an intent is more likely right than wrong: enough for its tags.
SURE_FROM = 0.5
#: From this one on the strongest intent is said to be found: none and all others share what is
#: left. Thresholds learnt from each brand's own examples, by leaving one out, were no better.
SAID_FROM = 0.3
#: From this centred cosine with an example on, a message of elsewhere does not speak against it.
_NOT_FOREIGN = 0.6
#: From so many examples on, they are compared in the principal directions of them and of everyday
#: talk alone, so that reading them takes less time than a message's other work.
_MANY = 200
#: How many questions of the knowledge base are compared with, those nearest to the examples.
_MOST_ASKED = 300
#: How many examples are learnt at most; the time to learn them grows with their number cubed.
_MOST_LEARNT = 3000
_AT_ONCE = 1000
_LEAST_SCORE = 0.01
#: Intents with less than this are not worth a probability.
_WORTH_A_LOOK = 0.05
#: A message may be after several things if it shows one intent so likely, and two with such scores:
#: that looks at a quarter fewer texts, and tells hardly fewer of two intents in one message.
_HINTED_FROM = 0.2
_HINT = 0.1
#: How alike two intents are is told by so many pairs of examples, the nearest of the first so many.
_NEAREST_PAIRS = 5
_PAIRED = 50


#: An intent that a text may have: number, score, and distance to the best other one's score.
Lead = tuple[int, float, float]


@dataclass(frozen=True, slots=True)
class Example:
    """An example of the intent ``number`` in its normal form."""

    number: int
    text: NormalText


def examples_of(intents: Iterable[Intent], normaliser: Normaliser) -> tuple[Example, ...]:
    """Return all examples in file order, the same wording of an intent once."""
    return tuple(
        Example(number, text)
        for number, intent in enumerate(intents)
        for text in dict.fromkeys(map(normaliser.normalise, intent.examples))
        if text.key
    )


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Messages that belong to no intent, a vector each.

    ``everyday`` is common talk, at least one message; ``asked`` are the knowledge base's own
    questions, which an intent may accompany: they only speak softly against one.
    """

    everyday: Sequence[NormalText]
    everyday_vectors: Vectors
    asked_vectors: Vectors


@dataclass(frozen=True, slots=True)
class IntentSignals:
    """What speaks for and against one intent."""

    #: Kernel ridge score of the intent; 1 for one of its own examples, 0 for nothing near.
    score: float
    #: Its distance to the best other intent's score.
    margin: float
    #: Highest centred cosine with a message of elsewhere, which has no intent.
    elsewhere: float
    #: Examples of the intent.
    examples: int

    def features(self) -> tuple[float, ...]:
        """Return the inputs of the logistic model, in the order of its coefficients."""
        score = math.log(max(self.score, _LEAST_SCORE))
        return (score, self.margin, self.elsewhere**2, math.log(self.examples))


#: Fitted by ``benchmarks/intents.py --fit`` on three sets of real messages to a broker's service
#: desk, a voice assistant and a travel guide: whole, beside a hotel's knowledge base, with 3 and 5
#: examples an intent, and with half of the intents or fewer and the others' examples as elsewhere;
#: 30 % of the messages weighted to have no intent. Held out, each set by the other two,
#: docs/benchmarks.md has what it is worth.
SHIPPED_INTENT_MODEL = ConfidenceModel(
    intercept=4.0997, coefficients=(1.5725, 8.501, -6.0885, -0.8635)
)


@dataclass(frozen=True, slots=True)
class LeftOutExample:
    """An example as a message: the intent ``shown`` by the others, and how probable that is.

    ``own`` is the score of its own intent.
    """

    example: Example
    shown: int
    confidence: float
    own: float


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A text with its centred vector, and the intents that it may have."""

    text: NormalText
    centred: Vectors
    leading: Sequence[Lead]


class IntentExamples:
    """Finds intents by their examples; immutable once built. ``vectors`` has a row an example."""

    def __init__(
        self,
        intents: Sequence[Intent],
        examples: Sequence[Example],
        vectors: Vectors,
        elsewhere: Elsewhere,
        normaliser: Normaliser,
        model: ConfidenceModel = SHIPPED_INTENT_MODEL,
    ) -> None:
        self._intents = tuple(intents)
        self._exclude = [Patterns.compile(intent.exclude, normaliser) for intent in intents]
        self._examples = tuple(examples)
        self._vectors = vectors
        self._away = replace(elsewhere, asked_vectors=elsewhere.asked_vectors[:0])
        self._of_intent = np.array([example.number for example in examples], dtype=np.int64)
        self._counts = np.bincount(self._of_intent, minlength=len(self._intents))
        self._model = model
        if examples:
            self._learn(vectors, elsewhere)

    def _learn(self, vectors: Vectors, elsewhere: Elsewhere) -> None:
        background = elsewhere.everyday_vectors
        spanning = np.concatenate([vectors, background]) if len(vectors) >= _MANY else None
        self._space = CentredSpace(vectors, background, spanning)
        self._rows = self._space.rows(vectors)
        everyday, kept = self._foreign(elsewhere.everyday_vectors)
        asked, near = self._foreign(elsewhere.asked_vectors)
        self._away = replace(elsewhere, asked_vectors=elsewhere.asked_vectors[near])
        self._elsewhere = np.concatenate([everyday, asked])
        self._usual_length = float(np.median([len(each.text.key) for each in self._examples]))
        self._learnt = learnt = evenly(self._of_intent, _MOST_LEARNT)
        self._head = IntentHead(
            [
                *(self._examples[at].text.key for at in learnt),
                *(elsewhere.everyday[at].key for at in kept),
            ],
            np.concatenate([self._rows[learnt], everyday]),
            np.concatenate([self._of_intent[learnt], np.full(len(kept), -1)]),
        )

    def _foreign(self, vectors: Vectors) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """Return those of ``vectors``, centred, that are not about what the examples are about.

        At most ``_MOST_ASKED``, those nearest to the examples, and their numbers.
        """
        parts = (vectors[at : at + _AT_ONCE] for at in range(0, len(vectors), _AT_ONCE))
        likest = [(self._space.rows(part) @ self._rows.T).max(axis=1) for part in parts]
        nearest = np.concatenate(likest or [np.zeros(0, dtype=np.float32)])
        foreign = np.flatnonzero(nearest < _NOT_FOREIGN)
        kept = np.sort(foreign[np.argsort(-nearest[foreign], kind="stable")][:_MOST_ASKED])
        return self._space.rows(vectors[kept]), kept

    def with_intents(
        self,
        intents: Sequence[Intent],
        examples: Sequence[Example],
        embed: Callable[[Sequence[str]], Vectors],
        normaliser: Normaliser,
    ) -> IntentExamples:
        """Return what finds other intents, to try them before anybody is answered by them.

        ``embed`` is asked for the texts that are not known yet, if there are any. Of the knowledge
        base's questions those speak against them that do so here.
        """
        known = {
            each.text.text: row for each, row in zip(self._examples, self._vectors, strict=True)
        }
        new = list(
            dict.fromkeys(each.text.text for each in examples if each.text.text not in known)
        )
        if new:
            known |= dict(zip(new, embed(new), strict=True))
        rows = [known[each.text.text] for each in examples]
        vectors = np.stack(rows) if rows else self._vectors[:0]
        return IntentExamples(intents, examples, vectors, self._away, normaliser, self._model)

    @property
    def needs_vectors(self) -> bool:
        """Return whether there is any example to compare a vector with."""
        return bool(self._examples)

    def find(
        self,
        looked: Sequence[LookedAt],
        found: Sequence[FoundIntent] = (),
        clauses: Sequence[Clause] = (),
        of_spans: Iterable[Vectors] = (),
    ) -> tuple[FoundIntent, ...]:
        """Return ``found``, what the rules found, and what the examples tell, strongest first.

        ``looked`` are a message and, if it asks several things, its parts: an intent is as likely
        as in the text that shows it most. ``of_spans`` are the embeddings, shape (dim,) each, of
        the message's ``clauses``, one for each of ``spans``.

        The examples tell the strongest from ``SAID_FROM`` on and others from ``SURE_FROM`` on, if
        the whole message shows them; clauses that are surely about several things tell one each,
        and they alone where a rule says what to do anyway. Nothing that an intent's ``exclude``
        forbids. Equally strong ones go by urgency, what the rules found before the rest.
        """
        shown = [self._likely(each) for each in looked]
        whole = shown[0] if shown else {}
        apart = self._apart(whole, clauses, of_spans) if clauses else {}
        ruled = any(hit.intent.acts for hit in found)
        texts = [each.text for each in looked]
        likely = self._allowed(apart or ({} if ruled else strongest_of(shown)), texts, found)
        first = max(likely, key=lambda number: likely[number].confidence, default=None)
        new = [
            FoundIntent(self._intents[number], each.confidence, "examples", each.detail)
            for number, each in likely.items()
            if number == first or number in apart or _is_sure(whole.get(number))
        ]
        ranked = sorted((*found, *new), key=lambda hit: (-hit.confidence, -hit.intent.urgency))
        return tuple(ranked)

    def hints_at_several(
        self, looked: Sequence[LookedAt], found: Sequence[FoundIntent] = ()
    ) -> bool:
        """Return whether clauses of a message are worth embedding, to see what each tells.

        ``looked`` and ``found`` as in ``find``: what clauses tell by themselves shows a little in
        the whole message as well.
        """
        ruled = {hit.intent.name for hit in found}
        leads = [lead for each in looked for lead in each.leading]
        hinted = ruled | {self._intents[lead[0]].name for lead in leads if lead[1] >= _HINT}
        if len(hinted) < 2:
            return False
        return bool(ruled) or any(self._judged(each, _HINTED_FROM) for each in looked)

    def _allowed(
        self, likely: Mapping[int, Told], texts: Sequence[NormalText], found: Sequence[FoundIntent]
    ) -> dict[int, Told]:
        """Return those of ``likely`` that are new and not excluded, in their order."""
        known = {hit.intent.name for hit in found}
        return {
            number: each
            for number, each in likely.items()
            if self._intents[number].name not in known
            and not any(map(self._exclude[number].find, texts))
        }

    def _apart(
        self, whole: Mapping[int, Told], clauses: Sequence[Clause], of_spans: Iterable[Vectors]
    ) -> dict[int, Told]:
        """Return the intents of a message whose clauses are surely about several things.

        None is stronger than the one that the whole message shows most. If that is none of them
        and yet sure, the clauses have misled.
        """
        told = self._told_by(clauses, of_spans)
        several = SeveralIntents(clauses, told, self._alike, self._usual_length).find()
        first = max(whole.values(), key=lambda each: each.confidence, default=None)
        apart = {each.number: each for each in several}
        if first is None or first.number not in apart:
            return {} if _is_sure(first) else apart
        apart = {first.number: first, **apart}
        shown = strongest_of([apart, whole, {each.number: each for each in several}])
        most = shown[first.number].confidence
        return {
            number: replace(shown[number], confidence=min(shown[number].confidence, most))
            for number in apart
        }

    def _told_by(self, clauses: Sequence[Clause], of_spans: Iterable[Vectors]) -> dict[Span, Told]:
        """Return what each run of clauses tells by itself, if it tells anything."""
        number_of = {intent.name: number for number, intent in enumerate(self._intents)}
        told: dict[Span, Told] = {}
        for span, vector in zip(spans(len(clauses)), of_spans, strict=True):
            some = clauses[slice(*span)]
            by_rule = sorted(number_of[name] for clause in some for name in clause.found)
            if by_rule:
                told[span] = Told(by_rule[0], 1.0, 1.0, "")
                continue
            likely = self._likely(self._look(joined(some), vector))
            if likely:
                told[span] = max(likely.values(), key=lambda each: each.score)
        return told

    def _alike(self, one: int, other: int) -> float:
        some, others = (self._rows[self._of_intent == number][:_PAIRED] for number in (one, other))
        nearest = np.sort((some @ others.T).ravel())[-_NEAREST_PAIRS:]
        return float(nearest.mean()) if len(nearest) else 0.0

    def assess(self, question: NormalText, vector: Vectors) -> list[tuple[int, IntentSignals]]:
        """Return the signals of each intent that ``question`` may have, in file order."""
        looked = self._look(question, vector)
        elsewhere = self._nearest_elsewhere(looked.centred)
        return [(lead[0], self._signals(*lead, elsewhere)) for lead in looked.leading]

    def left_out(self) -> Iterator[LeftOutExample]:
        """Yield the examples that show another intent if they are left out.

        Not those that an admin excludes from it. Of more than are learnt only these are asked.
        """
        if not self._examples:
            return
        for at, scores in zip(self._learnt.tolist(), self._head.left_out(), strict=False):
            example = self._examples[at]
            first = max(self._leading(scores), key=lambda lead: lead[1], default=None)
            if first is None or first[0] == example.number:
                continue
            if not self._exclude[first[0]].find(example.text):
                elsewhere = self._nearest_elsewhere(self._rows[at])
                own = float(scores[example.number])
                yield LeftOutExample(example, first[0], self._confidence(*first, elsewhere), own)

    def look(self, texts: Sequence[NormalText], vectors: Iterable[Vectors]) -> list[LookedAt]:
        """Return ``texts`` as they are looked at; ``vectors`` has an embedding (dim,) for each."""
        return [self._look(text, vector) for text, vector in zip(texts, vectors, strict=True)]

    def _look(self, text: NormalText, vector: Vectors) -> LookedAt:
        if not self._examples or text.is_empty:
            return LookedAt(text, vector, ())
        centred = self._space.centre(vector)
        return LookedAt(text, centred, self._leading(self._head.scores(text.key, centred)))

    def _nearest_elsewhere(self, centred: Vectors) -> float:
        return float((self._elsewhere @ centred).max(initial=0.0))

    def _leading(self, scores: npt.NDArray[np.float64]) -> list[Lead]:
        """Return the intents worth a look, in file order."""
        second, best = sorted((0.0, 0.0, *scores.tolist()))[-2:]
        return [
            (number, score, score - (second if score == best else best))
            for number, score in enumerate(scores.tolist())
            if score >= _WORTH_A_LOOK
        ]

    def _signals(self, number: int, score: float, margin: float, elsewhere: float) -> IntentSignals:
        return IntentSignals(score, margin, elsewhere, int(self._counts[number]))

    def _likely(self, looked: LookedAt) -> dict[int, Told]:
        """Return each intent likely enough to be said of a text."""
        return {
            number: Told(number, confidence, score, self._nearest(number, looked.centred))
            for (number, score, _), confidence in self._judged(looked, SAID_FROM)
        }

    def _judged(self, looked: LookedAt, least: float) -> list[tuple[Lead, float]]:
        """Return the intents that a text tells with a probability of ``least``, and with which."""
        # What is elsewhere only speaks against an intent: for none it need not be looked at.
        leading = [lead for lead in looked.leading if self._confidence(*lead, 0.0) >= least]
        if not leading:
            return []
        elsewhere = self._nearest_elsewhere(looked.centred)
        judged = ((lead, self._confidence(*lead, elsewhere)) for lead in leading)
        return [(lead, confidence) for lead, confidence in judged if confidence >= least]

    def _confidence(self, number: int, score: float, margin: float, elsewhere: float) -> float:
        signals = self._signals(number, score, margin, elsewhere)
        return round(self._model.of_features(signals.features()), 4)

    def _nearest(self, number: int, centred: Vectors) -> str:
        """Return the example of the intent ``number`` that means most nearly the same."""
        own = np.flatnonzero(self._of_intent == number)
        nearest = int(own[np.argmax(self._rows[own] @ centred)])
        return self._examples[nearest].text.text


def _is_sure(told: Told | None) -> bool:
    return told is not None and told.confidence >= SURE_FROM


def evenly(labels: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """Return the numbers of at most ``most`` texts, the same share of each label or all of it."""
    place = np.zeros(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        place[own] = np.arange(len(own))
    return np.sort(np.argsort(place, kind="stable")[:most])
