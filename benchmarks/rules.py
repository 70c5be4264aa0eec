"""How long the paths take that decide without the encoder.

    python -m benchmarks.rules    # 10,000 entries, 50 intents with 20 keywords each, 20 stores

Prints p50 and p95 in microseconds of ``Dialogue.begin`` for each path, over generated knowledge, as
the thread's CPU time, so that other processes on the same cores do not count.
"Left to the encoder" is what a message costs that no rule decides, before it is encoded.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from chatbot.answers.entries import Entry, plain_answer
from chatbot.answers.messages import TextMessage
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Outcome, Situation, Utterance
from chatbot.facts.tables import Table
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching.encoder import Vectors
from chatbot.matching.vector_cache import VectorCache
from chatbot.understanding.intents import Intent

_THINGS = (
    "早餐 晚餐 发票 押金 房卡 停车位 游泳池 健身房 会议室 洗衣房 加床 婴儿床 浴袍 拖鞋 吹风机 "
    "充电器 转换插头 行李 接机 送机 包车 门票 优惠券 会员卡 积分 订单 定金 退款 宠物 自行车 "
    "雨伞 空调 暖气 电视 投影 音响 热水 浴缸 阳台 窗户 麻将机 烧烤架 帐篷 泳衣 毛巾 牙刷 "
    "保险箱 冰箱 微波炉 洗衣机"
)
_ASKED = (
    "怎么预约 怎么取消 怎么收费 在哪里领 在哪里退 可以改时间吗 可以外带吗 可以免费用吗 "
    "可以提前申请吗 可以延长吗 几点开始 几点结束 要排队吗 要登记吗 要押证件吗 有限制吗 有折扣吗 "
    "有说明书吗 坏了怎么办 丢了怎么办 不够怎么办 用不了怎么办 谁来负责 多久能好 多久能到 "
    "能送到房间吗 能开收据吗 能刷卡吗 能寄存吗 能转让吗 支持微信吗 支持现金吗 周末有吗 "
    "节假日有吗 小朋友能用吗 老人能用吗 晚上能用吗 一次能用几个 最多能要几个 和官网一样吗"
)
_PLACES = "南湖店 北山店 东门店 西溪店 机场店"
_CITIES = "临江 望海 白石 青山"
_STORES = "码头 公园 大学 商圈 古城"
_UPSET = "太差 太慢 太贵 太吵 太脏 太远 太旧 太少 太暗 太乱 没人管 没有用 打不开 不见了 漏水了"
_SEED = 20261122
_INTENTS = 50
_KEYWORDS = 20


class _RandomVectors:
    """Stands in for the encoder at the build; none of the measured paths asks it."""

    fingerprint = "random"
    dim = 384

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.random.default_rng(_SEED).normal(size=(len(texts), self.dim))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows.astype(np.float32)


def generate(entries: int) -> Content:
    """Return ``entries`` entries and 50 intents with 20 keywords each, a quarter expressions."""
    chance = random.Random(_SEED)
    questions = [
        f"{place}{thing}{asked}"
        for place, thing, asked in itertools.product(*map(str.split, (_PLACES, _THINGS, _ASKED)))
    ]
    chance.shuffle(questions)
    return Content(
        entries=tuple(
            Entry(f"entry-{number}", question, plain_answer("好的。"))
            for number, question in enumerate(questions[:entries])
        ),
        intents=tuple(_intents()),
        tables=(_stores(),),
    )


def _stores() -> Table:
    """Return 20 stores in 4 cities, with a code and aliases each."""
    rows = {
        f"花间{city}{name}店": {
            "代码": f"HJ-{first}{second}",
            "别名": f"{name}店|{city}{name}",
            "城市": city,
            "早餐时间": "7:00",
        }
        for first, city in enumerate(_CITIES.split())
        for second, name in enumerate(_STORES.split())
    }
    return Table("门店", ("酒店", "代码", "别名", "城市", "早餐时间"), rows)


def _intents() -> Iterable[Intent]:
    things = _THINGS.split()
    words = [f"{thing}{upset}" for thing in things for upset in _UPSET.split()]
    expressions = [f"/{thing}(真的?|也|都)+太{how}/" for how in "差慢贵吵脏" for thing in things]
    written = iter(words)
    for number in range(_INTENTS):
        keywords = [*itertools.islice(written, _KEYWORDS * 3 // 4)]
        keywords += expressions[number::_INTENTS]
        yield Intent(
            f"intent-{number}",
            f"意图{number}",
            examples=tuple(f"{things[number]}的事我要说{count}遍" for count in "一二三四五"),
            keywords=tuple(keywords),
            exclude=(f"{things[number]}很好",),
            reply=(TextMessage("收到。"),),
        )


def paths(content: Content) -> dict[str, list[str]]:
    """Return messages for each path."""
    some = random.Random(_SEED).sample(content.entries, 200)
    return {
        "exact": [entry.question for entry in some],
        "near-exact": [f"{entry.question}呀" for entry in some],
        "keyword": [f"你们{intent.keywords[0]}了吧" for intent in content.intents],
        "expression": [f"我说{thing}真的也太差" for thing in _THINGS.split()],
        "exact, with a store": [
            f"{place}，{entry.question}"
            for entry in some
            for place in ("临江码头店", "花间白石古城店")
        ],
        "wish": ["转人工", "人工！！", "我要跟人说话", "有没有活人", "叫你们经理来"],
        "menu": ["菜单", "0"],
        "greeting": ["你好", "在吗", "您好呀"],
        "left to the encoder": [f"我们一家住{entry.question[:3]}想带点东西" for entry in some],
    }


def measure(dialogue: Dialogue, texts: Sequence[str], rounds: int) -> tuple[list[float], set[str]]:
    """Return the microseconds of each message and the rules that decided."""
    situation = Situation(datetime(2026, 11, 22, tzinfo=UTC))
    taken: list[float] = []
    rules: set[str] = set()
    for text in itertools.islice(itertools.cycle(texts), rounds):
        begin = time.thread_time()
        step = dialogue.begin(Utterance((text,)), Context(), situation)
        taken.append((time.thread_time() - begin) * 1e6)
        rules.add(step.trace["rule"] if isinstance(step, Outcome) else "-")
    return taken, rules


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=500, help="messages of each path")
    options = parser.parse_args()
    content = generate(options.entries)
    with tempfile.TemporaryDirectory() as scratch:
        dialogue = build_dialogue(
            content,
            0,
            _RandomVectors(),
            VectorCache(Path(scratch)),
            target_precision=0.95,
            timezone="Asia/Shanghai",
        )
    print(f"{len(content.entries)} entries, {len(content.intents)} intents, 20 rows")
    for name, texts in paths(content).items():
        taken, rules = measure(dialogue, texts, options.rounds)
        p50, p95 = np.percentile(taken, [50, 95])
        print(f"{name:20} p50 {p50:6.0f} µs  p95 {p95:6.0f} µs  decided by {', '.join(rules)}")


if __name__ == "__main__":
    main()
