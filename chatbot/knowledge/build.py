"""From content to a dialogue: dictionaries, vectors and indexes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from itertools import accumulate, chain
from zoneinfo import ZoneInfo

import numpy as np

from chatbot.answers.calibration import (
    UNCALIBRATED,
    Thresholds,
    calibrate,
    calibrated,
    corrected_judge,
)
from chatbot.answers.correction import Correction
from chatbot.answers.entries import Entry
from chatbot.answers.ranking import Ranker
from chatbot.answers.wordings import Wordings, indexed_wordings
from chatbot.customers.tag_groups import groups_by_name
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.snapshot import Scopes, Snapshot
from chatbot.facts.rows import RowFinder
from chatbot.forms.engine import Forms
from chatbot.knowledge.content import Content
from chatbot.matching.confidence import FITTED_SHARE
from chatbot.matching.encoder import Encoder, Vectors
from chatbot.matching.matcher import Matcher, Query
from chatbot.matching.vector_cache import Progress, VectorStore, embed_with_cache
from chatbot.texts import Texts, make_texts
from chatbot.understanding.brand_words import BrandWords, brand_words
from chatbot.understanding.dissatisfaction import Dissatisfaction
from chatbot.understanding.intent_examples import Elsewhere, IntentExamples, examples_of
from chatbot.understanding.intents import Intent, IntentRules
from chatbot.understanding.menu import MenuWish
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.parts import PartSplitter
from chatbot.understanding.patterns import is_expression
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
    threads: int = 1,
    out_of_scope_share: float = FITTED_SHARE,
    former: Dialogue | None = None,
) -> Dialogue:
    """Build the dialogue of ``content``; embeds what ``cache`` does not have.

    ``progress`` is told (done, total) of the texts that have to be embedded, in ``threads``
    threads. ``out_of_scope_share`` is the share of messages without an entry that
    confidences and thresholds are for. The same content, encoder and settings give the same
    decisions, whatever was built before: of a ``former`` dialogue only the reading of texts is
    taken over that both have.
    """
    known = former.snapshot if former is not None else None
    normaliser = normaliser_of(content, known.normaliser if known else None)
    texts = make_texts(content.texts)
    words = words_of_brand(content, texts, normaliser, known.words if known else None)
    canonical, segmenter = words.normaliser(normaliser), words.segmenter
    indexed = indexed_wordings(content.entries, canonical)
    wordings = [(number, text) for number, texts_of in enumerate(indexed) for text in texts_of]
    by_key = Wordings(content.entries, canonical)
    smalltalk = Smalltalk(texts, normaliser)
    examples = examples_of(content.intents, canonical)
    everyday = [normaliser.normalise(line) for line in everyday_messages()]
    asked = [text for _, text in wordings]
    kept = (text.text for text in chain(asked, everyday))
    segmenter.keep(kept, known.segmenter if known else None)
    groups = (asked, everyday, [example.text for example in examples])
    of_asked, of_everyday, of_examples = _embed(groups, encoder, cache, progress, threads)
    before = known.ranker.matcher if known else None
    matcher = _matcher(wordings, of_asked, of_everyday, segmenter, before) if wordings else None
    talk = [
        Query(text.key, segmenter.weigh(text.text), vector)
        for text, vector in zip(everyday, of_everyday, strict=True)
    ]
    calibration = calibrate(matcher, out_of_scope_share, talk) if matcher else UNCALIBRATED
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
        thresholds=Thresholds(content.entries, calibration, target_precision),
        timezone=ZoneInfo(timezone),
        normaliser=normaliser,
        segmenter=segmenter,
        words=words,
        smalltalk=smalltalk,
        wishes=HumanWish(texts.human_phrases, texts.human_excluded, normaliser),
        menu_wish=MenuWish(texts.menu_phrases, normaliser),
        dissatisfaction=Dissatisfaction(
            texts.dissatisfied_phrases, texts.none_phrases, normaliser
        ),
        parts=PartSplitter(normaliser, segmenter, smalltalk),
        intents=IntentRules(content.intents, normaliser, smalltalk),
        examples=IntentExamples(
            content.intents, examples, of_examples,
            Elsewhere(everyday, of_everyday, of_asked), normaliser,
        ),
        flows={intent.name: intent for intent in content.intents if intent.flow},
        forms=Forms(texts, normaliser),
        wordings=by_key,
        indexed=indexed,
        ranker=Ranker(content.entries, segmenter, matcher, calibration.judge),
    )  # fmt: skip
    return Dialogue(snapshot)


def with_correction(
    dialogue: Dialogue, target_precision: float, correction: Correction
) -> Dialogue:
    """Return ``dialogue`` as it decides by what labels have corrected.

    Nothing is embedded or left out anew. The same dialogue, target and correction give the same
    decisions.
    """
    snapshot = dialogue.snapshot
    former = snapshot.thresholds.calibration
    judge = corrected_judge(former.judge, correction)
    calibration = calibrated(former.left_out, judge)
    thresholds = Thresholds(snapshot.entries, calibration, target_precision, correction.thresholds)
    ranker = snapshot.ranker.judging(judge)
    return Dialogue(replace(snapshot, thresholds=thresholds, ranker=ranker))


def at_target(dialogue: Dialogue, target_precision: float) -> Dialogue:
    """Return ``dialogue`` as it would decide if so large a share of answers had to be right.

    Thresholds that labels have tested hold for the target that is set, and not for others.
    """
    snapshot = dialogue.snapshot
    thresholds = Thresholds(snapshot.entries, snapshot.thresholds.calibration, target_precision)
    return Dialogue(replace(snapshot, thresholds=thresholds))


def with_intents(dialogue: Dialogue, intents: Sequence[Intent], encoder: Encoder) -> Dialogue:
    """Return ``dialogue`` as it would find and follow other intents; all else is as it was.

    For trying them: only new examples are embedded. The words of the brand are learnt from
    examples, too; these stay those of ``dialogue``.
    """
    snapshot = dialogue.snapshot
    canonical = snapshot.words.normaliser(snapshot.normaliser)
    return Dialogue(
        replace(
            snapshot,
            intents=IntentRules(intents, snapshot.normaliser, snapshot.smalltalk),
            examples=snapshot.examples.with_intents(
                intents, examples_of(intents, canonical), encoder.encode, snapshot.normaliser
            ),
            flows={intent.name: intent for intent in intents if intent.flow},
        )
    )


def normaliser_of(content: Content, former: Normaliser | None = None) -> Normaliser:
    """Return a normaliser that keeps what entries and intents say, read by ``former`` or anew."""
    said = (text for entry in content.entries for text in (*entry.wordings, *entry.excluded))
    examples = (text for intent in content.intents for text in intent.examples)
    return Normaliser(chain(said, examples), former)


def words_of_brand(
    content: Content, texts: Texts, normaliser: Normaliser, former: BrandWords | None = None
) -> BrandWords:
    """Return the words that entries, intents, tables and the word files tell.

    What ``former`` words have read already is taken over.
    """
    asked = [text for entry in content.entries for text in entry.wordings]
    examples = [text for intent in content.intents for text in intent.examples]
    phrases = (*texts.human_phrases, *(each for it in content.intents for each in it.keywords))
    rows = ((table, key) for table in content.tables for key in table.rows)
    names = [
        *(phrase for phrase in phrases if not is_expression(phrase)),
        *(name for table, key in rows for name in (key, *table.aliases(key))),
    ]
    return brand_words(
        questions=[normaliser.normalise(text) for text in dict.fromkeys((*asked, *examples))],
        names=map(normaliser.key, names),
        words=content.words,
        synonyms=content.synonyms,
        former=former,
    )


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
    threads: int,
) -> list[Vectors]:
    """Return the vectors of each group of texts, embedded in one go."""
    texts = [text.text for group in groups for text in group]
    vectors = embed_with_cache(encoder, cache, texts, progress, threads=threads)
    ends = list(accumulate(map(len, groups)))
    return np.split(vectors, ends[:-1])


def _matcher(
    wordings: Sequence[tuple[int, NormalText]],
    vectors: Vectors,
    background: Vectors,
    segmenter: Segmenter,
    former: Matcher | None,
) -> Matcher:
    return Matcher(
        keys=[text.key for _, text in wordings],
        labels=[number for number, _ in wordings],
        vectors=vectors,
        background=background,
        words=[segmenter.weigh(text.text) for _, text in wordings],
        former=former,
    )


def everyday_messages() -> list[str]:
    """Return messages of everyday talk that belong to no knowledge base, written for this."""
    source = resources.files("chatbot.matching").joinpath("background.txt")
    return source.read_text(encoding="utf-8").splitlines()
