"""Several questions in one message, taken apart.

A message is cut at sentence marks, line ends and words such as 另外. What cannot stand alone stays
with its neighbour: "我明天到" belongs to the question after it, "多少钱" to the one before it. What
people want need not be asked: the clauses of a message may each tell an intent of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

from chatbot.understanding.clauses import Clause, Joint, at_most
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.segment import Segmenter
from chatbot.understanding.smalltalk import Smalltalk

_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
#: More questions than this are a letter: a person had better read it.
MOST_PARTS = 3
#: Beyond this a message is not taken apart: the encoder reads no further either.
_LONGEST = 480
_SHORTEST = 6
#: How many messages are kept taken apart: each is looked at in several ways.
_MOST_KEPT = 64
_SHORTEST_SENTENCE = 4
#: Letters of words that say what a question is about.
_LEAST_TOPIC = 2

#: Where one sentence ends, and where one may.
_FULL_STOP = re.compile(r"[?？!！。;；\r\n]+")
_HALF_STOP = re.compile(rf"[,，…]+|(?<={_HAN})[ \t\u3000]+(?={_HAN})")
#: Between two questions that are not told apart by a mark.
_BETWEEN = re.compile(
    r"(?=(?<![不要再还可用需])另外|此外|以及|还有|顺便|顺带|再问|再请问|再咨询"
    r"|还想问|还想咨询|还想知道|对了|同时)"
)
_ASKING_TO_ASK = (
    r"(?:(?:我|再|还|也|就是|想|要|请|麻烦|给我|帮我)*(?:问|咨询|了解|请教)(?:一下|下|问)?"
    r"|我?想知道|请问)?"
)
#: In front of a further question, of no use for telling what it is about.
_IN_FRONT = re.compile(
    r"^(?:另外|此外|其次|以及|还有|顺便|顺带|对了|同时|然后|再就是|然后就是|第[一二三](?:个|点)?|再)"
    rf"+(?:呢|的?话|就是|一个|个问题|一点|是)?[,，:：、 ]*{_ASKING_TO_ASK}[,，:： ]*"
)

#: What makes a clause a question.
_QUESTION = re.compile(
    r"[?？]|[吗嘛呢]$|么$|吗[啊呀哦,，]|什么|啥|怎么|怎样|咋|如何|为何|多少|多久|多大|多远|多长|多高|多贵|多宽"
    r"|几(?:点|天|个|号|位|楼|岁|折|次|层|时|张|间|人|晚|月|小时|分钟|块|元)|哪|谁|何时|是否|能否|可否"
    r"|可不可以|有没有|(.)不\1|(?:没|不|没有|不能|了没)$"
)
#: A thing to be told: a question without a question word, as people type into a search box.
_THING = re.compile(
    r"^[^不没忘丢错]{2,6}(?:时间|价格|价钱|价位|费用|地址|电话|位置|流程|政策|规定|标准)$"
)
#: A clause that the next one goes on from, whatever words are in it.
_UNFINISHED = re.compile(
    r"(?:的时候|(?<!什么)时候|以后|之后|的话|上面|上|(?<!哪)里|中|的|[那这]个|因为|但是)$"
)
#: What a clause may be about without a word of its own for it: 地址在哪 is about an address.
_ASKED_FOR = re.compile(
    r"时间|价格|价钱|价位|费用|地址|电话|位置|流程|政策|规定|标准|多少钱|收费|免费|几点|哪"
)
#: A clause that tells when, or begins a sentence that the next one ends.
_CIRCUMSTANCE = re.compile(r"(?:的时候|以后|之后|的话|因为|但是|然后|上面|上)$")
#: What begins a clause that wants something more.
_FURTHER = re.compile(r"^(?:还要|还想|还得|还需要|也想|也要|并且|再帮我|再给我)")
#: A wish, which a reply can grant as well, if it is a whole sentence.
_WISH = re.compile(r"想|要|帮|请|麻烦|申请|需要|给我")

#: What stands between two clauses: a full stop, a comma, a joining word, or these two together.
Mark = Literal["full", "half", "word", "half+word"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a message as it was written, and in its normal form."""

    text: str
    normal: NormalText


