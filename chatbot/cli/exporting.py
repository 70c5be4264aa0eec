"""`chatbot knowledge export` and `template`: entries as a file that people edit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.errors import UserError

if TYPE_CHECKING:
    from chatbot.answers.entries import Entry
    from chatbot.exchange.export import Exported
    from chatbot.exchange.mark import Mark
    from chatbot.settings import Settings

#: Exit code for having found something.
_FOUND = 1
_TOLD = 20
_FOLDER = "文件夹"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--snapshot",
    "number",
    metavar="N",
    type=int,
    help="导出快照 N（也可以是候选），而不是文件夹里的。",
)
@click.option("--category", metavar="C", default="", help="只导出这个分类和它下面的。")
@click.option("--force", is_flag=True, help="已经有这个文件时覆盖它。")
def export(file: Path, number: int | None, category: str, force: bool) -> None:
    """把知识条目导出成 FILE：.xlsx、.csv、.jsonl、.yaml 或 .md。

    表格写不下的条目不导出，逐条说明（退出码为 1）；yaml 和 jsonl 什么都写得下。文件里写着快照编号，
    改完用 chatbot knowledge import 导入时，不会盖掉别人的改动。
    """
    from chatbot.exchange.export import export_entries
    from chatbot.settings import load_settings

    settings = load_settings()
    _refuse_existing(file, force=force)
    refuse_inside(settings, file)
    entries, snapshot, what = _entries(settings, number)
    chosen = [each for each in entries if _is_in(each.category, category)]
    if category and not chosen:
        raise UserError(f"没有分类“{category}”；有：{_categories(entries)}")
    exported = export_entries(file, chosen, _mark(snapshot, category))
    _tell(file, exported, what)
    if exported.left_out:
        raise SystemExit(_FOUND)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="已经有这个文件时覆盖它。")
def template(file: Path, force: bool) -> None:
    """写一个空的模板 FILE：.xlsx、.csv、.yaml 或 .md。

    Excel 的列名带说明，“自动回答”可以选，另一张工作表是示例；别的格式的示例是注释。
    """
    from chatbot.exchange.export import put_file
    from chatbot.exchange.template import TEMPLATE_SUFFIXES, template_bytes
    from chatbot.settings import load_settings

    suffix = file.suffix.lower()
    if suffix not in TEMPLATE_SUFFIXES:
        raise UserError(f"{file}：模板有 {'、'.join(TEMPLATE_SUFFIXES)} 几种")
    _refuse_existing(file, force=force)
    refuse_inside(load_settings(), file)
    put_file(file, template_bytes(suffix))
    where = "填在“知识”工作表里" if suffix == ".xlsx" else "填好"
    click.echo(f"已写好 {file}：{where}，再用 chatbot knowledge import 导入。")


def _refuse_existing(file: Path, *, force: bool) -> None:
    if file.exists() and not force:
        raise UserError(f"{file}：已经有这个文件，请换一个名字，或加 --force 覆盖它")


def refuse_inside(settings: Settings, file: Path) -> None:
    """Raise UserError if a file would be read as knowledge: then every entry would be there twice.

    A folder that is not there yet holds nothing.
    """
    if file.resolve().is_relative_to(settings.knowledge_dir.resolve()):
        raise UserError(f"{file}：不要写在知识文件夹里，它会被当作知识再读一遍；请写到别的文件夹")


def _entries(settings: Settings, number: int | None) -> tuple[Sequence[Entry], int | None, str]:
    """Return the entries, the number of the published snapshot that has just these, and whose.

    A candidate has no number to come back to: it may be gone by then.
    """
    from chatbot.cli.database import has_database, opened
    from chatbot.knowledge.content import Content, load_content
    from chatbot.store.snapshots import live_snapshot, published_snapshot, snapshot_numbered

    if number is not None:
        with opened(settings) as database:
            snapshot = database.run_sync(snapshot_numbered, number)
            is_published = database.run_sync(published_snapshot, number) is not None
        if snapshot is None:
            raise UserError(f"没有快照 {number}；chatbot knowledge history 列出有哪些。")
        found = Content.from_json(snapshot.content).entries
        what = f"{'快照' if is_published else '候选'} {number}"
        return found, number if is_published else None, what
    entries = load_content(settings.knowledge_dir, None).entries
    if not has_database(settings):
        return entries, None, _FOLDER
    with opened(settings) as database:
        live = database.run_sync(live_snapshot)
    is_live = live is not None and Content.from_json(live.content).entries == entries
    if live is None or not is_live:
        return entries, None, _FOLDER
    return entries, live.number, f"快照 {live.number}"


def _mark(snapshot: int | None, category: str) -> Mark | None:
    from chatbot.exchange.mark import Mark

    return None if snapshot is None else Mark(snapshot, category)


def _is_in(category: str, wanted: str) -> bool:
    return not wanted or category == wanted or category.startswith(f"{wanted}/")


def _categories(entries: Sequence[Entry]) -> str:
    return "、".join(sorted({each.category for each in entries if each.category})) or "一个也没有"


def _tell(file: Path, exported: Exported, what: str) -> None:
    click.echo(f"已导出 {file}：{what}的 {len(exported.written)} 个条目。")
    if what == _FOLDER:
        click.echo("文件夹与线上的快照不同，文件里没有快照编号；导入时认不出别人同时做的改动。")
    for each in exported.left_out[:_TOLD]:
        click.echo(
            f"没有导出 {each.entry.id}（{each.entry.question}）的 {each.key}：{each.why}", err=True
        )
    if exported.left_out:
        click.echo(
            f"共 {len(exported.left_out)} 个条目这种格式写不下，没有导出；"
            "请导出 .yaml 或 .jsonl，它们都写得下。",
            err=True,
        )
