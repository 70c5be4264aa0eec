"""Reads the platform's HTTP answers.

A refusal comes with HTTP status 200 too; only ``errcode`` counts (WeCom developer documentation,
全局错误码).
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from chatbot.wecom.codes import Condition
from chatbot.wecom.errors import error_for_condition
from chatbot.wecom.transport import Reply, Request

#: The JSON object of an answer; for a file ``{"errcode": 0, "file": Reply}``.
Answer = dict[str, Any]


def read_answer(request: Request, reply: Reply) -> Answer:
    """Return the answer's object, which has an integer ``errcode``.

    Raises ServerFault for HTTP 5xx, Misconfigured for another status without an errcode,
    OutcomeUnknown for a body that the platform would not send.
    """
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error_for_condition(request.api, Condition.SERVER_ERROR, f"HTTP {reply.status}")
    if request.expects_file and reply.status == HTTPStatus.OK and _is_file(reply):
        return {"errcode": 0, "file": reply}
    answer = _parse(reply.body)
    if answer is not None:
        return answer
    if reply.status != HTTPStatus.OK:
        raise error_for_condition(request.api, Condition.WRONG_STATUS, f"HTTP {reply.status}")
    raise error_for_condition(request.api, Condition.UNREADABLE)


def _is_file(reply: Reply) -> bool:
    """Tell a file from an error: a JSON file is sent as an attachment, an error is not."""
    if "filename" in reply.disposition:
        return True
    textual = reply.content_type in {"application/json", "text/plain", "text/html"}
    return bool(reply.body) and not (textual and _parse(reply.body))


def _parse(body: bytes) -> Answer | None:
    """Return a JSON object with an integer errcode, or None."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(answer, dict) and type(answer.get("errcode")) is int:
        return answer
    return None
