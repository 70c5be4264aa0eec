"""Alive, ready, and what Prometheus reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy import Connection, text

from chatbot.errors import ChatbotError
from chatbot.store.database import Database
from chatbot.wecom.client import WeComClient

_READY_SECONDS = 3.0


def add_health_routes(
    app: web.Application,
    database: Database,
    wecom: WeComClient,
    encoder_state: Callable[[], dict[str, Any]],
    registry: CollectorRegistry,
) -> None:
    """Add ``/healthz`` (this process answers), ``/readyz`` (it can do its job) and ``/metrics``.

    Ready means: the database answers, and WeCom gives a token. The index is there as soon as
    the server listens, and a switch to another encoder does not make it less ready. Not ready is
    503 with the reason for each part.
    """

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_request: web.Request) -> web.Response:
        checks = {
            "database": await _problem(database.run(_ping)),
            "token": await _problem(wecom.check_token()),
            "index": None,
        }
        parts = {name: problem or "ok" for name, problem in checks.items()}
        body = {**parts, "encoder": encoder_state()}
        return web.json_response(body, status=503 if any(checks.values()) else 200)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", metrics)


async def _problem(check: Awaitable[None]) -> str | None:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await check
    except TimeoutError:
        return f"no answer within {_READY_SECONDS:g} s"
    except ChatbotError as error:
        return str(error)
    return None


def _ping(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))
