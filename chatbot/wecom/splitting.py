"""Cuts text to the platform's byte limits without breaking what people read as one sign.

The platform counts UTF-8 bytes (a Han character has three) and cuts what is longer.
"""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"
_LARGEST_CHARACTER = 4
#: A cut looks for a good place in the last half of the window first, then in all of it.
_LEAST_FILL = 0.5
#: Good places to cut, best first. ASCII punctuation counts only before a space, so that
#: addresses and numbers stay whole.
_PLACES = (
    re.compile(r"\n\s*\n"),
    re.compile(r"\n"),
    re.compile(r"[。！？…]+[」』”’）】》]*|[.!?][\"')\]]*(?=\s)"),
    re.compile(r"[；，、：]|[,;:](?=\s)"),
    re.compile(r"\s"),
    # Between anything and a Han character or full-width sign: never inside a word or address.
    re.compile(r"[^\x00-\x7f]|.(?=[\u2e80-\u9fff\uff00-\uffef])"),
)
_JOINER = "\u200d"
_LONGEST_CLUSTER = 32


def split_text(text: str, limit: int = 2048) -> list[str]:
    """Split ``text`` into parts of at most ``limit`` UTF-8 bytes, at ends of sentences if it can.

    Parts are never empty and have no space at their ends; together they are the text except for
    space where it was cut and at both ends. Text of nothing but space has no parts. Raises
    ValueError for a limit under 4, where not every character would fit.
    """
    if limit < _LARGEST_CHARACTER:
        raise ValueError(f"limit {limit}: at least {_LARGEST_CHARACTER} bytes are needed")
    parts: list[str] = []
    rest = text.strip()
    while byte_length(rest) > limit:
        cut = _best_cut(rest, _fitting(rest, limit))
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def clip(text: str, limit: int) -> str:
    """Return ``text`` within ``limit`` UTF-8 bytes; what is cut ends in an ellipsis."""
    if byte_length(text) <= limit:
        return text
    room = limit - byte_length(ELLIPSIS)
    if room < 0:
        return ""
    return text[: _whole_signs(text, _fitting(text, room), least=0)].rstrip() + ELLIPSIS


def clip_characters(text: str, limit: int) -> str:
    """Return ``text`` within ``limit`` characters; what is cut ends in an ellipsis."""
    if len(text) <= limit:
        return text
    return text[: _whole_signs(text, limit - len(ELLIPSIS), least=0)].rstrip() + ELLIPSIS


def byte_length(text: str) -> int:
    """Return the number of UTF-8 bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def _fitting(text: str, limit: int) -> int:
    """Return how many leading characters fit into ``limit`` bytes."""
    data = text[:limit].encode("utf-8", "surrogatepass")
    end = min(limit, len(data))
    while end < len(data) and data[end] & 0b1100_0000 == 0b1000_0000:
        end -= 1
    return len(data[:end].decode("utf-8", "surrogatepass"))


def _best_cut(text: str, longest: int) -> int:
    for least in (int(longest * _LEAST_FILL), 0):
        for place in _PLACES:
            if cut := _last_cut(place, text, least, longest):
                return cut
    return _whole_signs(text, longest, least=1)


def _last_cut(place: re.Pattern[str], text: str, least: int, longest: int) -> int:
    """Return the last fitting end of a match beyond ``least``, or 0."""
    ends = [found.end() for found in place.finditer(text, least, longest + 1)]
    for end in reversed(ends):
        if least < end <= longest and not _joins(text, end):
            return end
    return 0


def _whole_signs(text: str, cut: int, least: int) -> int:
    """Return ``cut``, moved back so that no composed sign (accents, emoji) is torn apart.

    Gives up (returns ``cut``) when that would leave fewer than ``least`` characters.
    """
    for place in range(cut, max(least, cut - _LONGEST_CLUSTER) - 1, -1):
        if not _joins(text, place):
            return place
    return cut


def _joins(text: str, place: int) -> bool:
    """Say whether the characters on both sides of ``place`` form one sign."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if _JOINER in {before, after} or before + after == "\r\n":
        return True
    if unicodedata.category(after) in {"Mn", "Me", "Mc"} or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    return _is_flag_letter(after) and _flag_letters_before(text, place) % 2 == 1


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_letters_before(text: str, place: int) -> int:
    count = 0
    while count < place and _is_flag_letter(text[place - 1 - count]):
        count += 1
    return count
