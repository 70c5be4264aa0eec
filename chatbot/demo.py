"""The demo: server, embedded PostgreSQL, WeCom simulator and sample knowledge together.

Every demo begins anew, in a database of its own: the simulated customers know nothing of an
earlier run, so neither may the bot. Vectors are kept in the data folder.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import click
from pydantic import SecretStr
from rich.cells import cell_len, set_cell_size
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from chatbot.errors import UserError
from chatbot.knowledge.agent_file import read_roster_file
from chatbot.knowledge.problems import Problems
from chatbot.matching.vector_cache import VectorCache
from chatbot.running import ensure_address_is_free, kept_running, prepare, serve_until_stopped
from chatbot.settings import Settings, load_settings
from chatbot.simulator.config import SIGNATURE_VARIABLE, SimulatorConfig, load_config
from chatbot.store.agents import save_agents
from chatbot.store.database import Database, sqlalchemy_url
from chatbot.store.embedded import EmbeddedCluster
from chatbot.store.migrate import migrate

_DATABASE = "chatbot_demo"
_ROSTER = Path(__file__).parent / "simulator" / "demo_agents.toml"
_SIMULATOR_SECONDS = 20.0


def run_demo(port: int, simulator_port: int, embed: Callable[[Settings], None]) -> None:
    """Run the demo until it is stopped; ``embed`` is called before its first start.

    Raises:
        UserError: a port is in use, or the embedded database cannot run here.
    """
    simulator = load_config(None)
    settings = _settings(simulator, port, simulator_port)
    ensure_address_is_free(settings)
    prepare(settings)
    click.echo("正在启动演示……")
    if VectorCache(settings.data_dir).is_empty:
        click.echo("第一次启动要计算示例知识库的向量，约半分钟；以后几秒就绪。")
        embed(settings)
    with (
        _running_simulator(settings, simulator_port),
        EmbeddedCluster(settings.data_dir).start() as cluster,
        kept_running(cluster),
    ):
        url = _fresh_database(cluster.url)
        _fill(url)
        asyncio.run(
            serve_until_stopped(
                settings,
                url,
                announce=lambda base, link: _announce(base, link or "", settings, simulator),
                always_link=True,
            )
        )
    click.echo("演示已停止。")


def _settings(simulator: SimulatorConfig, port: int, simulator_port: int) -> Settings:
    platform = f"http://127.0.0.1:{simulator_port}"
    wecom: dict[str, Any] = {
        "corp_id": simulator.corp.id,
        "agent_id": simulator.app.agent_id,
        "secret": simulator.app.secret,
        "token": simulator.app.token,
        "encoding_aes_key": simulator.app.encoding_aes_key,
        "api_base_url": platform,
        "oauth_url": f"{platform}/connect/oauth2/authorize",
        "login_url": f"{platform}/login/sso",
        "jssdk_url": f"{platform}/jssdk.js",
        "kf_accounts": (),  # what a chatbot.toml here says is meant for the real enterprise
    }
    supervisors = tuple(
        member.userid
        for member in simulator.members
        if not any(member.userid in account.servicers for account in simulator.accounts)
    )
    settings = load_settings(
        host="127.0.0.1", port=port, public_url="", publish="auto", database_url="",
        admins=(), supervisors=supervisors, wecom=wecom, log_level=os.environ.get(
            "CHATBOT_LOG_LEVEL", "warning"
        ), customer_data_url=f"{platform}/example/customer-data",
    )  # fmt: skip
    return _with_orders(settings, simulator, simulator_port)


def _with_orders(settings: Settings, simulator: SimulatorConfig, simulator_port: int) -> Settings:
    """Let the simulator's example of an order system be asked, beside what is set already."""
    secret = settings.webhook_secret.get_secret_value() or simulator.order_system.secret
    hosts = (*settings.outbound_hosts, f"127.0.0.1:{simulator_port}")
    return settings.model_copy(
        update={"webhook_secret": SecretStr(secret), "outbound_hosts": hosts}
    )


@contextmanager
def _running_simulator(settings: Settings, simulator_port: int) -> Iterator[None]:
    """Run the simulator as a process of its own, as the platform would be."""
    command = [
        sys.executable, "-m", "chatbot", "simulate", "--port", str(simulator_port),
        "--callback-url", f"{settings.base_url}/wecom/callback",
        "--sidebar-url", f"{settings.base_url}/sidebar/", "--until-input-ends",
    ]  # fmt: skip
    secret = settings.webhook_secret.get_secret_value()
    # Its own session: Ctrl-C reaches us alone, and we stop it when everything else has stopped.
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, SIGNATURE_VARIABLE: secret},
    )  # fmt: skip
    try:
        _wait_until_it_answers(process, f"http://127.0.0.1:{simulator_port}/control/health")
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + _SIMULATOR_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UserError(
                "The simulator did not start; its message is above. If its port is in use, "
                "choose another: chatbot demo --simulator-port 8091"
            )
        try:
            with urlopen(url, timeout=1):  # noqa: S310 - our own address
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise UserError(f"The simulator did not answer within {_SIMULATOR_SECONDS:g} s.")


def _fill(url: str) -> None:
    """Put the sample's roster into the new database."""
    problems = Problems()
    roster = read_roster_file(_ROSTER, problems)
    problems.raise_any()
    database = Database(url, threads=1)
    try:
        migrate(database)
        database.run_sync(save_agents, roster.agents, datetime.now(UTC), "demo")
    finally:
        database.dispose()


def _fresh_database(cluster_url: str) -> str:
    engine = create_engine(sqlalchemy_url(cluster_url), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {_DATABASE}"))
    finally:
        engine.dispose()
    url = make_url(cluster_url).set(database=_DATABASE)
    return url.render_as_string(hide_password=False)


def _announce(
    base_url: str, admin_link: str, settings: Settings, simulator: SimulatorConfig
) -> None:
    platform = settings.wecom.api_base_url
    account = simulator.accounts[0]
    addresses = [
        (
            f"顾客 {customer.nickname} 的手机",
            f"{platform}/phone/{customer.external_userid}?kf={account.open_kfid}",
        )
        for customer in simulator.customers
    ]
    addresses += [
        (f"{member.position} {member.name}", f"{platform}/staff/{member.userid}")
        for member in simulator.members
    ]
    addresses += [
        ("模拟器首页", f"{platform}/"),
        ("客服工作台", f"{base_url}/console/"),
        ("以管理员登录一次", admin_link),
        ("服务状态", f"{base_url}/readyz"),
    ]
    widest = max(cell_len(name) for name, _ in addresses)
    click.echo(f"\n演示已就绪（{account.name}，数据在 {Path(settings.data_dir).resolve()}）\n")
    for name, address in addresses:
        click.echo(f"  {set_cell_size(name, widest)}  {address}")
    click.echo("\n在手机页里问一句“能晚点退房吗”，再说“转人工”，看客服页收到卡片。Ctrl-C 停止。\n")
