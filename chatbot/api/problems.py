"""What a caller is told when a request cannot be followed: one code, one sentence."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from chatbot.errors import ChatbotError

_MOST_PROBLEMS = 5


class ApiProblem(ChatbotError):
    """A request that is answered with ``status`` and a sentence of ``words.toml``."""

    def __init__(self, status: int, code: str, **values: object) -> None:
        self.status = status
        self.code = code
        super().__init__(_words()[code].format(**values))

    def to_json(self) -> dict[str, Any]:
        """Return the documented error object."""
        return {"error": {"code": self.code, "message": str(self)}}


def invalid_request(model: type[BaseModel], error: ValidationError) -> ApiProblem:
    """Return what is wrong with a request, each field by its name."""
    details = error.errors(include_url=False, include_input=False)
    if any(not detail["loc"] for detail in details):
        return ApiProblem(400, "invalid_json")
    return wrong_fields(_describe(model, detail) for detail in details[:_MOST_PROBLEMS])


def wrong_fields(problems: Iterable[str]) -> ApiProblem:
    """Return what is wrong with a request; each problem names its field."""
    return ApiProblem(400, "invalid_request", problems="；".join(problems))


def field_problem(kind: str, field: str, **values: object) -> str:
    """Return what is wrong with one field."""
    sentences: Mapping[str, str] = _words()["fields"]
    return sentences.get(kind, sentences["other"]).format(field=field, **values)


def _describe(model: type[BaseModel], detail: ErrorDetails) -> str:
    field = "".join(_place(part) for part in detail["loc"]).lstrip(".")
    allowed = "、".join(model.model_fields)
    return field_problem(detail["type"], field, allowed=allowed, **detail.get("ctx", {}))


def _place(part: int | str) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{part}"


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text("utf-8"))
