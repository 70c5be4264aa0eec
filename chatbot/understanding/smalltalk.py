"""Hello, thanks, goodbye, praise, abuse and the like: what needs no answer from the knowledge."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from chatbot.texts import Texts
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.patterns import compile_expression, is_expression, without_group_names

#: The kinds of small talk, each the key of its answer in the texts; its phrases are beside it.
#: Of several in one message the last of this order is answered.
Kind = Literal[
    "okay", "remark", "undecided", "doubt", "greeting", "thanks", "goodbye", "praise", "abuse",
    "chatter", "name", "robot",
]  # fmt: skip
_KINDS: tuple[Kind, ...] = get_args(Kind)
#: Kinds whose phrases have their answer in common and not what they mean: 讲个笑话 and 吃了吗.
_MIXED: frozenset[Kind] = frozenset({"okay", "remark", "undecided", "doubt", "chatter", "name"})

_MARK = r"[^\pL\pN]"
_PARTICLES = "[呀啊哦噢喔呢嘛哈啦哟呦咯哒]*"
#: Words that begin a question, so that what stands in front of them is over.
_QUESTION = (
    "(?:那|那么|请问|我想|想问|再问|还有|另外|顺便|麻烦)*"
    "(?:几点|几号|几天|怎么|什么|多少|多久|哪里|哪个|哪家|有没有|有什么|能不能|可不可以|可以|能|是不是|要不要)"
)
#: 等了一个礼拜了 is no goodbye.
_WEEK = re.compile("礼拜")
#: Letters that must be left of a question when nothing but the words tells where it begins.
_LEAST_LEFT = 4
#: Small talk is short. What is longer is looked through by meaning.
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The phrases of one kind: sources of RE2 ``expressions``, and the ``plain`` ones."""

    expressions: tuple[str, ...]
    plain: tuple[str, ...]

    @property
    def all(self) -> str:
        """Return what matches any of them."""
        return "|".join([_any_of(self.plain), *self.expressions])

    @property
    def beside(self) -> str:
        """Return what matches those that may be taken off a question: a number is part of it."""
        worded = (each for each in self.plain if not each.isdecimal())
        return "|".join([_any_of(worded), *self.expressions])

    @property
    def long(self) -> str:
        """Return those that are known by themselves, without a mark beside them."""
        return _any_of(each for each in self.plain if len(each) > 1 and _is_written(each))

    @property
    def latin(self) -> str:
        """Return those that end where their letters end."""
        return _any_of(each for each in self.plain if _has_latin(each))

    @property
    def short(self) -> str:
        """Return the single characters, which may as well begin a word: 早 and 早餐."""
        return _any_of(each for each in self.plain if len(each) == 1 and _is_written(each))


class Smalltalk:
    """Recognises messages of small talk alone, and takes it off both ends of a question.

    A phrase of the texts is a word or an RE2 expression between slashes.
    """

    def __init__(self, texts: Texts, normaliser: Normaliser) -> None:
        phrases = {kind: _read(getattr(texts, f"{kind}_phrases"), normaliser) for kind in _KINDS}
        self._normaliser = normaliser
        self._whole = tuple(_whole(phrases, count) for count in range(1, len(_KINDS) + 1))
        self._same = {
            kind: tuple((each, _repeated(each)) for each in phrases[kind].expressions)
            for kind in _MIXED
        }
        self._in_front = _in_front(phrases)
        self._before_question = _before_question(phrases)
        self._after_mark = _after_mark(phrases)
        self._at_end = _at_end(phrases)

    def kind(self, message: NormalText) -> Kind | None:
        """Return what kind of small talk all of ``message`` is, or None if there is more in it."""
        written = self._whole_in(message)
        if written is None:
            return None
        pairs = zip(_KINDS, self._whole, strict=True)
        return next((kind for kind, whole in pairs if whole.fullmatch(written)), None)

    def meaning(self, message: NormalText) -> str | None:
        """Return a name for what the small talk ``message`` means, None if there is more in it.

        It is its kind, where all phrases of a kind mean the same. Elsewhere it is the expression
        of the texts that it is an instance of, or else its own wording.
        """
        kind = self.kind(message)
        if kind not in self._same or kind is None:
            return kind
        forms = (message.text, message.key)
        same = (name for name, each in self._same[kind] if any(map(each.fullmatch, forms)))
        return next(same, message.key)

    def _whole_in(self, message: NormalText) -> str | None:
        """Return the form of ``message`` that is nothing but small talk, None if neither is."""
        if message.is_empty or len(message.key) > _LONGEST:
            return None
        forms = dict.fromkeys((message.text, message.key))
        return next(filter(self._whole[-1].fullmatch, forms), None)

    def question(self, message: NormalText) -> NormalText:
        """Return ``message`` without the small talk in front and behind, or as it is.

        It is as it was if there is nothing else in it.
        """
        return self._taken_apart(message)[1]

    def beside(self, message: NormalText) -> frozenset[Kind]:
        """Return the kinds of what ``question`` takes off ``message``."""
        front, _, behind = self._taken_apart(message)
        kinds = (self.kind(self._normaliser.normalise(each)) for each in (front, behind))
        return frozenset(kind for kind in kinds if kind is not None)

    def _taken_apart(self, message: NormalText) -> tuple[str, NormalText, str]:
        """Return the small talk in front, the question, and the small talk behind."""
        text = message.text
        rest = self._without_front(text)
        left = self._without_end(rest)
        if left == text or self._whole_in(message) is not None:
            return "", message, ""
        question = self._normaliser.normalise(left)
        if question.is_empty:
            return "", message, ""
        return text[: len(text) - len(rest)], question, rest[len(left) :]

    def _without_front(self, text: str) -> str:
        front = self._in_front.match(text)
        rest = text[front.end() :] if front else text
        asked = self._before_question.fullmatch(rest)
        return asked[1] if asked and len(asked[1]) >= _LEAST_LEFT else rest

    def _without_end(self, text: str) -> str:
        behind = self._after_mark.search(text)
        rest = text[: behind.start()] if behind else text
        thanks = self._at_end.search(rest)
        if thanks is None or thanks.start() < _LEAST_LEFT:
            return rest
        return rest if _WEEK.match(rest, thanks.start() - 1) else rest[: thanks.start()]


