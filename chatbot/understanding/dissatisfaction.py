"""Customers who find that an answer is not what they asked for, and what they ask instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.patterns import Patterns

#: Such a message is short; a long one tells a story, and a person reads it anyway.
_LONGEST = 60
#: Ends of clauses; 我是问 begins one without a mark, too.
_ENDS = re.compile(r"[,.;?!。、~…]+|(?<=..)(?=我(?:是|就是|想|要|在)*(?:问|说))")
#: In front of what is asked instead: 我问的是, 我是想问.
_INSTEAD = re.compile(
    r"^(?:(?:我|人家)(?:是|就是|明明|刚才|刚刚|其实)*(?:想|要|在)?(?:问|说|指|讲|想知道|要知道|想了解)(?:的)?(?:是|就是)?|(?:而|应该|就)?是(?:想|要)?问?)"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer was not it; ``rest`` is what is asked instead, None if that is not said."""

    rest: NormalText | None


class Dissatisfaction:
    """Recognises refusals of an answer, and of all lines of a menu; immutable."""

    def __init__(
        self, phrases: Iterable[str], none_phrases: Iterable[str], normaliser: Normaliser
    ) -> None:
        self._phrases = Patterns.compile(phrases, normaliser)
        self._none = Patterns.compile(none_phrases, normaliser)
        self._normaliser = normaliser

    def find(self, message: NormalText) -> Refusal | None:
        """Return whether ``message`` refuses the answer just given, and what it asks instead."""
        if message.is_empty or len(message.key) > _LONGEST:
            return None
        if self._phrases.cover(message):
            return Refusal(None)
        parts = _ENDS.split(message.text)
        if len(parts) == 1:
            return None
        clauses = [self._normaliser.normalise(part) for part in parts]
        clauses = [clause for clause in clauses if not clause.is_empty]
        left = [clause for clause in clauses if not self._phrases.cover(clause)]
        if len(left) == len(clauses):
            return None
        return Refusal(self._asked_instead(",".join(clause.text for clause in left)))

    def refuses_all(self, message: NormalText) -> bool:
        """Return whether ``message`` says that none of the lines of a menu is meant."""
        return not message.is_empty and self._none.cover(message)

    def _asked_instead(self, text: str) -> NormalText | None:
        rest = self._normaliser.normalise(_INSTEAD.sub("", text))
        return rest if len(rest.key) > 1 else None
