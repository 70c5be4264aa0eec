"""Running a server in the foreground: database, listening, signals, stopping."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from aiohttp import web

from chatbot.app import running_server
from chatbot.console.links import LINKS, OneTimeLinks
from chatbot.errors import SettingError, UserError
from chatbot.logs import configure_logs
from chatbot.pipeline.checkpoints import Checkpoint, pass_by
from chatbot.settings import Settings
from chatbot.store.embedded import ClusterHandle, EmbeddedCluster

log = structlog.get_logger()

#: Who makes the first admin's link, on the record.
_STARTER = "server"
_CLOSE_SECONDS = 5.0
_LOOK_AFTER_SECONDS = 2.0


def prepare(settings: Settings) -> None:
    """Make the data folder and set up the logs, with this server's secrets blanked.

    Raises:
        SettingError: the data folder cannot be written.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"CHATBOT_DATA_DIR = {str(settings.data_dir)!r}: the folder cannot be made "
            f"({error.strerror})"
        ) from None
    wecom = settings.wecom
    secrets = [wecom.secret, wecom.token, wecom.encoding_aes_key, settings.api_token]
    shown = [secret.get_secret_value() for secret in secrets if secret]
    configure_logs(settings.log_format, settings.log_level, shown)


@contextmanager
def embedded_or_given(settings: Settings) -> Iterator[str]:
    """Yield the address of the database: the one that is set, or our own while we run."""
    if settings.database_url:
        yield settings.database_url
        return
    with EmbeddedCluster(settings.data_dir).start() as cluster, kept_running(cluster):
        yield cluster.url


@contextmanager
def kept_running(cluster: ClusterHandle) -> Iterator[None]:
    """Look after an embedded server from a thread: start it again should it die."""
    stopping = threading.Event()

    def look_after() -> None:
        while not stopping.wait(_LOOK_AFTER_SECONDS):
            try:
                if cluster.ensure_running():
                    log.warning("embedded_postgresql_restarted")
            except UserError as error:
                log.error("embedded_postgresql_not_restarted", problem=str(error))

    thread = threading.Thread(target=look_after, name="embedded-postgresql")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


async def serve_until_stopped(
    settings: Settings,
    database_url: str,
    *,
    announce: Callable[[str, str | None], None],
    always_link: bool = False,
    checkpoint: Checkpoint = pass_by,
) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way.

    ``announce`` gets the server's address, and that of a one-time link for an admin: if nobody is
    one yet, or with ``always_link``; else None.

    Raises:
        SettingError: the address is in use or not ours.
    """
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with running_server(settings, database_url, checkpoint) as app:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
        await runner.setup()
        try:
            await _listen(runner, settings)
            announce(settings.base_url, await _admin_link(app[LINKS], always=always_link))
            await stopping.wait()
        finally:
            await runner.cleanup()


async def _admin_link(links: OneTimeLinks, *, always: bool) -> str | None:
    if always:
        return await links.make("admin", _STARTER)
    return await links.for_first_admin(_STARTER)


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        raise _taken(settings, error) from None


def ensure_address_is_free(settings: Settings) -> None:
    """Raise SettingError if the server could not listen, before anything slow is begun."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise _taken(settings, error) from None


def _taken(settings: Settings, error: OSError) -> SettingError:
    return SettingError(
        f"CHATBOT_HOST = {settings.host!r}, CHATBOT_PORT = {settings.port}: cannot listen "
        f"there ({error.strerror}); is another server running?"
    )