def _read(written: Sequence[str], normaliser: Normaliser) -> _Phrases:
    plain = {
        normaliser.normalise(phrase).text for phrase in written if not is_expression(phrase)
    } - {""}
    ordered = tuple(sorted(plain, key=lambda text: (-len(text), text)))
    sources = [normaliser.simplify(each[1:-1]) for each in written if is_expression(each)]
    expressions = tuple(f"(?:{without_group_names(each)})" for each in sources)
    return _Phrases(expressions, ordered)


def _has_latin(phrase: str) -> bool:
    return any(letter.isascii() and letter.isalpha() for letter in phrase)


def _is_written(phrase: str) -> bool:
    """Return whether ``phrase`` is in a script that puts no spaces between words."""
    return not _has_latin(phrase) and not phrase.isdecimal()


def _any_of(phrases: Iterable[str]) -> str:
    """Match one of ``phrases``; spaces may be left out, and Latin words end where they end."""
    return "|".join(map(_literal, phrases)) or r"[^\x00-\x{10FFFF}]"


def _literal(phrase: str) -> str:
    words = " ?".join(map(_escaped, phrase.split()))
    first, last = (
        r"\b" if each.isascii() and each.isalnum() else "" for each in (phrase[0], phrase[-1])
    )
    return f"{first}{words}{last}"


def _escaped(word: str) -> str:
    return "".join(f"\\{each}" if each.isascii() and not each.isalnum() else each for each in word)


def _repeated(expression: str) -> Any:
    """Match a text of nothing but ``expression``, particles and marks."""
    return compile_expression(rf"(?:{_MARK}*(?:{expression}){_PARTICLES})+{_MARK}*")


def _whole(phrases: dict[Kind, _Phrases], count: int) -> Any:
    """Match a text of nothing but phrases of the first ``count`` kinds, and marks."""
    kinds = "|".join(f"(?:{phrases[kind].all})" for kind in _KINDS[:count])
    return _repeated(kinds)


def _in_front(phrases: dict[Kind, _Phrases]) -> Any:
    """Match greetings, and small talk that a mark ends, in front of something else."""
    greeting = phrases["greeting"]
    others = "|".join(f"(?:{phrases[kind].beside})" for kind in _KINDS if kind != "praise")
    return compile_expression(
        rf"^(?:(?:{others}){_PARTICLES}{_MARK}+|(?:{greeting.long}){_MARK}*|(?:{greeting.latin})"
        rf"{_MARK}*|(?:{greeting.short})(?:{_MARK}+|$))+"
    )


def _before_question(phrases: dict[Kind, _Phrases]) -> Any:
    """Match thanks or consent, and in a group the question right behind it."""
    said = "|".join(f"{phrases[kind].long}|{phrases[kind].latin}" for kind in ("thanks", "okay"))
    return compile_expression(rf"(?s)(?:{said}){_PARTICLES}((?:{_QUESTION}).*)")


def _after_mark(phrases: dict[Kind, _Phrases]) -> Any:
    """Match small talk behind a mark, up to the end."""
    kinds = [kind for kind in _KINDS if kind not in {"okay", "praise"}]
    said = "|".join(f"(?:{phrases[kind].beside})" for kind in kinds)
    return compile_expression(rf"{_MARK}+(?:(?:{said}){_PARTICLES}{_MARK}*)+$")


def _at_end(phrases: dict[Kind, _Phrases]) -> Any:
    """Match thanks and goodbye at the end, with no mark in front."""
    said = "|".join(f"{phrases[kind].long}|{phrases[kind].latin}" for kind in ("thanks", "goodbye"))
    return compile_expression(rf"(?:(?:{said}){_PARTICLES}{_MARK}*)+$")
