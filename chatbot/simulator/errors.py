"""Return codes of the platform, with the shape its errmsg has.

Code meanings: WeCom developer documentation, 附录/全局错误码.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

OK = {"errcode": 0, "errmsg": "ok"}

#: Text of each code that the simulator can answer. Wording is not part of the contract.
MESSAGES: dict[int, str] = {
    -1: "system busy",
    6000: "data version conflict",
    40001: "invalid credential",
    40003: "invalid userid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid file size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40029: "invalid code",
    40033: "invalid request char, please use UTF-8 characters and not \\uXXXX",
    40035: "invalid parameter",
    40056: "invalid agentid",
    40058: "invalid request parameter",
    40063: "some parameters are empty",
    40068: "invalid tagid",
    40071: "duplicate tag name",
    40072: "invalid length of tag name",
    40093: "invalid jsapi_ticket signature",
    40096: "invalid external userid",
    41001: "access_token missing",
    41049: "missing welcome_code",
    41050: "invalid or expired welcome_code",
    41051: "chat with the customer has already started",
    41064: "too many attachments",
    41065: "invalid attachment msgtype",
    41096: "welcome message is being sent",
    42001: "access_token expired",
    42012: "jsapi_ticket of the wrong kind",
    42003: "oauth_code expired",
    42014: "invalid or repeated task_id of card",
    42022: "oauth_code already used",
    42052: "msgid expired",
    43012: "callback url required for interactive template card",
    44001: "empty media data",
    44004: "empty content",
    45001: "media file is too large",
    45002: "content size out of limit",
    45008: "articles out of limit",
    45009: "api freq out of limit",
    45033: "api concurrent out of limit",
    48002: "no privilege to access the api",
    48007: "no privilege on this customer service account",
    60011: "no privilege to access the object",
    60020: "not allow to access from your ip",
    60021: "user not in the visible range of the app",
    60111: "userid not found",
    60140: "invalid response_code",
    80001: "invalid url domain",
    81011: "no permission to operate the tag",
    81013: "all recipients are invalid",
    84061: "no relation between the user and the external contact",
    95000: "invalid open_kfid",
    95001: "customer service message count out of limit",
    95002: "customer service message time out of limit",
    95004: "open_kfid not exist",
    95007: "invalid or expired msg token",
    95008: "too many menu items",
    95009: "invalid menu item type",
    95013: "conversation end",
    95014: "user is not a servicer",
    95016: "not allow to change to this conversation state",
    95018: "send msg session status invalid",
    95019: "servicer is not receiving",
    95022: "invalid location_type",
    95033: "msgid repeated",
    301002: "no permission to operate the app or object",
}

_DEFAULT = "error"
_QUERY_URL = "https://open.work.weixin.qq.com/devtool/query?e="


class PlatformError(Exception):
    """An API call that is answered with ``errcode``; ``detail`` says what was wrong with it."""

    def __init__(self, code: int, detail: str = "", **extra: Any) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.extra = extra


def message_of(code: int) -> str:
    """Return the text of a code, "ok" for 0."""
    return MESSAGES.get(code, _DEFAULT) if code else "ok"


def hint_counter() -> Callable[[], str]:
    """Return a function that gives the digits of the next hint."""
    numbers = itertools.count(1)
    return lambda: f"{1_700_000_000 + next(numbers)}_{next(numbers):06d}"


def error_body(error: PlatformError, *, hint: str, ip: str) -> dict[str, Any]:
    """Return the JSON body of a failed call, with the errmsg shape that the platform uses."""
    text = message_of(error.code)
    if error.detail:
        text = f"{text}: {error.detail}"
    more = f"more info at {_QUERY_URL}{error.code}"
    errmsg = f"{text}, hint: [{hint}], from ip: {ip}, {more}"
    return {"errcode": error.code, "errmsg": errmsg, **error.extra}
