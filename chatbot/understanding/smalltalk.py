"""Hello, thanks and all right: what needs no answer from the knowledge base."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from chatbot.texts import Texts
from chatbot.understanding.normalise import Normaliser, NormalText

_HAN_PAIR = re.compile(r"[\u4e00-\u9fff]{2}")

Kind = Literal["greeting", "thanks", "okay"]


class Smalltalk:
    """Recognises messages of small talk alone, and takes the greeting off a question."""

    def __init__(self, texts: Texts, normaliser: Normaliser) -> None:
        greeting = _normal(texts.greeting_phrases, normaliser)
        thanks = _normal(texts.thanks_phrases, normaliser)
        okay = _normal(texts.okay_phrases, normaliser)
        self._normaliser = normaliser
        self._whole: tuple[tuple[Kind, re.Pattern[str]], ...] = (
            ("greeting", _only(greeting)),
            ("okay", _only(okay)),
            ("thanks", _only([*greeting, *thanks, *okay])),
        )
        self._in_front = _in_front(greeting)

    def kind(self, message: NormalText) -> Kind | None:
        """Return what kind of small talk all of ``message`` is, or None if there is more in it."""
        for kind, pattern in self._whole:
            if pattern.fullmatch(message.text):
                return kind
        return None

    def question(self, message: NormalText) -> NormalText:
        """Return ``message`` without the greeting in front, or as it is if nothing else is left."""
        rest = self._in_front.sub("", message.text)
        if rest == message.text:
            return message
        question = self._normaliser.normalise(rest)
        return message if question.is_empty else question


def _normal(phrases: Iterable[str], normaliser: Normaliser) -> list[str]:
    texts = (normaliser.normalise(phrase).text for phrase in phrases)
    return sorted(filter(None, texts), key=lambda text: (-len(text), text))


def _any_of(phrases: Sequence[str]) -> str:
    return "|".join(map(re.escape, phrases)) or r"(?!)"


def _only(phrases: Sequence[str]) -> re.Pattern[str]:
    """Match a text that consists of ``phrases`` and marks; possessive, so it cannot explode."""
    return re.compile(rf"(?:(?:{_any_of(phrases)})[\W_]*+)++")


def _in_front(phrases: Sequence[str]) -> re.Pattern[str]:
    """Match ``phrases`` in front; short ones must stand alone, as in "早" and "早餐"."""
    long = [phrase for phrase in phrases if _HAN_PAIR.search(phrase)]
    latin = [phrase for phrase in phrases if phrase.isascii()]
    short = [phrase for phrase in phrases if phrase not in {*long, *latin}]
    return re.compile(
        rf"^(?:(?:{_any_of(long)})[\W_]*+"
        rf"|(?:{_any_of(latin)})(?![a-z0-9])[\W_]*+"
        rf"|(?:{_any_of(short)})(?:[\W_]++|$))++"
    )
