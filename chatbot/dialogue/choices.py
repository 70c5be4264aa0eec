"""A line of the last menu, picked in words: by its number, its place, or what it alone says."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chatbot.understanding.patterns import compile_expression

_DIGITS = {digit: number for number, digit in enumerate("一二三四五六七八九", 1)}
_PICK = compile_expression(
    r"(?:好的?|好吧|嗯+|行|ok|okay|那)?(?:选|要|就|我选|我要|问)?"
    r"第?([1-9一二三四五六七八九])(?:个|条|项|号)?(?:吧|呢|哦)?(?:谢谢[你您啦了]?|多谢|谢了|thanks|thankyou|please)?"
)
# Expressions of RE2, which takes no longer for words that repeat and can be read in many ways.
#: What is said in front of a place and behind it.
_POINTING = r"(?:好的?|好吧|那|那么|就|是|应该是|就是|选|要|问|我|想|看|说的|问的|是的|嗯|对)*"
_LINE = r"(?:那|这)?(?:一)?(?:个|条|项|种)?(?:的)?(?:问题|选项)?(?:吧|呢|哦|啊|呀|谢谢)*"
_FIRST = compile_expression(
    rf"{_POINTING}(?:最?前面|最?上面|前|上|头|前者|最前|最上)(?:的)?{_LINE}"
)
_LAST = compile_expression(
    rf"{_POINTING}(?:最?后面|最?下面|后者|最后|最末|末尾|最下|倒数第一|后|下)(?:的)?{_LINE}"
)
_MIDDLE = compile_expression(rf"{_POINTING}(?:中间|当中)(?:的)?{_LINE}")
#: Said to a menu of one line: yes, that one.
_YES = compile_expression(
    r"(?:嗯|对|是|就)*(?:是的?|对的?|没错|正是|嗯|就是|这个|这一个)(?:的|啊|呀|呢|吧|哦|了|就是|就|这个|没错)*"
)
_ORDINAL = compile_expression(
    rf"{_POINTING}第([1-9一二三四五六七八九])(?:个|条|项|种|号)?(?:的)?{_LINE}"
)
#: What only wraps the words that tell a line from the others.
_WRAPPING = compile_expression(
    r"^(?:那就|就是|就|是|我想问的是|我问的是|我说的是|我想问|我要问|我问|想问|应该是|选|我选|要|我要|关于|有关)+"
    r"|(?:的)?(?:那|这)(?:一)?(?:个|条|项|种)(?:问题|选项)?(?:吧|呢|啊|呀|谢谢)*$|(?:吧|呢|的|啊|呀|谢谢)+$"
)
_LEAST_SAID = 2
#: Letters of a message that says no more than which line is meant.
_LONGEST = 24


def chosen(key: str, lines: int) -> int | None:
    """Return the place, from 0, of the line that a message (letters and digits alone) picks.

    "1", "第一个" and "选2" pick a line; None if the message says more, or there is no such line.
    """
    if not _may_choose(key, lines):
        return None
    match = _PICK.fullmatch(key)
    return None if match is None else _place(match.group(1), lines)


def pointed_at(key: str, lines: int) -> int | None:
    """Return the place, from 0, of the line that a message points at: 第二个呢, 前面那个, 最后一个.

    A single line is meant by 对 and 就是这个 as well. None if the message says more, or there is no
    such line.
    """
    if not _may_choose(key, lines):
        return None
    ordinal = _ORDINAL.fullmatch(key)
    if ordinal is not None:
        return _place(ordinal.group(1), lines)
    if _FIRST.fullmatch(key) or (lines == 1 and _YES.fullmatch(key)):
        return 0
    if _LAST.fullmatch(key):
        return lines - 1
    return 1 if lines == 3 and _MIDDLE.fullmatch(key) else None


def told_apart(words: Collection[str], lines: Sequence[Collection[str]]) -> int | None:
    """Return the place of the one line that has all ``words`` of a message, None without one.

    Each line is given by its words. A word that no other line has is needed: what all lines say
    does not tell them apart.
    """
    if sum(map(len, words)) < _LEAST_SAID:
        return None
    holding = [at for at, line in enumerate(lines) if all(word in line for word in words)]
    return holding[0] if len(holding) == 1 and len(lines) > 1 else None


def unwrapped(key: str) -> str:
    """Return what is left of a message without 我问的是 in front and 的那个 behind."""
    return str(_WRAPPING.sub("", key))


def _may_choose(key: str, lines: int) -> bool:
    return lines > 0 and len(key) <= _LONGEST


def _place(written: str, lines: int) -> int | None:
    number = _DIGITS.get(written) or int(written)
    return number - 1 if number <= lines else None
