"""From the figures of all loads to one report, and its table."""

from __future__ import annotations

import itertools
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.loadgen import Figures

Report = dict[str, Any]


@dataclass(slots=True)
class Series:
    """What was measured, in order: encoders, load, encoders, load, …, encoders; then one load.

    ``encoder`` holds texts a second by number of threads, ``encoder_cpu_ms`` CPU milliseconds a
    text with the server's number of threads: one value more than there are saturated loads.
    """

    threads: int
    encoder: dict[int, list[float]] = field(default_factory=dict)
    encoder_cpu_ms: list[float] = field(default_factory=list)
    saturated: list[Figures] = field(default_factory=list)
    ordinary: Figures = field(default_factory=Figures)

    def messages_per_second(self) -> float:
        """Return the median throughput of the saturated loads."""
        return statistics.median(rate(load) for load in self.saturated)


def rate(load: Figures) -> float:
    """Return replies accepted a second during the window."""
    return load.in_window / load.window


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of ``values`` do not exceed; 0 of none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


def make_report(series: Series) -> Report:
    """Return all figures under names that speak for themselves."""
    loads = [*series.saturated, series.ordinary]
    return {
        "cores": os.cpu_count(),
        "encoder_threads": series.threads,
        "encoder_texts_per_second": _medians(series.encoder),
        "encoder_cpu_ms_per_text": statistics.median(series.encoder_cpu_ms),
        "messages_per_second": series.messages_per_second(),
        "ratio": {width: _ratio(series, values) for width, values in series.encoder.items()},
        "cpu_ms_per_message": _cpu_per_message(series.saturated),
        "cores_used_by_others": _cores_used_by_others(series.saturated),
        "saturated": _latencies(series.saturated),
        "ordinary": {"messages_per_second": rate(series.ordinary), **_latencies([series.ordinary])},
        "waiting": [load.waiting for load in series.saturated],
        "messages": sum(load.sent for load in loads),
        "replies": sum(load.replies for load in loads),
        "callbacks_not_200": sum(load.callbacks_not_200 for load in loads),
        "problems": [problem for load in loads for problem in load.problems],
    }


def _medians(values: Mapping[int, Sequence[float]]) -> dict[int, float]:
    return {width: statistics.median(each) for width, each in values.items()}


def _ratio(series: Series, encoder: Sequence[float]) -> float:
    """Return the median of each load against the encoder right before and right after it."""
    around = [(before + after) / 2 for before, after in itertools.pairwise(encoder)]
    loads = [rate(load) for load in series.saturated]
    return statistics.median(load / yard for load, yard in zip(loads, around, strict=True))


def _cpu_per_message(loads: Sequence[Figures]) -> dict[str, float]:
    answered = sum(load.in_window for load in loads)
    return {name: sum(load.cpu[name] for load in loads) / answered * 1e3 for name in loads[0].cpu}


def _cores_used_by_others(loads: Sequence[Figures]) -> float:
    return statistics.median(
        (load.machine_cpu - sum(load.cpu.values())) / load.window for load in loads
    )


def _latencies(loads: Sequence[Figures]) -> Report:
    parts = {
        "callback_ms": [value for load in loads for value in load.callback_ms],
        "verify_ms": [value for load in loads for value in load.verify_ms],
        "reply_ms": [value for load in loads for value in load.reply_ms],
    }
    return {name: {"count": len(values), **_spread(values)} for name, values in parts.items()}


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {f"p{share}": percentile(values, share / 100) for share in (50, 95, 99)}


def render(report: Report) -> str:
    """Return the report as a small table."""
    lines = [f"{report['cores']} cores, CHATBOT_ENCODER_THREADS={report['encoder_threads']}"]
    for width, texts in report["encoder_texts_per_second"].items():
        lines.append(_line(f"bare encoder, {width} thread(s)", f"{texts:.1f} texts/s"))
    lines.append(_line("end to end, saturated", f"{report['messages_per_second']:.1f} messages/s"))
    for width, ratio in report["ratio"].items():
        lines.append(_line(f"ratio to {width} encoder thread(s)", f"{ratio:.2f}"))
    lines.append(_line("CPU a text, bare encoder", f"{report['encoder_cpu_ms_per_text']:.1f} ms"))
    for name, milliseconds in report["cpu_ms_per_message"].items():
        lines.append(_line(f"CPU a message, {name}", f"{milliseconds:.1f} ms"))
    lines.append(_line("cores used by others", f"{report['cores_used_by_others']:.2f}"))
    for title in ("saturated", "ordinary"):
        lines += _latency_lines(title, report[title])
    lines.append(_line("messages / replies", f"{report['messages']} / {report['replies']}"))
    lines += [f"  PROBLEM: {problem}" for problem in report["problems"]]
    return "\n".join(lines)


def _latency_lines(title: str, part: Report) -> list[str]:
    lines = [f"  {title}"]
    if "messages_per_second" in part:
        lines = [f"  {title}, {part['messages_per_second']:.1f} messages/s"]
    for name in ("callback_ms", "verify_ms", "reply_ms"):
        values = "  ".join(f"p{share} {part[name][f'p{share}']:.1f}" for share in (50, 95, 99))
        lines.append(_line(f"  {name} ({part[name]['count']})", values))
    return lines


def _line(name: str, value: str) -> str:
    return f"  {name:<36}{value}"
