"""The simulator as a web application."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from chatbot.clock import Clock, make_clock
from chatbot.simulator.clock import MovableClock
from chatbot.simulator.config import SimulatorConfig
from chatbot.simulator.control import Control
from chatbot.simulator.jssdk.routes import JsSdkRoutes
from chatbot.simulator.orders import OrderSystem
from chatbot.simulator.pages import Pages, PageWriter
from chatbot.simulator.sso.pages import LoginPages
from chatbot.simulator.web_errors import explain_errors
from chatbot.simulator.world import World

WORLD = web.AppKey("world", World)

#: Above the largest upload, so that the platform's own error (45001) answers it.
_BODY_LIMIT = 32 * 1024 * 1024


def create_app(config: SimulatorConfig, clock: Clock | None = None) -> web.Application:
    """Return the simulator for ``config``; without ``clock`` it follows ``config.clock_file``."""
    movable = MovableClock(clock or make_clock(config.clock_file), config.clock_file)
    world = World(config, movable)
    app = web.Application(middlewares=[explain_errors], client_max_size=_BODY_LIMIT)
    app[WORLD] = world

    async def call(request: web.Request) -> web.Response:
        return await world.platform.handle(request)

    app.router.add_route("*", "/cgi-bin/{api:.+}", call)
    app.add_routes(Control(world).routes())
    writer = PageWriter()
    app.add_routes(Pages(world, writer).routes())
    app.add_routes(LoginPages(world, writer).routes())
    app.add_routes(JsSdkRoutes(world).routes())
    app.add_routes(OrderSystem(world).routes())
    app.on_shutdown.append(_end_streams)
    app.cleanup_ctx.append(_callbacks)
    return app


async def _callbacks(app: web.Application) -> AsyncIterator[None]:
    await app[WORLD].sender.open()
    yield
    await app[WORLD].sender.close()


async def _end_streams(app: web.Application) -> None:
    # Event streams never end by themselves and would hold up the stop.
    app[WORLD].live.close()
