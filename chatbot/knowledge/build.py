"""From content to a dialogue: dictionaries, vectors and indexes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from zoneinfo import ZoneInfo

from chatbot.answers.entries import Entry
from chatbot.answers.ranking import Ranker
from chatbot.answers.wordings import Wordings
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.snapshot import Snapshot
from chatbot.knowledge.content import Content
from chatbot.matching.confidence import SHIPPED_MODEL, ConfidenceModel, threshold_for
from chatbot.matching.encoder import Encoder
from chatbot.matching.matcher import Matcher
from chatbot.matching.vector_cache import Progress, VectorCache, embed_with_cache
from chatbot.texts import make_texts
from chatbot.understanding.intents import IntentRules
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.segment import Segmenter
from chatbot.understanding.smalltalk import Smalltalk
from chatbot.understanding.wishes import HumanWish


def build_dialogue(
    content: Content,
    snapshot_number: int,
    encoder: Encoder,
    cache: VectorCache,
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
    matcher = _matcher(wordings, normaliser, encoder, cache, progress)
    snapshot = Snapshot(
        number=snapshot_number,
        digest=content.digest,
        entries=content.entries,
        texts=texts,
        threshold=threshold_for(target_precision),
        timezone=ZoneInfo(timezone),
        normaliser=normaliser,
        segmenter=segmenter,
        smalltalk=Smalltalk(texts, normaliser),
        wishes=HumanWish(texts.human_phrases, texts.human_excluded, normaliser),
        intents=IntentRules(content.intents, normaliser),
        wordings=by_key,
        ranker=Ranker(content.entries, by_key, segmenter, matcher, model),
    )
    return Dialogue(snapshot)


def _wordings(entries: Sequence[Entry], normaliser: Normaliser) -> list[tuple[int, NormalText]]:
    """Return each wording with its entry's number; the same wording of an entry once."""
    return [
        (number, text)
        for number, entry in enumerate(entries)
        for text in dict.fromkeys(map(normaliser.normalise, entry.wordings))
    ]


def _matcher(
    wordings: Sequence[tuple[int, NormalText]],
    normaliser: Normaliser,
    encoder: Encoder,
    cache: VectorCache,
    progress: Progress | None,
) -> Matcher | None:
    if not wordings:
        return None
    everyday = [normaliser.normalise(line).text for line in everyday_messages()]
    asked = [text.text for _, text in wordings]
    vectors = embed_with_cache(encoder, cache, [*asked, *everyday], progress)
    return Matcher(
        keys=[text.key for _, text in wordings],
        labels=[number for number, _ in wordings],
        vectors=vectors[: len(asked)],
        background=vectors[len(asked) :],
    )


def everyday_messages() -> list[str]:
    """Return messages of everyday talk that belong to no knowledge base, written for this."""
    source = resources.files("chatbot.matching").joinpath("background.txt")
    return source.read_text(encoding="utf-8").splitlines()
