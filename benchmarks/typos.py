"""What typing errors cost: every message once with one error, of each kind and mixed.

    python -m benchmarks.typos --data FOLDER               # FOLDER/queries.jsonl, FOLDER/faq*.jsonl
    python -m benchmarks.typos --knowledge PATH --queries FILE [--cache FOLDER] [--seed 7]

The errors: 同音, a character typed for another of the same syllable (tones aside, as input
methods do), both among the 3,755 common characters of GB 2312; 前后鼻音, the same with a sound
that much of the country does not tell apart (an/ang, en/eng, in/ing, z/zh, c/ch, s/sh, n/l, f/h);
形近字, one for another that looks like it; 漏字, one left out; mixed, one of these four by lot.
Equal seeds give equal errors. A message in which an error of a kind is impossible stays as it is
and is counted in "spared". "cost" is what hit@1 loses; the other figures are those of
``benchmarks.answers``. Needs the package pypinyin.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import random
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pypinyin import lazy_pinyin, pinyin
from pypinyin.constants import Style

from benchmarks.answers import answers_given, figures
from benchmarks.asking import Bench, Result, exam_parser, read_exam
from benchmarks.scores import print_row
from chatbot.knowledge.content import load_content
from chatbot.matching.vector_cache import VectorCache

#: The share of messages without an entry that precision is weighted to.
_SHARE = 0.3
_SHOWN = ("hit@1", "auroc", "cov@95", "cov@90", "ece")
#: Groups of characters that look alike. Written for this measurement alone: the product has a list
#: of its own, so that it is not asked what it has learnt by heart.
_LOOKALIKES = """
    己已巳 未末 土士 人入 日曰 大太犬 干千于 王玉主 田由甲申 白自百 力刀 见贝 今令
    代伐 候侯 住往佳 待侍持特 卷券 帐胀涨张 订盯钉打 请清情晴睛精 退腿 票漂飘标 开井
    设没 证征 文交 改攻政 站粘贴 查香 码妈吗 钱线浅残 绑邦 招绍超 银很根跟恨 限银
    转传砖 帅师 折拆析 推准谁难堆 失夫 先洗选 现规 险检验捡脸 极级及 职织识积 式试
    成城诚盛 倍部陪培 借错惜措 各名 备务 期斯其基 直真且具 早旱 里理埋 量重童 时对
    什付 他地她池也 给结洁 纪记己 计讨 说脱税悦 活话 问间门们闪闭 近斤听所 远运
    还坏怀环 上止正 互五 左右石有布 币布市 用角甩 科料 秒沙炒抄妙吵 你称 北比此 能熊态
    会合拾 去法云 么公 分份 粉盼 风凤 员贝页 题提堤是 走起赶 到倒致 例列别 前剪
    购构沟钩 包饱抱跑炮泡 拍怕伯柏 机肌饥 毛手 第弟等 余途除徐涂 乘剩乖 明朋阴 阳阴
    服报 板版饭贩返 后反 皮披波破坡被 货贷资 贫贪 享亨 停亭 季委李 程呈 财材 托托扎
    指脂 单弹禅 算真 更便使 夜液 依衣 素紧累系 该孩刻核 销消削稍 撤撒散 续读 申伸神
    详样洋祥 安案按 字学宇 完宗 官宫管 容客害 宣室宜 值置植 署暑 者著着都 括活刮 适话
    换唤 授援 扣和加知 如始 姐组祖租 权汉仅双 际标 阵陈 东车乐 练炼拣 连莲 库裤车
    较校胶 轻经径 动幼功 项顶 顺须预 额颜颗题 绩债 占点古 战站占 载裁截栽 减咸喊
    增赠憎 层尾屋 届居属 架驾 价介界 仿防访放 户护沪 床庆 座坐 从丛 序予 约的酌 得碍
    律津 健键建 延廷 进讲 迟返 送关迭 类米 来末 采菜彩 课果颗棵 保堡 复覆履腹 要妥耍
    四匹 区医 拒距巨 固因困团 园国圆围图 向何同 网冈 钢刚岗纲 内肉 两雨满 雷需零
    领铃玲 冰水永 泳咏 求球救 数教敦 考老拷烤
