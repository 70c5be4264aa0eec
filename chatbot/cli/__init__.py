"""The command line. Each command is a module that is imported only when it runs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import click

from chatbot.errors import ChatbotError

_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "access": "chatbot.cli.access:access",
        "agents": "chatbot.cli.agents:agents",
        "answer": "chatbot.cli.answer:answer",
        "ask": "chatbot.cli.ask:ask",
        "cases": "chatbot.cli.cases:cases",
        "demo": "chatbot.cli.demo:demo",
        "doctor": "chatbot.cli.doctor:doctor",
        "evaluate": "chatbot.cli.evaluate:evaluate",
        "knowledge": "chatbot.cli.knowledge:knowledge",
        "mode": "chatbot.cli.mode:mode",
        "notices": "chatbot.cli.notices:notices",
        "ratings": "chatbot.cli.ratings:ratings",
        "serve": "chatbot.cli.serve:serve",
        "simulate": "chatbot.cli.simulate:simulate",
        "waiting": "chatbot.cli.waiting:waiting",
    }
)
#: Exit code for wrong use: a mistake in what the user typed or set.
WRONG_USE = 2


class _LazyGroup(click.Group):
    """Imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chatbot", prog_name="chatbot")
def cli() -> None:
    """企业微信智能客服：用品牌自己的知识库回答客户，没有把握时转给人工。"""


def run(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a user's mistake is one line on standard error and exit code 2."""
    try:
        cli.main(arguments, prog_name="chatbot", standalone_mode=True)
    except ChatbotError as error:
        click.echo(f"chatbot: {error}", err=True)
        sys.exit(WRONG_USE)
