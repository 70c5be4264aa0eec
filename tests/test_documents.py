"""Documents that must not fall behind the program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from chatbot.cli import cli
from chatbot.content_metrics import ContentMetrics
from chatbot.doctor.examination import CHECKS
from chatbot.doctor.words import title
from chatbot.pipeline.metrics import PipelineMetrics
from chatbot.settings import PREFIX, Settings
from chatbot.wecom.metrics import WeComMetrics

_ROOT = Path(__file__).parents[1]


def _read(name: str) -> str:
    return (_ROOT / name).read_text(encoding="utf-8")


def _setting_names(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _setting_names(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


def test_that_every_setting_is_documented_and_nothing_else() -> None:
    documented = set(re.findall(r"^\| `(CHATBOT_\w+)` \|", _read("docs/settings.md"), re.MULTILINE))
    assert documented == set(_setting_names(Settings, PREFIX))


def test_that_every_metric_is_documented() -> None:
    registry = CollectorRegistry()
    PipelineMetrics(registry)
    WeComMetrics(registry)
    ContentMetrics(registry)
    operations = _read("docs/operations.md")
    for family in registry.collect():
        assert family.name in operations, family.name


def test_that_every_command_is_in_the_readme_or_the_docs() -> None:
    documents = "".join(path.read_text(encoding="utf-8") for path in _ROOT.glob("docs/*.md"))
    documents += _read("README.md")
    for name in _commands(cli):
        assert re.search(rf"chatbot {name}\b", documents), name


def test_that_every_document_is_linked_from_the_readme() -> None:
    readme = _read("README.md")
    for path in _ROOT.glob("docs/*.md"):
        assert f"](docs/{path.name})" in readme, path.name


def test_that_every_check_of_the_doctor_is_documented() -> None:
    document = _read("docs/doctor.md")
    for check in CHECKS:
        assert f"| {title(check)} |" in document, check


def _commands(group: click.Group, before: str = "") -> Iterator[str]:
    """Yield the commands as they are typed, those within groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        yield f"{before}{name}"
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")


@pytest.mark.parametrize("path", sorted(_ROOT.glob("*.md")) + sorted(_ROOT.glob("docs/*.md")))
def test_that_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} -> {target}"
