"""How a question is compared with others: as the dialogue would embed it. Pure."""

from __future__ import annotations

from datetime import datetime

from chatbot.curation.gaps.asked import LONGEST
from chatbot.dialogue.dialogue import Dialogue
from chatbot.dialogue.several import embedded_forms
from chatbot.dialogue.turn import Context, Situation, Utterance
from chatbot.dialogue.understood import NeedsVectors
from chatbot.understanding.normalise import NormalText


def question_form(dialogue: Dialogue, text: str, at: datetime) -> NormalText:
    """Return a question as it is embedded: without the greeting and typing errors around it."""
    step = dialogue.begin(Utterance((text,)), Context(), Situation(at))
    if isinstance(step, NeedsVectors):
        return embedded_forms(step.turn)[0]
    return dialogue.snapshot.normaliser.normalise(text[:LONGEST])
