"""``GET /api/v1/openapi.json`` says what the router does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from openapi_spec_validator import validate
from pydantic import SecretStr

from chatbot.api.application import PREFIX
from chatbot.api.bodies import AnswerRequest, TurnBody, TurnsQuery
from chatbot.app import running_server
from tests.api.caller import TOKEN, calling, write_content
from tests.pipeline.stage import simulated, stage_settings
from tests.ports import quiet_port

_ROOT = Path(__file__).parents[2]


async def test_that_the_document_is_valid_openapi(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    async with calling(database_url, tmp_path, vectors_dir) as (stage, caller):
        document = (await caller.call("GET", "/openapi.json")).body
        validate(document)
        assert document["openapi"].startswith("3.1")
        assert document["servers"] == [{"url": f"{stage.server}/api/v1"}]
        properties = document["components"]["schemas"]["AnswerRequest"]["properties"]
        assert set(properties) == {"text", "account", "conversation", "customer_tags", "at"}
        for path, operations in document["paths"].items():
            for operation in operations.values():
                assert "401" in operation["responses"], path


async def test_that_every_route_is_in_the_document_and_nothing_else(
    database_url: str, tmp_path: Path, vectors_dir: Path
) -> None:
    port = quiet_port()
    async with simulated(port) as (config, platform):
        settings = stage_settings(
            config, platform, port, data_dir=vectors_dir, api_token=SecretStr(TOKEN),
            **write_content(tmp_path),
        )  # fmt: skip
        async with running_server(settings, database_url) as app:
            routed = {
                (route.method.lower(), route.resource.canonical.removeprefix(PREFIX))
                for route in app.router.routes()
                if route.resource and route.resource.canonical.startswith(PREFIX)
            }
    async with calling(database_url, _other(tmp_path), vectors_dir) as (_, caller):
        document = (await caller.call("GET", "/openapi.json")).body
    documented = {
        (method, path) for path, methods in document["paths"].items() for method in methods
    }
    assert routed == documented
    assert documented


def _other(folder: Path) -> Path:
    other = folder / "other"
    other.mkdir()
    return other


def test_that_every_path_key_and_error_code_is_documented() -> None:
    document = (_ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    words = tomllib.loads((_ROOT / "chatbot" / "api" / "words.toml").read_text(encoding="utf-8"))
    codes = [key for key, value in words.items() if isinstance(value, str)]
    keys = [*AnswerRequest.model_fields, *TurnsQuery.model_fields, *TurnBody.model_fields]
    for name in [*codes, *keys]:
        assert re.search(rf"[`\"]{name}[`\"]", document), name
    for path in ("/answer", "/turns", "/openapi.json"):
        assert f"{PREFIX}{path}" in document