@dataclass(frozen=True, slots=True)
class _Clause:
    """A piece of text and the marks in front of it and behind it."""

    text: str
    after: Mark
    before: Mark


class PartSplitter:
    """Takes messages apart; immutable, many threads may share it."""

    def __init__(self, normaliser: Normaliser, segmenter: Segmenter, smalltalk: Smalltalk) -> None:
        self._normaliser = normaliser
        self._segmenter = segmenter
        self._smalltalk = smalltalk
        self._generic = _read_generic()

    def split(self, said: str, *, statements: bool = False) -> tuple[Piece, ...]:
        """Return the two or three questions that ``said`` asks, in order; nothing if it asks one.

        Each can stand alone: it asks something, and says about what. With ``statements`` a whole
        sentence stands alone that only says something, as people report what does not work; it may
        as well be the circumstances of the question beside it.
        """
        written = _several(said)
        clauses = [each for each in written if not self._is_chat(each.text)]
        pieces = self._joined(clauses, statements)
        return tuple(pieces) if 1 < len(pieces) <= MOST_PARTS else ()

    def clauses(self, said: str) -> tuple[Clause, ...]:
        """Return the clauses of ``said`` that may each be about something else, in order.

        Nothing if there is one, or a message so long that a person had better read it. What says
        little by itself goes with the clause before it, and small talk away.
        """
        clauses: list[Clause] = []
        begun = False  # whether the last clause says what it is about
        for each in _several(said):
            normal = self._normaliser.normalise(_without_front(each.text))
            if normal.is_empty or self._smalltalk.kind(normal) is not None:
                continue
            normal = self._smalltalk.question(normal)
            clause = Clause(normal, _joint(each), _asks_or_wishes(each.text))
            speaks = self.says_something(normal)
            if clauses and not (speaks and begun and not _goes_on(clauses[-1], clause)):
                clauses[-1] = clauses[-1].with_next(clause)
            else:
                clauses.append(clause)
            begun = begun or speaks
        return at_most(clauses) if len(clauses) > 1 else ()

    def all_clauses(self, said: str) -> tuple[Clause, ...]:
        """Return every clause of ``said``, small talk too; nothing if it is one, or a letter."""
        pairs = ((each, self._normaliser.normalise(each.text)) for each in _several(said))
        return tuple(
            Clause(self._smalltalk.question(normal), _joint(each), _asks_or_wishes(each.text))
            for each, normal in pairs
            if not normal.is_empty
        )

    def smalltalk(self, said: str) -> tuple[NormalText, ...]:
        """Return the clauses of ``said`` that are nothing but small talk beside something else."""
        normal = [self._normaliser.normalise(each.text) for each in _several(said)]
        chat = [each for each in normal if self._smalltalk.kind(each) is not None]
        return tuple(chat) if len(chat) < len(normal) else ()

    def says_something(self, normal: NormalText) -> bool:
        """Return whether a message says what it is about, or names a thing to be told."""
        return self.has_topic(normal.text) or _ASKED_FOR.search(normal.text) is not None

    def has_question(self, message: NormalText) -> bool:
        """Return whether a message asks for something, more than that it wishes it."""
        return _QUESTION.search(message.text) is not None

    def has_topic(self, text: str) -> bool:
        """Return whether a normalised text says what it is about, and not only what it asks."""
        return len(self.topic(text)) >= _LEAST_TOPIC

    def topic(self, text: str) -> str:
        """Return the words of a normalised text that say what it is about, put together."""
        return "".join(word for word in self._segmenter.cut(text) if word not in self._generic)

    def _is_chat(self, text: str) -> bool:
        normal = self._normaliser.normalise(text)
        return normal.is_empty or self._smalltalk.kind(normal) is not None

    def _joined(self, clauses: Iterable[_Clause], statements: bool) -> list[Piece]:
        """Return the clauses as questions: what does not stand alone goes with a neighbour."""
        groups: list[str] = []
        waiting = ""  # what was said before the next question, as its circumstances
        for clause in clauses:
            asks = _asks(clause) or (statements and _is_sentence(clause))
            # 另外 goes on after a question; elsewhere it is a word of the sentence.
            follows = clause.after != "word" or (bool(groups) and not waiting)
            if asks and follows and self._has_own_topic(clause.text):
                groups.append(_put_together(waiting, clause))
                waiting = ""
            elif asks and groups and not waiting:
                groups[-1] = _put_together(groups[-1], clause)
            else:
                waiting = _put_together(waiting, clause)
        if waiting and groups:
            groups[-1] = f"{groups[-1]}，{waiting}"
        return [self._piece(group) for group in groups]

    def _has_own_topic(self, text: str) -> bool:
        return self.has_topic(self._normaliser.normalise(_without_front(text)).text)

    def _piece(self, text: str) -> Piece:
        text = _without_front(text)
        normal = self._smalltalk.question(self._normaliser.normalise(text))
        return Piece(text, normal)


