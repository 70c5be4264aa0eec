"""``chatbot serve``: the production server."""

from __future__ import annotations

import click


@click.command()
def serve() -> None:
    """启动正式服务（等同于 python server.py）；设置来自环境变量或 chatbot.toml。"""
    import asyncio

    from chatbot.running import embedded_or_given, prepare, serve_until_stopped
    from chatbot.settings import load_settings

    settings = load_settings()
    prepare(settings)
    with embedded_or_given(settings) as database_url:
        asyncio.run(serve_until_stopped(settings, database_url, announce=_announce))


def _announce(base_url: str) -> None:
    click.echo(f"服务已就绪：{base_url}  回调地址：{base_url}/wecom/callback", err=True)
