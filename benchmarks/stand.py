"""The system under load: simulator and server, each a process of its own, as in production."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import ROOT, free_port, postgres_pid, remove_cluster, running
from benchmarks.questions import TARGET_PRECISION
from chatbot.simulator.config import SimulatorConfig, load_config

_CUSTOMERS = 600


@dataclass(frozen=True, slots=True)
class Stand:
    """The running system; ``pids`` are the first processes of its parts."""

    platform: str
    callback_url: str
    config: Path
    customers: list[str]
    pids: dict[str, int]


@contextmanager
def standing(folder: Path, threads: int) -> Iterator[Stand]:
    """Run ``python server.py`` with ``threads`` encoder threads and an embedded PostgreSQL.

    Everything is a default but what a benchmark has to set: no waiting for the end of a burst, and
    a threshold that no message of the load falls below. Logs stay in ``folder``.
    """
    ports = free_port(), free_port()
    platform, server = (f"http://127.0.0.1:{port}" for port in ports)
    customers = [f"wmBench{number:04d}" for number in range(_CUSTOMERS)]
    base = load_config(None)
    config = _write_config(folder / "simulator.toml", base, customers, ports[0], server)
    simulate = ["-m", "chatbot", "simulate", "--config", str(config)]
    data_dir = folder / "data"
    settings = _settings(base, data_dir, ports[1], platform, threads)
    try:
        with (
            running(simulate, folder / "simulator.log", f"{platform}/control/health", {}) as one,
            running(["server.py"], folder / "server.log", f"{server}/readyz", settings) as two,
        ):
            pids = {"server": two.pid, "postgres": postgres_pid(two.pid), "simulator": one.pid}
            yield Stand(platform, f"{server}/wecom/callback", config, customers, pids)
    finally:
        remove_cluster(data_dir)


def _write_config(
    path: Path, base: SimulatorConfig, customers: list[str], port: int, server: str
) -> Path:
    app = base.app
    lines = [
        f"port = {port}",
        f'[corp]\nid = "{base.corp.id}"',
        f'[app]\nagent_id = {app.agent_id}\nsecret = "{app.secret}"\ntoken = "{app.token}"',
        f'encoding_aes_key = "{app.encoding_aes_key}"',
        f'callback_url = "{server}/wecom/callback"',
        "[rules]\nlog_entries = 1000000",
        '[[members]]\nuserid = "agent"\nname = "agent"',
        '[[accounts]]\nopen_kfid = "wkBench0001"\nname = "bench"\nservicers = ["agent"]',
        *(f'[[customers]]\nexternal_userid = "{name}"\nnickname = "{name}"' for name in customers),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _settings(
    base: SimulatorConfig, data_dir: Path, port: int, platform: str, threads: int
) -> dict[str, str]:
    return {
        "CHATBOT_PORT": str(port),
        "CHATBOT_DATA_DIR": str(data_dir),
        "CHATBOT_KNOWLEDGE_DIR": str(ROOT / "knowledge"),
        "CHATBOT_INTENTS_DIR": str(ROOT / "intents"),
        "CHATBOT_TARGET_PRECISION": str(TARGET_PRECISION),
        "CHATBOT_ENCODER_THREADS": str(threads),
        "CHATBOT_QUIET_SECONDS": "0",
        "CHATBOT_WECOM__CORP_ID": base.corp.id,
        "CHATBOT_WECOM__AGENT_ID": str(base.app.agent_id),
        "CHATBOT_WECOM__SECRET": base.app.secret,
        "CHATBOT_WECOM__TOKEN": base.app.token,
        "CHATBOT_WECOM__ENCODING_AES_KEY": base.app.encoding_aes_key,
        "CHATBOT_WECOM__API_BASE_URL": platform,
    }
