"""``chatbot demo``: the whole play on one machine, without a WeCom account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chatbot.settings import Settings


@click.command()
@click.option("--port", default=8080, show_default=True, help="服务端口；模拟器用下面的端口")
@click.option("--simulator-port", default=8090, show_default=True, help="企业微信模拟器端口")
def demo(port: int, simulator_port: int) -> None:
    """启动演示：服务、内置 PostgreSQL、企业微信模拟器和示例知识库。"""
    from chatbot.demo import run_demo

    run_demo(port, simulator_port, _embed)


def _embed(settings: Settings) -> None:
    """Embed the sample knowledge, showing how far it is; the server finds the vectors then."""
    from chatbot.cli.opening import open_service
    from chatbot.knowledge.content import load_content

    with open_service(load_content(settings.knowledge_dir, settings.intents_dir), settings):
        pass
