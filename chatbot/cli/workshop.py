"""`chatbot knowledge workshop`: real messages as suggested similar questions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.errors import UserError

if TYPE_CHECKING:
    from chatbot.curation.workshop import EntryWork
    from chatbot.curation.workshop_asked import Heard
    from chatbot.knowledge.content import Content
    from chatbot.settings import Settings
    from chatbot.workshop import Folders

#: Exit code for having found something.
_FOUND = 1


@click.command()
@click.argument("entry", required=False)
@click.option(
    "--messages",
    type=click.Path(path_type=Path, dir_okay=False),
    help='用这个文件里的消息而不是数据库里的，每行一个 JSON："text"，可以有 "times"',
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="最多几行。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供脚本使用")
@click.option("--accept", "accepted", metavar="TEXT", help="把 TEXT 写成 ENTRY 的相似问")
@click.option(
    "--reject", "rejected", metavar="TEXT", help="不再为 ENTRY 推荐 TEXT，改推荐给下一个可能的条目"
)
def workshop(
    entry: str | None,
    messages: Path | None,
    limit: int,
    as_json: bool,
    accepted: str | None,
    rejected: str | None,
) -> None:
    """从真实消息里为条目推荐相似问；不写 ENTRY 列出各条目，写了列出它的推荐。

    按文件夹里现在的内容判断，最有用的排在前面。从最上面的条目看起：客户问的就是它的收下（--accept），
    不是的说不要（--reject），它会改推荐给下一个可能的条目。都看过再发布，收下的才生效。
    """
    from chatbot.settings import load_settings

    settings = load_settings()
    if accepted is None and rejected is None:
        works = _suggested(settings, messages, entry)
        _show(works, entry, limit, as_json=as_json)
        if works and not as_json:
            _tell_next_steps(entry, recorded=messages is None)
        return
    if accepted is not None and rejected is not None:
        raise UserError("--accept 和 --reject 一次只能写一个。")
    if entry is None:
        raise UserError("--accept 和 --reject 前面要写条目的编号。")
    if accepted is not None:
        _accept(settings, entry, accepted, recorded=messages is None)
    elif messages is not None:
        raise UserError("--reject 记在数据库里，不能和 --messages 一起用。")
    else:
        _reject(settings, entry, rejected or "")


def _suggested(
    settings: Settings, messages: Path | None, entry: str | None
) -> tuple[EntryWork, ...]:
    from chatbot.curation.workshop_wording import entry_called
    from chatbot.knowledge.content import load_content

    content = load_content(settings.knowledge_dir, settings.intents_dir, settings.outbound_hosts)
    if entry is not None:
        entry_called(content.entries, entry)
    if messages is not None:
        return _from_file(settings, content, _read_messages(messages), entry)
    return _from_database(settings, content, entry)


def _read_messages(path: Path) -> list[Heard]:
    from chatbot.cli.jsonl import read_lines
    from chatbot.curation.workshop_asked import Heard

    found = []
    for line in read_lines(path, "--messages"):
        times = line.record.get("times", 1)
        if not isinstance(times, int) or isinstance(times, bool) or times < 1:
            raise UserError(f'{line.place}："times" 应为正整数')
        found.append(Heard(line.text, times))
    return found


def _from_file(
    settings: Settings, content: Content, heard: Sequence[Heard], entry: str | None
) -> tuple[EntryWork, ...]:
    from chatbot.building import builder_of
    from chatbot.cli.opening import built, progress
    from chatbot.clock import make_clock
    from chatbot.matching.encoder import make_encoder
    from chatbot.matching.vector_cache import VectorCache
    from chatbot.workshop import open_workshop

    encoder, vectors = make_encoder(settings.encoder), VectorCache(settings.data_dir)
    dialogue = built(builder_of(settings, encoder, vectors), content)
    with progress("看消息", None) as advance:
        workshop = open_workshop(
            dialogue, encoder, vectors, progress=advance, threads=settings.encoder_threads
        )
        return workshop.suggest(heard, make_clock(settings.test_clock).now(), only=entry)


def _from_database(
    settings: Settings, content: Content, entry: str | None
) -> tuple[EntryWork, ...]:
    from chatbot.cli.opening import built, progress
    from chatbot.cli.publishing import at_desk
    from chatbot.learning import decided_by
    from chatbot.store.snapshots import live_basis
    from chatbot.workshop import open_workshop, read_told

    _need_database(settings, "没有记录的消息；也可以用 --messages 给出一个文件")
    with at_desk(settings) as desk:
        now, bench = desk.clock.now(), desk.bench
        told = desk.database.run_sync(read_told, now)
        dialogue = built(bench.build, content)
        live = desk.database.run_sync(live_basis)
        if live is not None and live.uncorrected == bench.basis:
            dialogue = decided_by(dialogue, live)
        with progress("看消息", None) as advance:
            workshop = open_workshop(
                dialogue, bench.encoder, bench.vectors,
                progress=advance, threads=settings.encoder_threads,
            )  # fmt: skip
            return workshop.suggest(told.heard, now, told.settled, only=entry)


def _need_database(settings: Settings, without: str) -> None:
    from chatbot.cli.database import has_database

    if not has_database(settings):
        raise UserError(f"还没有数据库，{without}。")


def _accept(settings: Settings, entry: str, text: str, *, recorded: bool) -> None:
    """Write a similar question, say where, and what a check says of the files now."""
    from chatbot.cli.database import has_database
    from chatbot.workshop import accept

    done = accept(_folders(settings), entry, text)
    if recorded and has_database(settings):
        _record(settings, entry, done.text, accepted=True)
    click.echo(
        f"已写进 {done.added.path} 第 {done.added.line} 行：“{done.text}”成为"
        f"“{done.entry.question}”的相似问。发布之后生效。"
    )
    for warning in done.warnings:
        click.echo(f"提醒：{warning}")
    for problem in done.problems:
        click.echo(str(problem))
    if done.problems:
        click.echo(f"共 {len(done.problems)} 个问题，改好之前不能发布。", err=True)
        raise SystemExit(_FOUND)


def _reject(settings: Settings, entry: str, text: str) -> None:
    from chatbot.curation.workshop_wording import entry_called
    from chatbot.knowledge.content import load_content
    from chatbot.workshop import rejected_text

    content = load_content(settings.knowledge_dir, settings.intents_dir, settings.outbound_hosts)
    entry_called(content.entries, entry)
    shown = rejected_text(text)
    _need_database(settings, "没有地方记下来")
    _record(settings, entry, shown, accepted=False)
    click.echo(f"记下了：不再为“{entry}”推荐“{shown}”，改推荐给下一个可能的条目。")


def _record(settings: Settings, entry: str, text: str, *, accepted: bool) -> None:
    from chatbot.cli.actor import actor
    from chatbot.cli.database import opened
    from chatbot.clock import make_clock
    from chatbot.store.workshop import Verdict, save_verdict

    verdict: Verdict = "accept" if accepted else "reject"
    now = make_clock(settings.test_clock).now()
    with opened(settings) as database:
        database.run_sync(save_verdict, entry, text, verdict, actor(), now)


def _folders(settings: Settings) -> Folders:
    from chatbot.workshop import Folders

    return Folders(settings.knowledge_dir, settings.intents_dir, settings.outbound_hosts)


def _show(works: Sequence[EntryWork], entry: str | None, limit: int, *, as_json: bool) -> None:
    from chatbot.cli.workshop_tables import show_entries, show_suggestions
    from chatbot.workshop import summary_to_json, work_to_json

    if as_json and entry is None:
        record = {"entries": [summary_to_json(work) for work in works[:limit]]}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
    elif as_json:
        found = [work_to_json(work, limit) for work in works]
        click.echo(json.dumps(next(iter(found), {"faq_id": entry, "suggestions": []}),
                              ensure_ascii=False, indent=2))  # fmt: skip
    elif not works:
        click.echo("没有等着补相似问的消息。")
    elif entry is None:
        show_entries(works, limit)
    else:
        show_suggestions(works[0], limit)


def _tell_next_steps(entry: str | None, *, recorded: bool) -> None:
    """Say what the numbers mean, and what to do with what is shown."""
    click.echo("“预计多答对”：收下之后，等着的消息里预计多几条能直接答对。")
    if entry is None:
        click.echo("从最上面的条目看起，每条收十来个就够；都看过再发布，收下的才生效。")
        return
    if recorded:
        click.echo(
            f'客户问的不是这一条：chatbot knowledge workshop {entry} --reject "消息"，'
            "它会改推荐给下一个可能的条目。"
        )
    click.echo("都看过再发布，收下的才生效：chatbot knowledge publish")
