"""A place to examine settings: the simulated WeCom, a callback address, an environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from chatbot.clock import make_clock
from chatbot.doctor.examination import examine
from chatbot.doctor.report import Finding, Report, Severity, Status
from chatbot.doctor.settings_check import check_settings
from chatbot.simulator.config import SimulatorConfig, load_config
from chatbot.simulator.server import create_app
from chatbot.wecom.callback import register_callback
from chatbot.wecom.envelope import Envelope
from chatbot.wecom.events import AppEvent
from chatbot.wecom.metrics import WeComMetrics
from tests.pipeline.stage import KF, serving
from tests.ports import quiet_port

Json = dict[str, Any]

_KNOWLEDGE = """\
- question: 可以延迟退房吗？
  answer: 会员可免费延迟至 14:00。
- question: 早餐几点供应？
  answer: 早餐 7:00 到 10:00 供应。
"""


class _NoSink:
    """Takes nothing over: verifications never get as far."""

    def doorbell(self, open_kfid: str, token: str) -> None:
        raise AssertionError("a verification rings no doorbell")

    async def store(self, event: AppEvent) -> None:
        raise AssertionError("a verification stores nothing")


@dataclass
class Clinic:
    """Everything right, until a test changes the environment."""

    folder: Path
    config: SimulatorConfig
    platform: str
    server_port: int
    environment: dict[str, str] = field(default_factory=dict)

    def healthy(self) -> dict[str, str]:
        """Return variables with which nothing is found but that the addresses are local."""
        app = self.config.app
        return {
            "CHATBOT_HOST": "127.0.0.1",
            "CHATBOT_PORT": str(self.server_port),
            "CHATBOT_DATA_DIR": str(self.folder / "data"),
            "CHATBOT_KNOWLEDGE_DIR": str(self.folder / "knowledge"),
            "CHATBOT_INTENTS_DIR": str(self.folder / "intents"),
            "CHATBOT_ADMINS": "liang",
            "CHATBOT_SUPERVISORS": "liang",
            "CHATBOT_WECOM__CORP_ID": self.config.corp.id,
            "CHATBOT_WECOM__AGENT_ID": str(app.agent_id),
            "CHATBOT_WECOM__SECRET": app.secret,
            "CHATBOT_WECOM__TOKEN": app.token,
            "CHATBOT_WECOM__ENCODING_AES_KEY": app.encoding_aes_key,
            "CHATBOT_WECOM__API_BASE_URL": self.platform,
            **self.environment,
        }

    def write(self, name: str, text: str) -> Path:
        """Write a content file, such as ``knowledge/accounts.toml``."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    async def control(self, path: str, body: Json) -> None:
        """Drive the simulator."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.platform}/control/{path}", json=body) as answer,
        ):
            assert answer.status == 200, await answer.text()

    async def examine(self, **changes: str | None) -> Report:
        """Examine with these variables instead (without the prefix); None takes one away."""
        variables: dict[str, str | None] = dict(self.healthy())
        variables.update({f"CHATBOT_{name}": value for name, value in changes.items()})
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            for name, value in variables.items():
                if value is not None:
                    patch.setenv(name, value)
                elif name in os.environ:
                    patch.delenv(name)
            return await examine(check_settings())


@asynccontextmanager
async def clinic(
    folder: Path,
    *,
    server: bool = True,
    clock_file: Path | None = None,
    changes: Mapping[str, Any] | None = None,
) -> AsyncIterator[Clinic]:
    """Run the simulator with ``changes`` to its enterprise, and the callback of a server."""
    (folder / "knowledge").mkdir()
    (folder / "knowledge" / "faq.yaml").write_text(_KNOWLEDGE, "utf-8")
    values = {**load_config().model_dump(exclude={"clock_file"}), **(changes or {})}
    config = SimulatorConfig.model_validate(values)
    port = quiet_port()
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(serving(create_app(config), quiet_port()))
        if server:
            await stack.enter_async_context(serving(callback_app(config, clock_file), port))
        yield Clinic(folder, config, platform, port)


def callback_app(config: SimulatorConfig, clock_file: Path | None = None) -> web.Application:
    """Return a server that has what the platform verifies, and says that it is alive."""
    app = web.Application()
    register_callback(
        app,
        envelope=Envelope(config.app.token, config.app.encoding_aes_key, config.corp.id),
        sink=_NoSink(),
        clock=make_clock(clock_file),
        metrics=WeComMetrics(CollectorRegistry()),
    )

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app.router.add_get("/healthz", alive)
    return app


def problems(report: Report) -> list[Finding]:
    """Return the findings that are no mere warnings."""
    return [
        finding
        for outcome in report.outcomes
        for finding in outcome.findings
        if finding.severity is Severity.PROBLEM
    ]


def only_problem(report: Report) -> Finding:
    """Return the one problem there must be."""
    found = problems(report)
    assert len(found) == 1, [(each.id, each.cause) for each in found]
    assert report.exit_code == 1
    return found[0]


def warnings(report: Report) -> set[str]:
    """Return the ids of the warnings."""
    return _ids(report, Severity.WARNING)


def notes(report: Report) -> set[str]:
    """Return the ids of the notes."""
    return _ids(report, Severity.NOTE)


def _ids(report: Report, severity: Severity) -> set[str]:
    return {
        finding.id
        for outcome in report.outcomes
        for finding in outcome.findings
        if finding.severity is severity
    }


def found(report: Report, finding_id: str) -> Finding:
    """Return the one finding with this id."""
    findings = [
        finding
        for outcome in report.outcomes
        for finding in outcome.findings
        if finding.id == finding_id
    ]
    assert len(findings) == 1, findings
    return findings[0]


def status(report: Report, check: str) -> Status:
    """Return how a check ended."""
    return next(outcome.status for outcome in report.outcomes if outcome.id == check)


def summary(report: Report, check: str) -> str:
    """Return what a check saw, or why it was not made."""
    return next(outcome.summary for outcome in report.outcomes if outcome.id == check)


__all__ = [
    "KF",
    "Clinic",
    "callback_app",
    "clinic",
    "found",
    "notes",
    "only_problem",
    "problems",
    "status",
    "summary",
    "warnings",
]
