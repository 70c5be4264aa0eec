"""``chatbot simulate``: the WeCom simulator alone, for one's own bot or tests."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="监听端口，默认 8090")
@click.option("--host", help="监听地址，默认 127.0.0.1")
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML 文件：企业、应用、成员、客服账号、顾客；不写则用演示的",
)
@click.option("--callback-url", help="回调发到哪里，代替文件里的地址")
@click.option("--sidebar-url", help="聊天工具栏里打开哪个页面，代替文件里的地址")
@click.option("--until-input-ends", is_flag=True, hidden=True)
def simulate(
    port: int | None,
    host: str | None,
    config_path: Path | None,
    callback_url: str | None,
    sidebar_url: str | None,
    until_input_ends: bool,
) -> None:
    """在本机运行企业微信模拟器，Ctrl-C 停止；也可以给别的机器人用。"""
    import asyncio

    from chatbot.simulator.config import load_config
    from chatbot.simulator.runner import run

    config = load_config(config_path)
    config = config.override(
        host=host, port=port, callback_url=callback_url, sidebar_url=sidebar_url
    )
    asyncio.run(run(config, click.echo, until_input_ends=until_input_ends))
