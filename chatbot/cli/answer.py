"""`chatbot answer`: a file of questions, one decision a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chatbot.errors import UserError

if TYPE_CHECKING:
    from chatbot.dialogue.service import DialogueService
    from chatbot.settings import Settings


@dataclass(frozen=True, slots=True)
class Question:
    """One input line: its text, and the keys that are passed through unread."""

    text: str
    others: dict[str, Any]


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
    from chatbot.clock import make_clock
    from chatbot.dialogue.turn import Utterance
    from chatbot.settings import load_settings

    settings = load_settings()
    if intents is not None and not intents.is_dir():
        raise UserError(f"--intents {intents}: no such folder")
    questions = read_questions(source)
    service = _open_service(knowledge, intents, settings)
    try:
        now = make_clock(settings.test_clock).now()
        outcomes = service.decide_each((Utterance((each.text,)) for each in questions), now)
        records = (
            {**question.others, **outcome.decision.to_json()}
            for question, outcome in zip(questions, outcomes, strict=True)
        )
        with _progress("回答", len(questions)) as advance:
            write_records(target, records, advance)
    finally:
        service.close()


def read_questions(source: Path) -> list[Question]:
    """Return the questions of a JSONL file; raise UserError that names a bad line."""
    try:
        lines = source.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise UserError(f"--input {source}: {error.strerror}") from None
    return [
        _read_question(f"{source}:{number}", line)
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]


def _read_question(place: str, line: bytes) -> Question:
    try:
        record = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise UserError(f"{place}: the line is not UTF-8; save the file as UTF-8") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"{place}: not JSON: {getattr(error, 'msg', 'too deep')}") from None
    text = record.get("text") if isinstance(record, dict) else None
    if not isinstance(text, str):
        raise UserError(f'{place}: an object with a text is expected, as {{"text": "几点退房"}}')
    return Question(text, record)


def write_records(target: Path, records: Iterable[dict[str, Any]], advance: Advance) -> None:
    """Write ``records`` as JSON lines; raise UserError if the file cannot be written."""
    try:
        with target.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as output:
            for done, record in enumerate(records, start=1):
                output.write(json.dumps(record, ensure_ascii=False) + "\n")
                advance(done)
    except OSError as error:
        raise UserError(f"--output {target}: {error.strerror}") from None


def _open_service(knowledge: Path, intents: Path | None, settings: Settings) -> DialogueService:
    from chatbot.dialogue.service import DialogueService
    from chatbot.knowledge.build import build_dialogue
    from chatbot.knowledge.content import load_content
    from chatbot.matching.encoder import make_encoder
    from chatbot.matching.vector_cache import VectorCache

    encoder = make_encoder(settings.encoder)
    content = load_content(knowledge, intents)
    with _progress("读入知识", None) as advance:
        dialogue = build_dialogue(
            content,
            0,
            encoder,
            VectorCache(settings.data_dir),
            target_precision=settings.target_precision,
            timezone=settings.timezone,
            progress=advance,
        )
    return DialogueService(dialogue, encoder, settings.encoder_threads)


class Advance:
    """Moves a progress bar, or does nothing where there is no terminal."""

    def __init__(self, bar: Any | None, task: Any, total: int | None) -> None:
        self._bar = bar
        self._task = task
        self._total = total

    def __call__(self, done: int, total: int | None = None) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total or self._total)


@contextmanager
def _progress(title: str, total: int | None) -> Iterator[Advance]:
    if not sys.stderr.isatty():
        yield Advance(None, None, total)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield Advance(bar, bar.add_task(title, total=total), total)
