"""Puts a digest together from blocks that fit into one message of WeCom. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

#: The longest text of a message of the app, in bytes (WeCom, 消息推送/发送应用消息/文本消息).
MOST_BYTES = 2048
#: A name or a question is not told longer than this, in characters.
_LONGEST = 24


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with lines below; the first lines matter most."""

    head: str = ""
    lines: Sequence[str] = field(default_factory=list)

    def text(self, lines: int) -> str:
        """Return it with so many lines, nothing without any."""
        kept = [self.head, *self.lines[:lines]] if self.lines[:lines] else []
        return "\n".join(filter(None, kept))


def fit(title: str, blocks: Sequence[Block], url: str, most: int = MOST_BYTES) -> str:
    """Return the digest in at most so many bytes: the address, and as many lines as there is room.

    Earlier blocks matter more: lines go from the end of the last block first. Nothing is cut in
    the middle of a line, so no figure is ever told in part.
    """
    kept = [len(block.lines) for block in blocks]
    while True:
        parts = [block.text(count) for block, count in zip(blocks, kept, strict=True)]
        told = "\n\n".join(filter(None, [title, *parts, url]))
        if len(told.encode()) <= most or not any(kept):
            return told
        last = max(n for n, count in enumerate(kept) if count)
        kept[last] -= 1


def short(name: str) -> str:
    """Return a name as one line that leaves room for others."""
    line = " ".join(name.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
