"""`chatbot answer`: a file of questions, one decision a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from chatbot.errors import UserError


@click.command()
@click.option(
    "--knowledge", type=click.Path(path_type=Path), required=True, help="知识文件夹或文件"
)
@click.option(
    "--input",
    "source",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help='每行一个 JSON，须有 "text"',
)
@click.option(
    "--output",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="每行一个决定，与输入逐行对应",
)
@click.option("--intents", type=click.Path(path_type=Path), help="意图和用语的文件夹")
def answer(knowledge: Path, source: Path, target: Path, intents: Path | None) -> None:
    """像机器人那样回答一个文件里的每个问题，每行一个决定；不需要数据库和网络。"""
    from chatbot.cli.jsonl import read_lines
    from chatbot.cli.opening import check_intents, open_service, progress
    from chatbot.clock import make_clock
    from chatbot.dialogue.turn import Situation, Utterance
    from chatbot.knowledge.content import load_content
    from chatbot.settings import load_settings

    settings = load_settings()
    check_intents(intents)
    lines = read_lines(source, "--input")
    with open_service(load_content(knowledge, intents), settings) as service:
        situation = Situation(make_clock(settings.test_clock).now())
        outcomes = service.decide_each((Utterance((line.text,)) for line in lines), situation)
        records = (
            {**line.record, **outcome.decision.to_json()}
            for line, outcome in zip(lines, outcomes, strict=True)
        )
        with progress("回答", len(lines)) as advance:
            write_records(target, records, advance)


def write_records(
    target: Path, records: Iterable[dict[str, Any]], advance: Callable[[int], None]
) -> None:
    """Write ``records`` as JSON lines; raise UserError if the file cannot be written."""
    try:
        with target.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as output:
            for done, record in enumerate(records, start=1):
                output.write(json.dumps(record, ensure_ascii=False) + "\n")
                advance(done)
    except OSError as error:
        raise UserError(f"--output {target}: {error.strerror}") from None
