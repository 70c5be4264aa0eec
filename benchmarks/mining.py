"""Mining an export of old talks: the time it takes, and the memory, by the command as it is used.

A made-up export of ``--rows`` rows about the sample knowledge is mined into a throwaway database,
by `chatbot knowledge mine` in a process of its own; then once more, when all of it is known.
``--knowledge`` is the folder that is live. Different questions are made of stems and what they are
about, so that groups are neither all one nor all apart.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.scores import print_row
from chatbot.knowledge.content import load_content
from chatbot.store.embedded import throwaway_cluster

_STEMS = (
    "{}要收费吗", "{}几点开门", "{}在几楼", "可以用{}吗", "{}要提前预约吗", "{}能带小孩去吗",
    "怎么去{}", "{}周末开吗", "{}可以延长时间吗", "{}有折扣吗",
)  # fmt: skip
_THINGS = (
    "游泳池", "健身房", "会议室", "棋牌室", "儿童乐园", "洗衣房", "接机服务", "行政酒廊", "宴会厅",
    "茶室", "桑拿房", "自行车租赁", "电动车充电桩", "打印机", "保险柜", "婴儿床", "轮椅", "雨伞",
    "行李寄存", "叫醒服务", "班车", "温泉", "图书角", "露台", "私人影院", "网球场",
    "高尔夫练习场", "垂钓池", "宠物寄养", "花房",
)  # fmt: skip
_TAILS = ("", "呀", "？", "，谢谢", "，我明天到", "，两个人", "，想问一下")
_REPLIES = (
    "您好，可以的，住店客人都可以使用，早上七点到晚上十点开放。",
    "这个需要提前一天预约，请告诉前台您的房号和时间。",
    "在二楼，出电梯右转，凭房卡免费；需要帮忙可以打前台电话。",
    "不好意思，目前没有这项服务，附近步行五分钟有一家。",
)


def talks(rows: int, known: Sequence[str], chance: random.Random) -> Iterator[tuple[str, ...]]:
    """Yield the rows of an export: of ten questions, three are such as the knowledge answers."""
    at, written, number = datetime(2025, 1, 1, tzinfo=UTC), 0, 0
    while written < rows:
        number += 1
        at += timedelta(minutes=chance.randint(1, 20))
        asked = _question(known, chance)
        said = (
            ("客户", "你好", 0), ("客服", "您好，请讲", 10), ("客户", asked, 30),
            ("客服", "稍等", 40), ("客服", chance.choice(_REPLIES), 150), ("客户", "好的谢谢", 170),
        )  # fmt: skip
        for role, text, after in said[: rows - written]:
            moment = at + timedelta(seconds=after)
            yield f"T{number}", moment.strftime("%Y-%m-%d %H:%M:%S"), role, text
            written += 1


def _question(known: Sequence[str], chance: random.Random) -> str:
    if chance.random() < 0.3:
        return chance.choice(known)
    return chance.choice(_STEMS).format(chance.choice(_THINGS)) + chance.choice(_TAILS)


def mined(path: Path, knowledge: Path, environment: dict[str, str]) -> dict[str, float]:
    """Return seconds and the largest memory of one run, and what it counted.

    Seconds of the processor tell more than those of the clock where others are at work as well.
    """
    began = time.perf_counter()
    command = [sys.executable, "-m", "chatbot", "knowledge", "mine", str(path), "--apply", "--json"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=environment, cwd=knowledge.parent, stdout=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        counted = json.loads(said.read())
    numbers = ("talks", "questions", "answered", "other", "known", "brought")
    return {
        "seconds": time.perf_counter() - began,
        "processor seconds": used.ru_utime + used.ru_stime,
        "largest MB": used.ru_maxrss / 1024,
        **{name: counted[name] for name in numbers},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--knowledge", type=Path, default=Path("knowledge"))
    options = parser.parse_args()
    knowledge = options.knowledge.resolve()
    wordings = [text for each in load_content(knowledge, None).entries for text in each.wordings]
    with tempfile.TemporaryDirectory() as folder, throwaway_cluster() as cluster:
        path = Path(folder) / "export.csv"
        with path.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(("会话", "时间", "角色", "内容"))
            writer.writerows(talks(options.rows, wordings, random.Random(0)))
        environment = {
            **os.environ,
            "CHATBOT_DATABASE_URL": cluster.url,
            "CHATBOT_KNOWLEDGE_DIR": str(knowledge),
            "CHATBOT_DATA_DIR": folder,
        }
        publish = [sys.executable, "-m", "chatbot", "knowledge", "publish", "--force"]
        subprocess.run(
            publish, env=environment, cwd=knowledge.parent, check=True, capture_output=True
        )
        print_row(f"{options.rows} rows", mined(path, knowledge, environment))
        print_row("once more", mined(path, knowledge, environment))


if __name__ == "__main__":
    main()
