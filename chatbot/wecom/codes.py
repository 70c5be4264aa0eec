"""Every error code the platform documents for the calls we make, in words for operators.

The words stand in ``codes.csv`` and ``send_fail_types.csv`` beside this file; sources are the
pages 全局错误码, 访问频率限制 and 微信客服 of the WeCom developer documentation.
``python -m chatbot.wecom.codes`` prints the table of ``docs/wecom-errors.md``.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from types import MappingProxyType


class Kind(StrEnum):
    """What sort of problem a code stands for; ``errors`` gives most kinds a class."""

    TRANSIENT = "transient"
    LATER = "later"
    SERVER_ERROR = "server_error"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
    FREQUENCY = "frequency"
    CONCURRENCY = "concurrency"
    CREDENTIAL = "credential"
    SETTING = "setting"
    SESSION = "session"
    QUOTA = "quota"
    SERVICER = "servicer"
    MEDIA = "media"
    RECIPIENT = "recipient"
    CONTENT = "content"
    WELCOME = "welcome"
    LOGIN = "login"
    REQUEST = "request"


class Condition(StrEnum):
    """Problems that come without a code of the platform."""

    UNDOCUMENTED = "undocumented"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    UNREADABLE = "unreadable"
    SERVER_ERROR = "server_error"
    WRONG_STATUS = "wrong_status"
    FOREIGN_PAGE = "foreign_page"


@dataclass(frozen=True, slots=True)
class Advice:
    """What happened and what to do next, in Chinese."""

    kind: Kind
    meaning: str
    next_step: str


def is_documented(code: int) -> bool:
    """Say whether the platform documents ``code`` for the calls we make."""
    return code in DOCUMENTED


def advice_for(problem: int | Condition) -> Advice:
    """Return the advice for an error code or a condition; unknown codes have a general one."""
    if isinstance(problem, Condition):
        return _CONDITIONS[problem]
    return DOCUMENTED.get(problem) or _CONDITIONS[Condition.UNDOCUMENTED]


def _read_codes() -> Iterator[tuple[str, Advice]]:
    for row in _rows("codes.csv"):
        yield row["code"], Advice(Kind(row["kind"]), row["meaning"], row["next_step"])


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _expand(key: str) -> range:
    """Return the codes of ``40058`` or ``42014-42051``; the sign of ``-1`` is not a range."""
    first, dash, last = key[1:].partition("-")
    start = int(key[0] + first)
    return range(start, int(last) + 1 if dash else start + 1)


def _read_documented() -> Mapping[int, Advice]:
    table: dict[int, Advice] = {}
    for key, advice in _read_codes():
        if key not in set(Condition):
            table.update(dict.fromkeys(_expand(key), advice))
    return MappingProxyType(table)


def _read_conditions() -> Mapping[Condition, Advice]:
    advice = dict(_read_codes())
    return MappingProxyType({condition: advice[condition] for condition in Condition})


def _read_send_fail_advice() -> Mapping[int, tuple[str, str]]:
    rows = _rows("send_fail_types.csv")
    return MappingProxyType(
        {int(row["fail_type"]): (row["meaning"], row["next_step"]) for row in rows}
    )


# Read when the module is imported, because the first error may come inside the event loop.
_CONDITIONS = _read_conditions()
#: All documented codes with their advice, ranges expanded.
DOCUMENTED = _read_documented()
#: Meaning and next step of each ``fail_type`` of a msg_send_fail event (WeCom developer
#: documentation, 微信客服/接收消息和事件).
SEND_FAIL_ADVICE = _read_send_fail_advice()

_HEADING = """\
# 企业微信错误码

本表由 `python -m chatbot.wecom.codes` 生成，文字在 `chatbot/wecom/codes.csv` 中修改。
日志和控制台中的每个接口错误都带有下面的含义和处理办法；`hint` 是企业微信给出的提示码，
可在企业微信开发者中心的错误码查询工具中查询。
"""


def render_document() -> str:
    """Return ``docs/wecom-errors.md``."""
    parts = [_HEADING, "| 错误码 | 类别 | 含义 | 处理办法 |\n|---|---|---|---|\n"]
    parts += [f"| {key} | {a.kind} | {a.meaning} | {a.next_step} |\n" for key, a in _read_codes()]
    parts.append("\n## 消息发送失败事件（msg_send_fail）\n\n")
    parts.append("| fail_type | 含义 | 处理办法 |\n|---|---|---|\n")
    parts += [f"| {n} | {what} | {then} |\n" for n, (what, then) in SEND_FAIL_ADVICE.items()]
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(render_document())
