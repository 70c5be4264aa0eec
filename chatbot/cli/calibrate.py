"""`chatbot knowledge calibrate`: what confidence is worth here, and what would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatbot.errors import UserError

if TYPE_CHECKING:
    from chatbot.cli.publishing import Desk
    from chatbot.curation.calibration_report import CalibrationReport
    from chatbot.curation.learning import Band, Labelled
    from chatbot.dialogue.dialogue import Dialogue
    from chatbot.knowledge.content import Content
    from chatbot.matching.encoder import Encoder
    from chatbot.matching.vector_cache import VectorStore
    from chatbot.settings import Settings
    from chatbot.store.snapshots import Basis, Snapshot

#: Wordings that are left out unless all are wanted: a few seconds' work.
_SAMPLE = 500
#: More steps of the past are not told.
_MOST_PAST = 200


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option(
    "--labels",
    type=click.Path(path_type=Path, dir_okay=False),
    help='标注过的消息，每行一个 JSON："text" 和 "faq_id"（没有答案则为 null）',
)
@click.option("--full", is_flag=True, help="每个问法都试，不抽样；几千个问法要几分钟")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="把可靠性曲线画成这个 SVG 文件",
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供脚本使用")
@click.option("--apply", "applies", is_flag=True, help="按存下的标注校准，马上在线上生效")
@click.option("--history", "past", is_flag=True, help="列出每次按标注学了什么，不算新的报告")
def calibrate(
    path: Path | None,
    labels: Path | None,
    full: bool,
    picture: Path | None,
    as_json: bool,
    applies: bool,
    past: bool,
) -> None:
    """报告置信度在这个知识库里值多少：门槛、预期、容易混的条目、该补相似问的条目。

    PATH 是知识文件夹或文件，只看文件，不用数据库；不写则看线上的内容和存下的标注。
    """
    from chatbot.cli.calibration import calibration_json, show_calibration
    from chatbot.cli.database import has_database
    from chatbot.settings import load_settings

    settings = load_settings()
    if past:
        if path is not None or labels is not None or full or picture is not None or applies:
            raise UserError("--history 只能和 --json 同用。")
        _show_past(settings, as_json=as_json)
        return
    if applies and (path is not None or labels is not None):
        raise UserError("--apply 按存下的标注校准线上的内容，不能同时写 PATH 或 --labels。")
    given = None if labels is None else _read_labels(labels)
    if picture is not None:
        _check_picture(picture)
    said = ""
    if path is None and has_database(settings):
        report, said = _of_live(settings, given, full=full, applies=applies)
    elif applies:
        raise UserError("还没有数据库；先用 chatbot knowledge publish 发布。")
    else:
        report = _of_files(settings, path, given or (), full=full)
    if as_json:
        click.echo(calibration_json(report))
    else:
        show_calibration(report)
    if said:
        click.echo(said, err=as_json)
    # Last: a disk that is full takes neither the report nor the word of what was done.
    if picture is not None:
        _draw(report, picture)


def _show_past(settings: Settings, *, as_json: bool) -> None:
    """Print what was learnt from labels, the newest first."""
    from chatbot.calibrating_history import steps_of
    from chatbot.cli.calibration import history_json, show_history
    from chatbot.cli.database import has_database, opened
    from chatbot.store.calibrations import learnings

    if not has_database(settings):
        raise UserError("还没有数据库，没有学过什么。")
    with opened(settings) as database:
        steps = steps_of(database.run_sync(learnings, _MOST_PAST))
    if as_json:
        click.echo(history_json(steps))
    else:
        show_history(steps)


def _read_labels(path: Path) -> list[Labelled]:
    from chatbot.cli.jsonl import read_lines
    from chatbot.curation.learning import Labelled

    found = []
    for line in read_lines(path, "--labels"):
        faq_id = line.record.get("faq_id", 0)
        if faq_id is not None and not isinstance(faq_id, str):
            raise UserError(f'{line.place}："faq_id" 应为条目的编号，没有答案则为 null')
        found.append(Labelled(line.text, faq_id))
    if not found:
        raise UserError(f"--labels {path}：文件里没有消息")
    return found


def _of_files(
    settings: Settings, path: Path | None, labels: Sequence[Labelled], *, full: bool
) -> CalibrationReport:
    from chatbot.bench import basis_of
    from chatbot.clock import make_clock
    from chatbot.knowledge.content import load_content
    from chatbot.matching.encoder import make_encoder
    from chatbot.matching.vector_cache import VectorCache

    intents = settings.intents_dir if path is None else None
    content = load_content(path or settings.knowledge_dir, intents)
    _tell_unknown(str(path or settings.knowledge_dir), content, labels)
    encoder, vectors = make_encoder(settings.encoder), VectorCache(settings.data_dir)
    now = make_clock(settings.test_clock).now()
    examiner = _Examiner(settings, encoder, vectors, basis_of(settings, encoder), now, full)
    return examiner.report(content, labels, ())


def _of_live(
    settings: Settings, given: Sequence[Labelled] | None, *, full: bool, applies: bool
) -> tuple[CalibrationReport, str]:
    """Return the report on what is live, and what was done about it."""
    from chatbot.cli.publishing import at_desk
    from chatbot.learning import read_turns
    from chatbot.store.snapshots import live_snapshot

    with at_desk(settings) as desk:
        live = desk.database.run_sync(live_snapshot)
        if live is None:
            raise UserError("还没有发布过；先用 chatbot knowledge publish 发布，或写上知识文件夹。")
        if applies:
            desk.refuse_other_ways(live.basis)
        now, bench = desk.clock.now(), desk.bench
        told = desk.database.run_sync(read_turns, now)
        labels, bands = (told.labels, told.bands) if given is None else (given, ())
        content = desk.content_of(live)
        _tell_unknown(f"线上的快照 {live.number}", content, given or ())
        examiner = _Examiner(settings, bench.encoder, bench.vectors, live.basis, now, full)
        report = examiner.report(content, labels, bands)
        said = _apply(desk, live, report, told.newest) if applies else ""
    return report, said


def _tell_unknown(where: str, content: Content, labels: Sequence[Labelled]) -> None:
    """Say which labels name no entry: they are not learnt from."""
    from chatbot.cli.unknown import tell_unknown

    named = {each.faq_id for each in labels if each.faq_id is not None}
    tell_unknown(where, "条目", named, {entry.id for entry in content.entries})


@dataclass(frozen=True, slots=True)
class _Examiner:
    """Builds, learns and reports; ``basis`` says for which target and share."""

    settings: Settings
    encoder: Encoder
    vectors: VectorStore
    basis: Basis
    now: datetime
    full: bool

    def report(
        self, content: Content, labels: Sequence[Labelled], bands: Sequence[Band]
    ) -> CalibrationReport:
        from chatbot.cli.opening import progress
        from chatbot.curation.calibration_report import report_on
        from chatbot.curation.learning import learn
        from chatbot.learning import decided_by, see
        from chatbot.matching.practice import practise

        plain = self._build(content)
        with progress("计算标注的向量", None) as advance:
            seen = see(plain, labels, self.encoder, self.vectors, self.now, progress=advance)
        correction = learn(plain, seen, bands, self.basis.out_of_scope_share)
        dialogue = decided_by(plain, replace(self.basis, correction=correction))
        matcher = dialogue.snapshot.ranker.matcher
        with progress("留出问法来试", None) as advance:
            count = 0 if matcher is None else len(matcher)
            asked = count if self.full else min(count, _SAMPLE)
            left_out = practise(matcher, asked, advance) if matcher else ()
        with progress("量学习曲线", None) as advance:
            return report_on(
                dialogue,
                left_out,
                stated_share=self.basis.out_of_scope_share,
                correction=correction,
                seen=seen,
                full=self.full,
                advance=advance,
                bands=bands,
            )

    def _build(self, content: Content) -> Dialogue:
        from chatbot.building import builder_of
        from chatbot.cli.opening import built

        stated = {
            "target_precision": self.basis.target_precision,
            "out_of_scope_share": self.basis.out_of_scope_share,
        }
        settings = self.settings.model_copy(update=stated)
        return built(builder_of(settings, self.encoder, self.vectors), content)


def _apply(desk: Desk, live: Snapshot, report: CalibrationReport, newest: int) -> str:
    """Make what is live decide by the correction of a report, keep that, and say so."""
    from chatbot.calibrating import keep_report
    from chatbot.publishing import offer_of
    from chatbot.store.snapshots import restate_live

    correction, now = report.correction, desk.clock.now()
    if correction is None:
        return "还没有可以用来校准的标注，线上不变。"
    basis = replace(live.basis, correction=replace(correction, newest=newest))
    offer = offer_of(desk.content_of(live), {})
    offered = desk.database.run_sync(restate_live, live, offer, basis, now)
    if not offered.changed:
        return f"校准的结果没有变化，线上仍是快照 {offered.number}。"
    desk.database.run_sync(keep_report, offered.number, report, newest, now)
    return f"已按 {correction.labels} 条标注校准，作为快照 {offered.number} 上线。"


def _check_picture(picture: Path) -> None:
    """Raise UserError if the file cannot be written, before minutes of work and a change live."""
    try:
        made = not (picture.exists() or picture.is_symlink())
        with picture.open("ab"):
            pass
        if made:
            picture.unlink()
    except OSError as error:
        raise UserError(f"--picture {picture}：{error.strerror}") from None


def _draw(report: CalibrationReport, picture: Path) -> None:
    from chatbot.insight.reliability_picture import CurveWords, Series, draw_reliability

    words = CurveWords(
        title="置信度可靠吗：说有几成把握，实际对了几成",
        across="平均置信度",
        upwards="实际对的比例",
        threshold="门槛 {at}",
        point="{least} 至 {most}：{count} 条，对 {right}",
        count="{count} 条",
        perfect="虚线：说到做到。点越大条数越多",
    )
    series = [Series("留出的问法", report.left_out), Series("标注过的消息", report.labelled)]
    drawn = draw_reliability(series, report.promises[0].threshold, words, alone=True)
    try:
        picture.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise UserError(f"--picture {picture}：{error.strerror}") from None
