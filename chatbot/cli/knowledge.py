"""`chatbot knowledge`: curating from the shell."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def knowledge() -> None:
    """检查和发布知识库、意图和用语文件。"""


@knowledge.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
def check(path: Path | None) -> None:
    """检查文件，逐条列出问题；有问题时退出码为 1。

    PATH 是知识文件夹或文件；不写则检查设置中的文件夹，包括意图和用语。
    """
    from chatbot.knowledge.content import load_content
    from chatbot.knowledge.problems import ContentErrors
    from chatbot.settings import load_settings

    settings = load_settings()
    intents = settings.intents_dir if path is None else None
    try:
        content = load_content(path or settings.knowledge_dir, intents)
    except ContentErrors as error:
        for problem in error.problems:
            click.echo(str(problem))
        click.echo(f"共 {len(error.problems)} 个问题。", err=True)
        raise SystemExit(1) from None
    wordings = sum(len(entry.wordings) for entry in content.entries)
    click.echo(
        f"没有发现问题：{len(content.entries)} 个知识条目（{wordings} 种问法），"
        f"{len(content.intents)} 个意图。"
    )


@knowledge.command()
def publish() -> None:
    """把文件夹里的内容发布为新的快照；所有进程在两秒内切换。"""
    from chatbot.clock import make_clock
    from chatbot.knowledge.content import load_content
    from chatbot.running import embedded_or_given, prepare
    from chatbot.settings import load_settings
    from chatbot.store.database import Database
    from chatbot.store.migrate import migrate
    from chatbot.store.snapshots import live_number, offer_snapshot

    settings = load_settings()
    content = load_content(settings.knowledge_dir, settings.intents_dir)
    prepare(settings)
    with embedded_or_given(settings) as url:
        database = Database(url, threads=1)
        try:
            migrate(database)
            before = database.run_sync(live_number)
            now = make_clock(settings.test_clock).now()
            snapshot = database.run_sync(
                offer_snapshot, content.digest, content.to_json(), now, publish=True
            )
        finally:
            database.dispose()
    if snapshot.number == before:
        click.echo(f"内容没有变化，线上仍是快照 {before}。")
    else:
        click.echo(f"已发布快照 {snapshot.number}：{len(content.entries)} 个知识条目。")
