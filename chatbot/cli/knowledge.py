"""`chatbot knowledge`: curating from the shell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from chatbot.cli.calibrate import calibrate
from chatbot.cli.check import check
from chatbot.cli.exporting import export, template
from chatbot.cli.gaps import gaps
from chatbot.cli.importing import import_
from chatbot.cli.mining import mine
from chatbot.cli.workshop import workshop
from chatbot.errors import UserError

if TYPE_CHECKING:
    from chatbot.cli.publishing import Desk
    from chatbot.knowledge.content import Content, Reading
    from chatbot.settings import Settings
    from chatbot.store.snapshots import Offered, Snapshot

#: Exit code for having found something.
_FOUND = 1


@click.group()
def knowledge() -> None:
    """检查、校准、发布、查看和退回知识库、意图和用语。"""


knowledge.add_command(calibrate)
knowledge.add_command(check)
knowledge.add_command(workshop)
knowledge.add_command(export)
knowledge.add_command(import_)
knowledge.add_command(mine)
knowledge.add_command(template)
knowledge.add_command(gaps)


@knowledge.command()
@click.option("--candidate", is_flag=True, help="发布正在等待的候选，而不是文件夹里的内容。")
@click.option("--trial", is_flag=True, help="只看发布以后会变什么，不发布。")
@click.option("--force", is_flag=True, help="固定的问题答得不对也发布；谁这样做的有记录。")
@click.option("--json", "as_json", is_flag=True, help="会变什么，输出 JSON。")
def publish(candidate: bool, trial: bool, force: bool, as_json: bool) -> None:
    """把文件夹里的内容（或等待的候选）发布为新的快照；所有进程在两秒内切换。

    先与线上的内容比较：哪些问题会换成别的答案。文件有问题，或 _tests.yaml 里固定的问题答得不对时
    逐条列出，什么也不发布，退出码为 1。
    """
    from chatbot.cli.gate import report_json, show_report
    from chatbot.cli.publishing import Seen, at_desk
    from chatbot.settings import load_settings
    from chatbot.store.edits import edits_seen
    from chatbot.store.snapshots import live_snapshot
    from chatbot.workshop import Folders

    settings = load_settings()
    with at_desk(settings) as desk:
        # Before the content is read: what is edited on a page from now on is not in it.
        edits = desk.database.run_sync(edits_seen)
        reading = None if candidate else _read(settings)
        if reading is not None:
            folders = settings.knowledge_dir, settings.intents_dir, settings.outbound_hosts
            desk.refuse_without_edits(reading, Folders(*folders))
        live = desk.database.run_sync(live_snapshot)
        seen = Seen(live.number if live else None, edits=edits)
        if reading is None:
            waiting = _waiting(desk)
            content, seen = desk.content_of(waiting), replace(seen, candidate=waiting.number)
        else:
            content = reading.content
        unchanged = live if live is not None and live.digest == content.digest else None
        if unchanged is not None and not as_json:
            click.echo(f"内容没有变化，线上仍是快照 {unchanged.number}。")
            return
        prepared = desk.prepare(content)
        report = desk.examine(prepared)
        if as_json:
            click.echo(report_json(report))
        else:
            show_report(report)
        if not report.may_go_live and not force:
            found = "固定的问题答得不对" if report.broken else "检查有错误"
            advice = "改好以后再发布；一定要发布就加 --force。"
            click.echo(f"{found}，没有发布；{advice}", err=True)
            raise SystemExit(_FOUND)
        if trial or unchanged is not None:
            return
        offered = desk.publish(
            prepared, reading.pictures if reading else {}, report=report, seen=seen
        )
    if not as_json:
        _tell(prepared.content, offered)


@knowledge.command()
@click.argument("number", metavar="N", type=int)
def rollback(number: int) -> None:
    """让快照 N 的内容重新上线；它得到一个新的编号，历史里留下记录。"""
    from chatbot.cli.publishing import at_desk
    from chatbot.settings import load_settings

    with at_desk(load_settings()) as desk:
        offered = desk.roll_back(_published(desk, number))
    if offered.changed:
        click.echo(f"已退回：快照 {number} 的内容作为快照 {offered.number} 重新上线。")
    else:
        click.echo(f"内容没有变化：线上的快照 {offered.number} 与快照 {number} 相同。")


@knowledge.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="最多几行。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def history(limit: int, as_json: bool) -> None:
    """列出快照：编号、时间、来源、条目数、状态；文件有问题时一并列出。"""
    from chatbot.cli.database import opened
    from chatbot.cli.history import history_json, history_lines
    from chatbot.settings import load_settings
    from chatbot.store.content_problems import read_problems
    from chatbot.store.snapshots import history as read_history

    settings = load_settings()
    with opened(settings) as database:
        past = database.run_sync(read_history, limit)
        refused = database.run_sync(read_problems)
    if as_json:
        click.echo(history_json(past, refused))
        return
    for line in history_lines(past, refused, settings.timezone):
        click.echo(line)


def _read(settings: Settings) -> Reading:
    """Read and check all files; list what is wrong and leave with 1."""
    from chatbot.knowledge.content import read_content
    from chatbot.knowledge.problems import ContentErrors

    folders = settings.knowledge_dir, settings.intents_dir
    try:
        return read_content(*folders, settings.outbound_hosts)
    except ContentErrors as error:
        for problem in error.problems:
            click.echo(str(problem))
        click.echo(f"共 {len(error.problems)} 个问题，改好之前不能发布。", err=True)
        raise SystemExit(_FOUND) from None


def _waiting(desk: Desk) -> Snapshot:
    from chatbot.store.snapshots import candidate_snapshot

    snapshot = desk.database.run_sync(candidate_snapshot)
    if snapshot is None:
        raise UserError("没有等待发布的候选；不带 --candidate 则发布文件夹里的内容。")
    return snapshot


def _published(desk: Desk, number: int) -> Snapshot:
    from chatbot.store.snapshots import candidate_snapshot, published_snapshot

    snapshot = desk.database.run_sync(published_snapshot, number)
    if snapshot is not None:
        return snapshot
    waiting = desk.database.run_sync(candidate_snapshot)
    if waiting is not None and waiting.number == number:
        raise UserError(
            f"快照 {number} 是候选，还没有上线过；用 chatbot knowledge publish --candidate 发布它。"
        )
    raise UserError(f"没有快照 {number}；chatbot knowledge history 列出有哪些。")


def _tell(content: Content, offered: Offered) -> None:
    if offered.changed:
        click.echo(
            f"已发布快照 {offered.number}：{len(content.entries)} 个知识条目，"
            f"{len(content.intents)} 个意图。"
        )
    else:
        click.echo(f"内容没有变化，线上仍是快照 {offered.number}。")
