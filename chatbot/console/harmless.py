"""Text of customers as it can be shown: nothing in it acts on the page around it. Pure."""

from __future__ import annotations

import re

#: Embeddings, overrides and isolates turn the reading order round (Unicode Standard Annex 9).
_TURNING = "\u202a-\u202e\u2066-\u2069"
#: Controls but tab and line feed, lone surrogates, and what separates lines and files unseen.
_HIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_TURNING}\ufeff\ufff9-\ufffb\ud800-\udfff]")
_LINE_BREAKS = re.compile("\r\n?|\u2028|\u2029|\x0b|\x0c|\x85")
_PICTURES = 0x2400
_DELETE, _DELETE_PICTURE = 0x7F, "\u2421"


def harmless(text: str) -> str:
    """Return ``text`` with a sign in the place of every character that is not to be seen."""
    return _HIDDEN.sub(_sign, _LINE_BREAKS.sub("\n", text))


def one_line(text: str, longest: int) -> str:
    """Return harmless text in one line of at most ``longest`` characters."""
    line = " ".join(harmless(text[: longest * 4]).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(_PICTURES + code)
    return _DELETE_PICTURE if code == _DELETE else f"‹{code:04X}›"
