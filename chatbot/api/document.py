"""The OpenAPI 3.1 document of a list of routes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chatbot.api.bodies import ErrorBody

_IN_PATH = re.compile(r"{(\w+)}")
_REF = "#/components/schemas/{model}"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation; ``errors`` are the status codes it may answer beside 200 and 401."""

    method: str
    path: str
    name: str
    summary: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    response: type[BaseModel]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    errors: tuple[int, ...] = ()


def openapi_document(routes: Sequence[Route], server: str, version: str) -> Json:
    """Return the document; ``server`` is the address that the paths are below."""
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "chatbot", "version": version, "summary": "企业微信智能客服的接口"},
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> Json:
    answers = {str(status): _content("出错", ErrorBody) for status in (401, *route.errors)}
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "responses": {"200": _content("成功", route.response), **answers},
    }
    if route.body is not None:
        operation["requestBody"] = {**_content("", route.body), "required": True}
        del operation["requestBody"]["description"]
    parameters = _in_path(route) + ([] if route.query is None else _parameters(route.query))
    if parameters:
        operation["parameters"] = parameters
    return operation


def _in_path(route: Route) -> list[Json]:
    """Return the parameters that are part of the path."""
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _IN_PATH.findall(route.path)
    ]


def _content(description: str, model: type[BaseModel]) -> Json:
    schema = {"$ref": _REF.format(model=model.__name__)}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameters(query: type[BaseModel]) -> list[Json]:
    schema = query.model_json_schema()
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": field.get("description", ""),
            "schema": {key: value for key, value in field.items() if key != "description"},
        }
        for name, field in schema["properties"].items()
    ]


def _schemas(routes: Sequence[Route]) -> Json:
    used: dict[type[BaseModel], Literal["validation", "serialization"]] = {
        ErrorBody: "serialization"
    }
    used |= {route.response: "serialization" for route in routes}
    used |= {route.body: "validation" for route in routes if route.body is not None}
    _, schema = models_json_schema(list(used.items()), ref_template=_REF)
    return dict(schema["$defs"])
