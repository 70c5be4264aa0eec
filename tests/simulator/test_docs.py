"""The manual names everything that there is."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from chatbot.simulator import create_app, load_config
from chatbot.simulator.config import RulesConfig
from chatbot.simulator.control_bodies import StaffAction
from chatbot.simulator.faults import Kind
from chatbot.simulator.server import WORLD

MANUAL = Path(__file__).parents[2] / "docs" / "simulator.md"


def names() -> list[str]:
    app = create_app(load_config())
    paths = {r.canonical for r in app.router.resources() if r.canonical.startswith("/control/")}
    calls = set(app[WORLD].platform.endpoints)
    rules = set(RulesConfig.model_fields)
    return sorted({*paths, *calls, *rules, *get_args(Kind), *get_args(StaffAction)})


@pytest.mark.parametrize("name", names())
def test_that_the_manual_tells_of(name: str) -> None:
    text = MANUAL.read_text(encoding="utf-8")
    assert f"`{name}`" in text or f" {name}" in text or f"`GET {name}" in text
