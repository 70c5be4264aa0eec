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


def _announce(base_url: str, admin_link: str | None) -> None:
    click.echo(f"服务已就绪：{base_url}  回调地址：{base_url}/wecom/callback", err=True)
    click.echo(f"客服工作台：{base_url}/console/", err=True)
    if admin_link is not None:
        click.echo(
            f"还没有管理员。十分钟内用这个链接登录一次，在“角色”页面给出管理员：{admin_link}",
            err=True,
        )
