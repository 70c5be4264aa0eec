"""All families of findings over one content: what an admin should know before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from chatbot.curation.linting.answers import lint_answers
from chatbot.curation.linting.commands import lint_commands
from chatbot.curation.linting.contradictions import lint_contradictions
from chatbot.curation.linting.facts import lint_facts
from chatbot.curation.linting.findings import Finding, Findings
from chatbot.curation.linting.intents import lint_intent_examples, lint_intents
from chatbot.curation.linting.material import Material, Split
from chatbot.curation.linting.nearness import lint_nearness, nearness, pairs_alike
from chatbot.curation.linting.questions import lint_questions, worded_alike
from chatbot.curation.linting.size import lint_size
from chatbot.curation.linting.terms import lint_terms
from chatbot.curation.linting.wording import lint_wording
from chatbot.dialogue.dialogue import Dialogue
from chatbot.knowledge.content import Content
from chatbot.knowledge.places import Places


def lint(
    content: Content,
    dialogue: Dialogue | None,
    *,
    today: date,
    split: Split,
    places: Places | None = None,
    about: frozenset[int] | None = None,
) -> Findings:
    """Return everything in ``content`` that is worth a person's look; pure, nothing is changed.

    For whoever checks files, and for a gate before publishing: it shows the findings and refuses
    the content if there are ``errors``.

    Args:
        content: what was read from files, or is stored as a snapshot.
        dialogue: what was built from this very content; its matcher and examples tell what is
            nearer to something else. None leaves these findings out and needs no encoder.
        today: the day in the brand's time zone, for what has a date.
        split: cuts a text into the messages that the platform takes
            (``chatbot.wecom.splitting.split_text``).
        places: where everything is written (``Reading.places``). Of a stored snapshot there are
            no files: findings then name entries and intents only.
        about: the numbers of the entries whose questions and words are looked at, None for all.
            What may not be published is found whoever it is about.
    """
    material = Material.of(
        content, dialogue, places=places or Places(), today=today, split=split, about=about
    )
    return Findings.of(_found(material))


def _found(material: Material) -> Iterator[Finding]:
    alike = worded_alike(material)
    pairs = set(alike.pairs)
    yield from lint_questions(material, alike)
    yield from lint_commands(material)
    yield from lint_intents(material)
    yield from lint_answers(material)
    yield from lint_terms(material)
    yield from lint_facts(material)
    yield from lint_wording(material)
    yield from lint_size(material)
    snapshot = material.snapshot
    if snapshot is not None:
        yield from lint_intent_examples(material, snapshot)
        matcher = snapshot.ranker.matcher
        if matcher is not None:
            near = nearness(matcher, material.about)
            yield from lint_nearness(material, snapshot, matcher, near, alike.pairs)
            pairs |= pairs_alike(material, matcher, near)
    yield from lint_contradictions(material, pairs)
