"""From content to a dialogue: dictionaries, vectors and indexes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from itertools import accumulate
from zoneinfo import ZoneInfo

import numpy as np

from chatbot.answers.entries import Entry
from chatbot.answers.ranking import Ranker
from chatbot.answers.wordings import Wordings
from chatbot.customers.tag_groups import groups_by_name
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.snapshot import Scopes, Snapshot
from chatbot.facts.rows import RowFinder
from chatbot.forms.engine import Forms
from chatbot.knowledge.content import Content
from chatbot.matching.confidence import SHIPPED_MODEL, ConfidenceModel, threshold_for
from chatbot.matching.encoder import Encoder, Vectors
from chatbot.matching.matcher import Matcher
from chatbot.matching.vector_cache import Progress, VectorStore, embed_with_cache
from chatbot.texts import make_texts
from chatbot.understanding.intent_examples import IntentExamples, examples_of
from chatbot.understanding.intents import IntentRules
from chatbot.understanding.menu import MenuWish
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.segment import Segmenter
from chatbot.understanding.smalltalk import Smalltalk
from chatbot.understanding.wishes import HumanWish


def build_dialogue(
    content: Content,
    snapshot_number: int,
    encoder: Encoder,
    cache: VectorStore,
    *,
    target_precision: float,
    timezone: str,
    progress: Progress | None = None,
    model: ConfidenceModel = SHIPPED_MODEL,
) -> Dialogue:
    """Build the dialogue of ``content``; embeds what ``cache`` does not have.

    ``progress`` is told (done, total) of the texts that have to be embedded. The same content,
    encoder and model give the same decisions.
    """
    normaliser = Normaliser()
    texts = make_texts(content.texts)
    wordings = _wordings(content.entries, normaliser)
    segmenter = Segmenter([text.key for _, text in wordings])
    by_key = Wordings(content.entries, normaliser)
    examples = examples_of(content.intents, normaliser)
    everyday = [normaliser.normalise(line) for line in everyday_messages()]
    asked = [text for _, text in wordings]
    groups = (asked, everyday, [example.text for example in examples])
    of_asked, of_everyday, of_examples = _embed(groups, encoder, cache, progress)
    matcher = _matcher(wordings, of_asked, of_everyday, segmenter) if wordings else None
    snapshot = Snapshot(
        number=snapshot_number,
        digest=content.digest,
        entries=content.entries,
        by_id={entry.id: number for number, entry in enumerate(content.entries)},
        by_question=_by_question(content.entries, normaliser),
        rows={table.name: RowFinder(table, normaliser) for table in content.tables},
        media=content.media,
        accounts=content.accounts,
        tag_groups=groups_by_name(content.tag_groups),
        scopes=Scopes(content.entries, content.accounts),
        texts=texts,
        threshold=threshold_for(target_precision),
        timezone=ZoneInfo(timezone),
        normaliser=normaliser,
        segmenter=segmenter,
        smalltalk=Smalltalk(texts, normaliser),
        wishes=HumanWish(texts.human_phrases, texts.human_excluded, normaliser),
        menu_wish=MenuWish(texts.menu_phrases, normaliser),
        intents=IntentRules(content.intents, normaliser),
        examples=IntentExamples(
            content.intents, examples, of_examples,
            [*everyday, *asked], np.concatenate([of_everyday, of_asked]), normaliser, segmenter,
        ),
        flows={intent.name: intent for intent in content.intents if intent.flow},
        forms=Forms(texts, normaliser),
        wordings=by_key,
        ranker=Ranker(content.entries, segmenter, matcher, model),
    )  # fmt: skip
    return Dialogue(snapshot)


def _wordings(entries: Sequence[Entry], normaliser: Normaliser) -> list[tuple[int, NormalText]]:
    """Return each wording with its entry's number; the same wording of an entry once."""
    return [
        (number, text)
        for number, entry in enumerate(entries)
        for text in dict.fromkeys(map(normaliser.normalise, entry.wordings))
    ]


def _by_question(entries: Sequence[Entry], normaliser: Normaliser) -> dict[str, tuple[int, ...]]:
    """Return the numbers of the entries with each question, by the question's key."""
    numbers: dict[str, tuple[int, ...]] = {}
    for number, entry in enumerate(entries):
        key = normaliser.key(entry.question)
        numbers[key] = (*numbers.get(key, ()), number)
    return numbers


def _embed(
    groups: Sequence[Sequence[NormalText]],
    encoder: Encoder,
    cache: VectorStore,
    progress: Progress | None,
) -> list[Vectors]:
    """Return the vectors of each group of texts, embedded in one go."""
    texts = [text.text for group in groups for text in group]
    vectors = embed_with_cache(encoder, cache, texts, progress)
    ends = list(accumulate(map(len, groups)))
    return np.split(vectors, ends[:-1])


def _matcher(
    wordings: Sequence[tuple[int, NormalText]],
    vectors: Vectors,
    background: Vectors,
    segmenter: Segmenter,
) -> Matcher:
    return Matcher(
        keys=[text.key for _, text in wordings],
        labels=[number for number, _ in wordings],
        vectors=vectors,
        background=background,
        words=[segmenter.cut(text.text) for _, text in wordings],
    )


def everyday_messages() -> list[str]:
    """Return messages of everyday talk that belong to no knowledge base, written for this."""
    source = resources.files("chatbot.matching").joinpath("background.txt")
    return source.read_text(encoding="utf-8").splitlines()