"""
_CONFUSED_STARTS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"))
_CONFUSED_ENDS = (("ang", "an"), ("eng", "en"), ("ing", "in"))
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_GRAMMAR_SYLLABLES = frozenset({"n", "ng", "m", "hm"})

#: Returns what may be typed in the place of a character, told its syllable.
Slips = Callable[[str, str], Sequence[str]]


class Fingers:
    """Types a message with one error; the same seed, kind and message give the same error."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._of_syllable = _common_characters()
        self._alike = _lookalikes()
        self.kinds: Mapping[str, Callable[[str, random.Random], str | None]] = {
            "同音": lambda text, chance: _replaced(text, self._homophones, chance),
            "前后鼻音": lambda text, chance: _replaced(text, self._near_homophones, chance),
            "形近字": lambda text, chance: _replaced(text, self._similar, chance),
            "漏字": _shortened,
            "mixed": self._mixed,
        }

    def slip(self, text: str, kind: str) -> str:
        """Return ``text`` with one error of ``kind``; as it is if there can be none."""
        chance = random.Random(f"{self._seed}:{kind}:{text}")
        return self.kinds[kind](text, chance) or text

    def _mixed(self, text: str, chance: random.Random) -> str | None:
        kinds = [kind for kind in self.kinds if kind != "mixed"]
        chance.shuffle(kinds)
        typed = (self.kinds[kind](text, chance) for kind in kinds)
        return next(filter(None, typed), None)

    def _homophones(self, character: str, syllable: str) -> Sequence[str]:
        return [other for other in self._of_syllable.get(syllable, ()) if other != character]

    def _near_homophones(self, character: str, syllable: str) -> Sequence[str]:
        return [
            other
            for near in confused_syllables(syllable)
            for other in self._of_syllable.get(near, ())
            if other != character
        ]

    def _similar(self, character: str, _: str) -> Sequence[str]:
        return self._alike.get(character, ())


def confused_syllables(syllable: str) -> list[str]:
    """Return the syllables that differ in one sound that is easily confused."""
    starts = [
        other + syllable.removeprefix(one)
        for pair in _CONFUSED_STARTS
        for one, other in (pair, pair[::-1])
        if syllable.startswith(one) and not (len(one) == 1 and syllable.startswith(one + "h"))
    ]
    ends = [
        syllable.removesuffix(one) + other
        for pair in _CONFUSED_ENDS
        for one, other in (pair, pair[::-1])
        if syllable.endswith(one)
    ]
    return [*starts, *ends]


def _replaced(text: str, slips: Slips, chance: random.Random) -> str | None:
    """Return ``text`` with one character, any that can be, typed wrongly."""
    places = [
        (run.start() + at, others)
        for run in _HAN.finditer(text)
        for at, syllable in enumerate(lazy_pinyin(run[0]))
        if (others := slips(run[0][at], syllable))
    ]
    if not places:
        return None
    at, others = chance.choice(places)
    return text[:at] + chance.choice(others) + text[at + 1 :]


def _shortened(text: str, chance: random.Random) -> str | None:
    """Return ``text`` without one of its Chinese characters, of which two are left at least."""
    places = [at for run in _HAN.finditer(text) for at in range(*run.span())]
    if len(places) < 3:
        return None
    at = chance.choice(places)
    return text[:at] + text[at + 1 :]


def _common_characters() -> dict[str, list[str]]:
    """Return the characters of GB 2312, level 1, by every syllable they are read as."""
    found: dict[str, list[str]] = {}
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFA if row == 0xD7 else 0xFF):
            character = bytes((row, cell)).decode("gb2312")
            [readings] = pinyin(character, style=Style.NORMAL, heteronym=True)
            for syllable in set(readings) - _GRAMMAR_SYLLABLES:
                found.setdefault(syllable, []).append(character)
    return found


def _lookalikes() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group in _LOOKALIKES.split():
        for character in group:
            others = found.setdefault(character, [])
            others += [other for other in group if other not in {character, *others}]
    return found


def measure(
    bench: Bench, path: Path, queries: Sequence[Mapping[str, Any]], fingers: Fingers
) -> None:
    """Print the figures of one knowledge base, clean and with each kind of error."""
    dialogue = bench.build(load_content(path, None))
    clean = bench.ask(dialogue, queries)
    _print(f"{path.name}, clean", clean, clean, 0)
    for kind in fingers.kinds:
        typed = [{**query, "text": fingers.slip(query["text"], kind)} for query in queries]
        pairs = zip(queries, typed, strict=True)
        spared = sum(query["text"] == other["text"] for query, other in pairs)
        _print(f"{path.name}, {kind}", bench.ask(dialogue, typed), clean, spared)


def _print(name: str, results: Sequence[Result], clean: Sequence[Result], spared: int) -> None:
    values, before = figures(results), figures(clean)
    given = answers_given(results, _SHARE)
    cost = {"cost": before["hit@1"] - values["hit@1"]}
    print_row(
        name, cost | {key: values[key] for key in _SHOWN} | given | {"spared": spared / len(clean)}
    )


def main() -> None:
    parser = exam_parser(__doc__)
    parser.add_argument("--seed", type=int, default=7)
    options, files, queries = read_exam(parser)
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(VectorCache(options.cache or Path(scratch)))
        for path in files:
            measure(bench, path, queries, Fingers(options.seed))


if __name__ == "__main__":
    main()