def _read_generic() -> frozenset[str]:
    source = resources.files(__package__).joinpath("generic.txt").read_text(encoding="utf-8")
    lines = (line for line in source.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


def _clauses(said: str) -> list[_Clause]:
    """Return what stands between the marks and joining words."""
    found: list[tuple[str, Mark]] = []
    for sentence in _between(_FULL_STOP, said):
        after: Mark = "full"
        for half in _between(_HALF_STOP, sentence):
            for text in filter(None, map(str.strip, _BETWEEN.split(half))):
                joined = after == "half" and _BETWEEN.match(text) is not None
                found.append((text, "half+word" if joined else after))
                after = "word"
            after = "half"
    ends: list[Mark] = [*(after for _, after in found[1:]), "full"][: len(found)]
    return [_Clause(text, after, before) for (text, after), before in zip(found, ends, strict=True)]


@lru_cache(maxsize=_MOST_KEPT)
def _several(said: str) -> tuple[_Clause, ...]:
    """Return the clauses of ``said``; none if it is one, or so long that it is a letter."""
    clauses = _clauses(said) if _SHORTEST <= len(said) <= _LONGEST else []
    return tuple(clauses) if len(clauses) > 1 else ()


def _joint(clause: _Clause) -> Joint:
    """Return what tells a clause from the one before it, as far as that says something."""
    if clause.after == "half+word" or (clause.after == "half" and _FURTHER.match(clause.text)):
        return "word"
    return "stop" if clause.after == "full" else "comma"


def _asks_or_wishes(text: str) -> bool:
    return _QUESTION.search(text) is not None or _WISH.search(text) is not None


def _goes_on(before: Clause, clause: Clause) -> bool:
    """Return whether a clause ends the sentence that the one before it begins."""
    return clause.joint == "comma" and _CIRCUMSTANCE.search(before.text.text) is not None


def _between(mark: re.Pattern[str], text: str) -> list[str]:
    """Return what stands between the marks; a question mark stays, as it tells a question."""
    ends = [found.end() for found in mark.finditer(text)]
    cut = (text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True))
    pieces = (piece.strip(" \t\r\n,，。;；!！…\u3000") for piece in cut)
    return [piece for piece in pieces if piece.strip("?？")]


def _asks(clause: _Clause) -> bool:
    """Return whether a clause asks for something; a wish does so as a sentence of its own."""
    if _UNFINISHED.search(clause.text):
        return False
    if _QUESTION.search(clause.text) or _THING.search(clause.text):
        return True
    is_sentence = {clause.after, clause.before} <= {"full", "half+word"}
    return is_sentence and _WISH.search(clause.text) is not None


def _is_sentence(clause: _Clause) -> bool:
    """Return whether a clause is told from its neighbours by more than a comma."""
    return "half" not in {clause.after, clause.before} and len(clause.text) >= _SHORTEST_SENTENCE


def _without_front(text: str) -> str:
    """Return a further question without 另外 and its like, if anything is left."""
    return _IN_FRONT.sub("", text) or text


def _put_together(before: str, clause: _Clause) -> str:
    """Return what was said before and the clause, as they stood in the message."""
    if not before:
        return clause.text
    joint = "" if clause.after == "word" or before.endswith(("?", "？")) else "，"
    return f"{before}{joint}{clause.text}"
