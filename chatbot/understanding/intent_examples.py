"""What a customer is after, told by messages that mean the same as an intent's examples."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatbot.matching.confidence import ConfidenceModel
from chatbot.matching.dense import DenseIndex
from chatbot.matching.encoder import Vectors
from chatbot.matching.neighbours import Near, Neighbourhood
from chatbot.understanding.intents import FoundIntent, Intent
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.patterns import Patterns
from chatbot.understanding.segment import Segmenter

#: From this probability on an intent is said to be found: more likely right than wrong.
LEAST_CONFIDENCE = 0.5
#: From this centred cosine with an example on, a message of elsewhere does not speak against it.
_NOT_FOREIGN = 0.6
_LEAST_SCORE = 0.01


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
        return (score, self.margin, self.elsewhere, math.log(self.examples))


#: Fitted by ``benchmarks/intents.py --fit`` on three sets of real messages to a broker's service
#: desk, a voice assistant and a travel guide: whole, with 3 and 5 examples an intent, and with half
#: of the intents or fewer left out; 30 % of the messages weighted to have no intent. Held out, each
#: set by the other two, docs/benchmarks.md has what it is worth.
SHIPPED_INTENT_MODEL = ConfidenceModel(
    intercept=1.7755, coefficients=(1.376, 9.0726, -0.424, -0.5464)
)


class IntentExamples:
    """Finds intents by the vectors of their examples; immutable once built.

    ``vectors`` has a row for each of ``examples``. ``elsewhere`` are messages that belong to no
    intent, at least one, with their vectors: everyday talk and the knowledge base's own questions.
    What is near to one of them rather than to an example has no intent.
    """

    def __init__(
        self,
        intents: Sequence[Intent],
        examples: Sequence[Example],
        vectors: Vectors,
        elsewhere: Sequence[NormalText],
        elsewhere_vectors: Vectors,
        normaliser: Normaliser,
        segmenter: Segmenter,
        model: ConfidenceModel = SHIPPED_INTENT_MODEL,
    ) -> None:
        self._intents = tuple(intents)
        self._exclude = [Patterns.compile(intent.exclude, normaliser) for intent in intents]
        self._examples = tuple(examples)
        self._of_intent = np.array([example.number for example in examples], dtype=np.int64)
        self._counts = np.bincount(self._of_intent, minlength=len(self._intents))
        self._segmenter = segmenter
        self._model = model
        if examples:
            foreign = _foreign(vectors, elsewhere_vectors)
            texts = [*(example.text for example in examples), *(elsewhere[at] for at in foreign)]
            self._texts = Neighbourhood(
                keys=[text.key for text in texts],
                words=[segmenter.cut(text.text) for text in texts],
                vectors=np.concatenate([vectors, elsewhere_vectors[foreign]]),
                background=elsewhere_vectors,
            )

    @property
    def needs_vectors(self) -> bool:
        """Return whether there is any example to compare a vector with."""
        return bool(self._examples)

    def find(
        self, question: NormalText, vector: Vectors, found: Sequence[FoundIntent] = ()
    ) -> tuple[FoundIntent, ...]:
        """Return ``found``, what the rules found, and what the examples tell, strongest first.

        ``vector`` is the question's embedding, shape (dim,). Nothing is added that an intent's
        ``exclude`` forbids or that is less likely than ``LEAST_CONFIDENCE``. Equally strong ones
        go by urgency, what the rules found before the rest, then by file order.
        """
        known = {hit.intent.name for hit in found}
        new = [
            FoundIntent(self._intents[number], confidence, "examples", detail)
            for number, confidence, detail in self._likely(question, vector)
            if self._intents[number].name not in known
            and self._exclude[number].find(question) is None
        ]
        ranked = sorted((*found, *new), key=lambda hit: (-hit.confidence, -hit.intent.urgency))
        return tuple(ranked)

    def assess(self, question: NormalText, vector: Vectors) -> list[tuple[int, IntentSignals, str]]:
        """Return the signals and the nearest example of each intent near ``question``.

        Intents go by number, in file order.
        """
        centred = self._texts.centre(vector)
        near = self._texts.near(question.key, self._segmenter.cut(question.text), centred)
        foreign = self._texts.rows[len(self._examples) :]
        elsewhere = float((foreign @ centred).max(initial=0.0))
        scores = self._scores(near)
        return [
            (number, self._signals(number, scores, elsewhere), self._nearest(number, near))
            for number in sorted(scores)
        ]

    def _likely(self, question: NormalText, vector: Vectors) -> Iterator[tuple[int, float, str]]:
        if not self._examples or question.is_empty:
            return
        for number, signals, example in self.assess(question, vector):
            confidence = round(self._model.of_features(signals.features()), 4)
            if confidence >= LEAST_CONFIDENCE:
                yield number, confidence, example

    def _scores(self, near: Near) -> dict[int, float]:
        scores: dict[int, float] = {}
        for text, weight in zip(near.numbers.tolist(), near.weights.tolist(), strict=True):
            if text < len(self._examples):
                number = self._examples[text].number
                scores[number] = scores.get(number, 0.0) + weight
        return scores

    def _signals(self, number: int, scores: Mapping[int, float], elsewhere: float) -> IntentSignals:
        rival = max((score for other, score in scores.items() if other != number), default=0.0)
        margin = scores[number] - max(0.0, rival)
        return IntentSignals(scores[number], margin, elsewhere, int(self._counts[number]))

    def _nearest(self, number: int, near: Near) -> str:
        own: list[tuple[float, int]] = [
            (-float(cosine), text)
            for text, cosine in zip(near.numbers.tolist(), near.dense, strict=True)
            if text < len(self._examples) and self._examples[text].number == number
        ]
        return self._examples[min(own)[1]].text.text


def _foreign(vectors: Vectors, elsewhere: Vectors) -> npt.NDArray[np.int64]:
    """Return the numbers of ``elsewhere`` that are not about what the examples are about."""
    index = DenseIndex(vectors, elsewhere)
    nearest = [float((index.rows @ index.centre(row)).max()) for row in elsewhere]
    return np.flatnonzero(np.array(nearest) < _NOT_FOREIGN)
