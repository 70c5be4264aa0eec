"""What an answer to a form says beside values: yes, no, no more, or a question of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chatbot.texts import Texts
from chatbot.understanding.normalise import Normaliser

_AROUND = (
    r"(?:[\W_]|[啊呀吧呢哦哈啦了嘛噢的就那我您你先再请都]"
    "|还是|谢谢|麻烦|不好意思|抱歉|现在|暂时|那就|我要|我想)"
)
_QUESTION = re.compile(
    r"[吗么嘛?]|什么|怎么|怎样|多少|几点|几个|几号|几种|几楼|哪|能不能|可不可以|是不是|是否|有没有|要不要|为什么|为啥"
    r"|多大|多久|多远|多长|如何|谁"
)
#: What a question may hold beside a value and still be an answer: 后天可以吗, 两晚行吗.
_POLITE = re.compile(
    r"[\W_]|[吗么嘛呢吧啊呀我们您你要想订住的是就到从那改换成]|可以|可不可以|能不能|行不行|行|好|怎么样|如何|一下|"
    r"入住|退房|的话|帮|请|麻烦|换成|改成|改为|改到|不对|不是"
)
_CORRECTION = re.compile(r"改|换|不对|不是|错了|写错|说错|应该是|更正|弄错")


class FormWords:
    """The brand's words for yes, no, stop and skip, and how questions look. Immutable."""

    def __init__(self, texts: Texts, normaliser: Normaliser) -> None:
        def tokens(words: Iterable[str]) -> _Tokens:
            return _Tokens(words, normaliser)

        self._yes = tokens([*texts.form_yes_words, texts.form_yes_caption])
        self._no = tokens([*texts.form_no_words, texts.form_change_caption])
        self._cancel = tokens([*texts.form_cancel_words, texts.form_cancel_caption])
        self._skip = tokens([*texts.form_skip_words, texts.form_skip_caption])

    def agrees(self, text: str) -> bool:
        """Return whether all of a normalised ``text`` says yes."""
        return self._yes.are_all_of(text)

    def begins_with_yes(self, text: str) -> bool:
        """Return whether ``text`` says yes and goes on."""
        return self._yes.read(text)[0]

    def refuses(self, text: str) -> bool:
        """Return whether all of ``text`` says no, or wants a change."""
        return self._no.are_all_of(text)

    def cancels(self, text: str) -> bool:
        """Return whether all of ``text`` ends the form."""
        return self._cancel.are_all_of(text)

    def skips(self, text: str) -> bool:
        """Return whether all of ``text`` passes over an optional slot."""
        return self._skip.are_all_of(text)


class _Tokens:
    """Some words, and the polite ones around them; read from left to right, longest first."""

    def __init__(self, words: Iterable[str], normaliser: Normaliser) -> None:
        normal = {normaliser.normalise(word).text for word in words} - {""}
        listed = sorted(normal, key=lambda word: (-len(word), word))
        self._token = re.compile(
            rf"(?P<word>{'|'.join(map(re.escape, listed)) or '(?!)'})|{_AROUND}"
        )

    def read(self, text: str) -> tuple[bool, int]:
        """Return whether one of the words is among the tokens in front, and where these end."""
        position, found = 0, False
        while match := self._token.match(text, position):
            position, found = match.end(), found or match["word"] is not None
        return found, position

    def are_all_of(self, text: str) -> bool:
        return self.read(text) == (True, len(text))


def asks(text: str) -> bool:
    """Return whether ``text`` looks like a question."""
    return _QUESTION.search(text) is not None


def corrects(text: str) -> bool:
    """Return whether ``text`` says that something was wrong before."""
    return _CORRECTION.search(text) is not None


def says_more(rest: str) -> bool:
    """Return whether ``rest``, a message without its values, is more than polite words."""
    return len(_POLITE.sub("", rest)) > 1
