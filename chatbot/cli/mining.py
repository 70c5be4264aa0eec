"""`chatbot knowledge mine`: what customers asked in old talks that people had to answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from chatbot.bringing import Bringer
    from chatbot.cli.opening import Advance
    from chatbot.cli.publishing import Desk
    from chatbot.exchange.chat_sorting import Talks
    from chatbot.mining import MinedGroup, Miner
    from chatbot.settings import Settings
    from chatbot.store.gap_worth import Found

#: Exit code for having found something.
_FOUND = 1
_TOLD = 20
_AT_ONCE = 1000
_LONGEST = 60


@dataclass(slots=True)
class _Reading:
    """How many rows there were, and which could not be used, by file and line."""

    rows: int = 0
    bad: int = 0
    told: list[str] = field(default_factory=list)

    def refuse(self, place: str, why: str) -> None:
        """Count a row that cannot be used; the first of them are told."""
        self.bad += 1
        if len(self.told) < _TOLD:
            self.told.append(f"{place}：{why}")


@click.command()
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
)  # fmt: skip
@click.option("--apply", "applies", is_flag=True, help="收进没答上的问题；不写则只试，什么也不改。")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1), help="最多几行。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供脚本使用。")
def mine(files: tuple[Path, ...], applies: bool, limit: int, as_json: bool) -> None:
    """从以前的聊天记录里找客户问过、客服用文字答过的问题，收进“没答上的”（--apply 才收）。

    FILE 是 .csv、.xlsx 或 .jsonl，有四列：会话、时间、角色、内容（或 conversation、time、role、
    content）。线上的知识现在就答得上的只计数；其余的意思相同的放在一起，花人工时间最多的在前，客服的
    回复作草稿，个人信息抹掉。同一份再收一次不会重复。有认不出的行时退出码为 1。
    """
    from chatbot.cli.publishing import at_desk
    from chatbot.pipeline.gap_answers import GapAnswers
    from chatbot.settings import load_settings

    settings, reading = load_settings(), _Reading()
    with at_desk(settings) as desk, _miner(settings, desk, applies=applies) as (miner, bringer):
        for file in files:
            _mine_file(miner, file, ZoneInfo(settings.timezone), reading)
        if applies and miner.counts.brought:
            _work_out(bringer)
        dearest = miner.dearest(limit, GapAnswers(desk.database, desk.bench.vectors))
    if as_json:
        click.echo(_json(miner, reading, dearest, applies=applies))
    else:
        _show(miner, reading, dearest, applies=applies)
    if reading.bad:
        raise SystemExit(_FOUND)


@contextmanager
def _miner(settings: Settings, desk: Desk, *, applies: bool) -> Iterator[tuple[Miner, Bringer]]:
    """Yield what reads talks by the knowledge that is live."""
    from chatbot.bringing import Bringer
    from chatbot.cli.live import live_mind
    from chatbot.dialogue.service import DialogueService
    from chatbot.mining import Miner
    from chatbot.store.agents import member_names

    mind = live_mind(desk)
    bringer = Bringer(desk.database, mind, desk.bench.vectors, desk.clock, applies=applies)
    names = sorted(desk.database.run_sync(member_names).values())
    service = DialogueService(mind.dialogue, mind.encoder, settings.encoder_threads)
    try:
        yield Miner(desk.database, service, bringer, desk.clock, names), bringer
    finally:
        service.close()


def _mine_file(miner: Miner, file: Path, zone: tzinfo, reading: _Reading) -> None:
    from chatbot.cli.opening import progress
    from chatbot.exchange.chat_sorting import sorted_talks

    with sorted_talks() as talks:
        with progress(f"读取 {file.name}", file.stat().st_size) as advance:
            _read(file, zone, talks, reading, advance)
        before = miner.counts.talks
        with progress("整理对话", len(talks)) as advance:
            for done in miner.mine(file.name, talks.each()):
                advance(done - before)


def _read(file: Path, zone: tzinfo, talks: Talks, reading: _Reading, advance: Advance) -> None:
    from chatbot.curation.mining.rows import RowError, Said, said_in
    from chatbot.exchange.chat_export import export_rows

    waiting: list[Said] = []
    for row in export_rows(file):
        reading.rows += 1
        try:
            waiting.append(said_in(row.cells, zone))
        except RowError as error:
            reading.refuse(f"{file.name} 第 {row.line} 行", str(error))
        if len(waiting) == _AT_ONCE:
            talks.add(waiting)
            waiting = []
            advance(row.done)
    talks.add(waiting)


def _work_out(bringer: Bringer) -> None:
    from chatbot.cli.opening import progress

    with progress("整理各组", None) as advance:
        bringer.work_out(advance)


def _show(
    miner: Miner, reading: _Reading, dearest: list[tuple[MinedGroup, Found]], *, applies: bool
) -> None:
    from chatbot.console.harmless import one_line

    for each in reading.told:
        click.echo(f"没有用 {each}")
    if reading.bad > len(reading.told):
        click.echo(f"……共 {reading.bad} 行没有用")
    for group, found in dearest:
        nearest = f"；最接近 {found.nearest} {found.confidence or 0:.0%}" if found.nearest else ""
        title = one_line(found.title, _LONGEST)
        click.echo(f"{group.minutes:6.1f} 分钟 {group.times:4d} 次  {title}{nearest}")
        click.echo(f"        草稿：{one_line(found.draft, _LONGEST)}")
    click.echo(_summary(miner, reading, applies=applies))


def _summary(miner: Miner, reading: _Reading, *, applies: bool) -> str:
    counts = miner.counts
    told = (
        f"{reading.rows} 行，{counts.talks} 次对话，客户问了 {counts.questions} 次："
        f"线上的知识已能答 {counts.answered}，没有客服用文字回复 {counts.unanswered}，"
        f"寒暄、找人等 {counts.other}，以前收过 {counts.known}，"
    )
    groups = f"{counts.brought}，分成 {len(miner.groups)} 组"
    if applies:
        return f"{told}这次收进 {groups}。在网页 /console/gaps 里处理。"
    return f"{told}可以收进 {groups}。\n试运行，什么也没有改；加 --apply 收进没答上的问题。"


def _json(
    miner: Miner, reading: _Reading, dearest: list[tuple[MinedGroup, Found]], *, applies: bool
) -> str:
    record: dict[str, Any] = {
        "rows": reading.rows,
        "refused": {"count": reading.bad, "first": reading.told},
        **asdict(miner.counts),
        "applied": applies,
        "groups": [
            {
                "id": group.number if group.number > 0 else None,
                "question": found.title,
                "times": group.times,
                "minutes": round(group.minutes, 2),
                "nearest": found.nearest,
                "confidence": None if found.confidence is None else round(found.confidence, 4),
                "draft": found.draft,
            }
            for group, found in dearest
        ],
    }
    return json.dumps(record, ensure_ascii=False, indent=2)
