"""`chatbot knowledge check`: what an admin should look at before publishing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.collecting import without_collecting

if TYPE_CHECKING:
    from chatbot.curation.linting.findings import Findings
    from chatbot.dialogue.dialogue import Dialogue
    from chatbot.knowledge.content import Content, Reading
    from chatbot.settings import Settings

#: Exit code for having found something.
_FOUND = 1


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON：各有几个，和全部发现。")
@click.option("--fix", is_flag=True, help="先把没有编号的条目的编号写进文件，别的都不动。")
@click.option("--quick", is_flag=True, help="不用编码器：比意思的几项不查，适合提交前的钩子。")
def check(path: Path | None, *, as_json: bool, fix: bool, quick: bool) -> None:
    """检查文件，逐条列出问题和改法；有错误或提醒时退出码为 1，只有备注时为 0。

    PATH 是知识文件夹或文件；不写则检查设置中的文件夹，包括意图和用语。
    """
    from chatbot.curation.linting.problems import findings_of
    from chatbot.knowledge.problems import ContentErrors
    from chatbot.settings import load_settings

    settings = load_settings()
    try:
        reading = _read(settings, path)
        written = _fix(settings, path, reading) if fix else 0
        if written:
            reading = _read(settings, path)
    except ContentErrors as error:
        _tell(findings_of(error.problems), None, as_json=as_json, quick=quick, written=0)
        raise SystemExit(_FOUND) from None
    with without_collecting():
        findings = _lint(settings, reading, quick=quick)
    _tell(findings, reading.content, as_json=as_json, quick=quick, written=written)
    if findings.worth_a_look:
        raise SystemExit(_FOUND)


def _read(settings: Settings, alone: Path | None) -> Reading:
    from chatbot.knowledge.content import read_content

    intents = settings.intents_dir if alone is None else None
    return read_content(alone or settings.knowledge_dir, intents, settings.outbound_hosts)


def _fix(settings: Settings, alone: Path | None, reading: Reading) -> int:
    """Write the ids that entries have from their questions; tell where only a person can."""
    from chatbot.exchange.giving_ids import give_ids

    done = give_ids(alone or settings.knowledge_dir, reading.places)
    for path, count in done.left.items():
        text = (
            f"{path}：{count} 个条目没有编号，这种写法不能自动改，请自己写上；"
            "表格先加上“编号”一列，就能自动写。"
        )
        click.echo(text, err=True)
    return done.written


def _lint(settings: Settings, reading: Reading, *, quick: bool) -> Findings:
    from zoneinfo import ZoneInfo

    from chatbot.clock import make_clock
    from chatbot.curation.linting.linter import lint
    from chatbot.wecom.splitting import split_text

    dialogue = None if quick else _built(settings, reading.content)
    now = make_clock(settings.test_clock).now()
    return lint(
        reading.content,
        dialogue,
        today=now.astimezone(ZoneInfo(settings.timezone)).date(),
        split=split_text,
        places=reading.places,
    )


def _built(settings: Settings, content: Content) -> Dialogue:
    from chatbot.building import builder_of
    from chatbot.cli.opening import built
    from chatbot.matching.encoder import make_encoder
    from chatbot.matching.vector_cache import VectorCache

    encoder = make_encoder(settings.encoder)
    return built(builder_of(settings, encoder, VectorCache(settings.data_dir)), content)


def _tell(
    findings: Findings, content: Content | None, *, as_json: bool, quick: bool, written: int
) -> None:
    from chatbot.cli.findings import finding_lines, summary

    if as_json:
        size = None if content is None else {
            "entries": len(content.entries),
            "wordings": sum(len(entry.wordings) for entry in content.entries),
            "intents": len(content.intents),
            "tables": len(content.tables),
        }  # fmt: skip
        record = {"quick": quick, "ids_written": written, "content": size, **findings.to_json()}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    if written:
        click.echo(f"写了 {written} 个条目的编号。")
    for line in finding_lines(findings):
        click.echo(line)
    click.echo(summary(findings, content), err=content is None)
