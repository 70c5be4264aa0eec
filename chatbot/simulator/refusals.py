"""What a person at a page may not do, said in Chinese from ``texts.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("texts.toml")


class Refusal(Exception):
    """A customer's or member's action that the rules forbid; ``str()`` is for that person."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(texts()["refusals"][key].format(**values))
        self.key = key


@cache
def texts() -> dict[str, dict[str, str]]:
    """Return the texts that people read at run time, by section and key."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
