"""Builds findings from the Chinese texts of ``words.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from chatbot.doctor.report import Finding, Place, Severity
from chatbot.wecom.errors import WeComError

_SETTING = re.compile(r"CHATBOT_[A-Z0-9_]*[A-Z0-9]")
#: Caller's address not trusted (WeCom developer documentation, 全局错误码).
_ADDRESS_NOT_TRUSTED = 60020


@cache
def words() -> dict[str, Any]:
    """Return the tables of ``words.toml``."""
    return tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text("utf-8"))


def title(check: str) -> str:
    """Return what people call a check."""
    return str(words()["checks"][check])


def say(key: str, **values: object) -> str:
    """Return a sentence of the table ``says``."""
    return str(words()["says"][key]).format(**values)


def finding(key: str, *settings: str, at: Place | None = None, **values: object) -> Finding:
    """Return the finding ``key`` about these settings, with ``values`` put into its texts.

    ``at`` is the place in a file that it is about.
    """
    entry = words()["findings"][key]
    return Finding(
        id=key.replace("_", "-"),
        severity=Severity(entry["severity"]),
        settings=settings,
        subject=str(entry.get("subject", "")).format(**values),
        cause=str(entry["cause"]).format(**values),
        remedy=str(entry["remedy"]).format(**values),
        place=at,
    )


def platform_finding(
    error: WeComError, *settings: str, subject: str = "", own_address: str = ""
) -> Finding:
    """Return the finding that an error of the platform is.

    The settings are those that the error's next step names, else the given ones.
    ``own_address`` is this server's address as the platform sees it, if known.
    """
    code = "" if error.code is None else say("error_code", code=error.code)
    detail = f"（{error.detail}）" if error.detail else ""
    remedy = error.next_step
    if error.code == _ADDRESS_NOT_TRUSTED and own_address:
        remedy += say("own_address", address=own_address)
    if error.hint:
        remedy += say("hint", hint=error.hint)
    return Finding(
        id=f"wecom-{error.kind if error.code is None else error.code}".replace("_", "-"),
        severity=Severity.PROBLEM,
        settings=tuple(dict.fromkeys(_SETTING.findall(error.next_step))) or settings,
        subject=subject or say("platform_call", api=error.api),
        cause=f"{error.meaning}{detail}{code}",
        remedy=remedy,
    )


def listed(names: Sequence[str], most: int | None = None) -> str:
    """Return names as an enumeration; beyond ``most`` only how many there are."""
    shown = "、".join(names[:most])
    if most is None or len(names) <= most:
        return shown
    return say("and_more", shown=shown, count=len(names))
