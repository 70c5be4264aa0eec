"""``chatbot doctor``: checks every setting against the platform."""

from __future__ import annotations

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供脚本使用")
def doctor(as_json: bool) -> None:
    """检查每一项设置：本机、数据库、企业微信、回调、客服账号与主管。

    只看不改。没有问题时退出码为 0（可以有提醒），发现问题时为 1。
    """
    import asyncio

    from rich.console import Console

    from chatbot.doctor.examination import examine, secrets_of
    from chatbot.doctor.rendering import print_report, to_json
    from chatbot.doctor.settings_check import check_settings
    from chatbot.doctor.words import words
    from chatbot.logs import configure_logs

    settings = check_settings()
    secrets = secrets_of(settings.fact) if settings.fact else []
    configure_logs("console", "error", secrets)
    with Console(stderr=True).status(words()["labels"]["working"]):
        report = asyncio.run(examine(settings))
    if as_json:
        click.echo(to_json(report))
    else:
        print_report(report, Console(highlight=False))
    raise SystemExit(report.exit_code)
