"""The brand's own words: what they make of a message before it is compared with anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chatbot.understanding.confusions import shipped_confusions
from chatbot.understanding.normalise import Normaliser, NormalText
from chatbot.understanding.segment import Segmenter
from chatbot.understanding.synonyms import CanonicalNormaliser, Synonyms
from chatbot.understanding.typos import Correction, Corrector
from chatbot.understanding.word_model import WordModel

#: What customers of any brand write, and the dictionary of general Chinese hardly knows.
_OF_EVERY_DESK = ("人工", "转人工", "客服", "人工客服")


@dataclass(frozen=True, slots=True)
class BrandWords:
    """Dictionary, synonyms and typing errors of one state of the content; never changed."""

    segmenter: Segmenter
    synonyms: Synonyms
    corrector: Corrector

    def mend(self, message: NormalText) -> tuple[NormalText, tuple[Correction, ...]]:
        """Return ``message`` without typing errors, the very object if it seems to have none."""
        return self.corrector.correct(message)

    def canonical(self, question: NormalText) -> NormalText:
        """Return ``question`` with one word for those that mean the same."""
        return self.synonyms.canonical(question)

    def normaliser(self, plain: Normaliser) -> Normaliser:
        """Return the normaliser for whatever canonical questions are compared with."""
        return CanonicalNormaliser(plain, self.synonyms)


def brand_words(
    questions: Sequence[NormalText],
    names: Iterable[str],
    words: Sequence[str],
    synonyms: Sequence[Sequence[str]],
    former: BrandWords | None = None,
) -> BrandWords:
    """Learn the words of a brand.

    ``questions`` are the wordings of entries and examples of intents, ``names`` the keys of rows
    and of keywords, ``words`` what the admins say is a word, ``synonyms`` their groups of words in
    normal form, the canonical one first. What ``former`` words have read already is taken over.
    """
    names = sorted(set(names))
    said = [*words, *(word for group in synonyms for word in group)]
    known = former.segmenter if former is not None else None
    segmenter = Segmenter([question.key for question in questions], names, said, known)
    segmenter.keep((question.text for question in questions), known)
    texts = [*(question.text for question in questions), *names]
    counted = former.corrector.model if former is not None else None
    model = WordModel(texts, [*segmenter.learnt, *_OF_EVERY_DESK], segmenter, counted)
    return BrandWords(
        segmenter, Synonyms(synonyms, segmenter), Corrector(model, shipped_confusions())
    )
