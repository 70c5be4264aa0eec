"""Typing noise: what fingers add to a message and nobody means."""

from __future__ import annotations

import re
from importlib import resources

_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"

#: Blanks that are letters or signs by their category: Hangul fillers and the empty Braille cell.
_BLANKS = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0\u2800"), " ")
#: Digits that NFKC leaves alone, and the round zero that stands between Chinese numerals.
_ROUND_DIGITS = {
    first + step: str(step + 1)
    for first in (0x2776, 0x2780, 0x278A)  # ❶ ➀ ➊
    for step in range(10)
}
_SIGNS = {**_BLANKS, **_ROUND_DIGITS, ord("〇"): "零", ord("⓿"): "0"}

#: One and the same stop between single characters, as in "转.人.工".
_STOPS_BETWEEN = re.compile(rf"(?<!{_HAN}){_HAN}([.。·•*_~|^-]){_HAN}(?:\1{_HAN})+(?!{_HAN})")
_STOP = re.compile(r"[.。·•*_~|^-]")
_MIXED_MARKS = re.compile(r"[?!.。,~]{2,}")
#: Particles mean the same however often they stand.
_PARTICLES = re.compile(r"([啊呀哦噢喔嗯呢吗吧嘛哈嘿呵嘻唉哎呜的])\1+")
#: A character three times in a row is a held key; numerals are numbers.
_HELD_KEY = re.compile(rf"((?![零一二三四五六七八九十]){_HAN})\1\1+")
#: Of these the doubled form is the word: 谢谢, 妈妈, 看看.
_DOUBLED = frozenset("谢拜妈爸爷奶哥姐弟妹宝看试想等刚常天人家个")
_TWICE_IN_FRONT = re.compile(r"^([在我你请问有能])\1")
#: The end of a Latin word, drawn out: "hiiii", "okkk", but neither "www", "AAAA" nor "XXXL".
_DRAWN_OUT = re.compile(r"([a-z])(?!\1)([a-z])\2\2+(?![a-z])")


def plain_signs(text: str) -> str:
    """Return ``text`` with blanks and digits in place of signs that only look like them."""
    return text.translate(_SIGNS)


class Denoiser:
    """Takes typing noise out of a text that has been folded, simplified and stripped of spaces.

    For comparing only: both a message and the questions it is compared with go through it.
    """

    def __init__(self) -> None:
        self._meant = _read_slips()
        self._slips = re.compile("|".join(map(re.escape, self._meant)))

    def clean(self, text: str) -> str:
        """Return ``text`` without repetitions, stops inside words and common slips."""
        text = _STOPS_BETWEEN.sub(_without_stops, _without_repetition(text))
        text = _MIXED_MARKS.sub(_strongest_mark, _without_repetition(text))
        return self._slips.sub(lambda slip: self._meant[slip[0]], text)


def _without_repetition(text: str) -> str:
    text = _HELD_KEY.sub(_once, _PARTICLES.sub(r"\1", text))
    return _DRAWN_OUT.sub(r"\1\2", _TWICE_IN_FRONT.sub(r"\1", text))


def _once(run: re.Match[str]) -> str:
    return run[1] * 2 if run[1] in _DOUBLED else run[1]


def _without_stops(run: re.Match[str]) -> str:
    return _STOP.sub("", run[0])


def _strongest_mark(run: re.Match[str]) -> str:
    return "?" if "?" in run[0] else run[0][0]


def _read_slips() -> dict[str, str]:
    """Return what is meant by each slip; longer slips first, so that they win."""
    source = resources.files(__package__).joinpath("slips.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in source.splitlines() if not line.startswith("#"))
    pairs = ((slip, meant) for slip, meant in lines)
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))
