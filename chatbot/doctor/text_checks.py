"""The brand's own texts: needless ones, menus that lead nowhere, words that swallow questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from chatbot.accounts.account import Account, Accounts
from chatbot.doctor.account_checks import titled
from chatbot.doctor.places import place_of
from chatbot.doctor.questions import Questions
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, say
from chatbot.knowledge.content import Content
from chatbot.knowledge.intent_files import TEXTS_FILE
from chatbot.texts import make_texts

_WELCOME = "welcome_items"
_SHOWN = 5
#: The findings about questions that are understood as a wish.
_TAKEN: Mapping[str, str] = MappingProxyType(
    {"person": "question_is_person", "menu": "question_is_menu"}
)


def check_texts(content: Content, questions: Questions, intents: Path) -> Verdict[int]:
    """Check ``_texts.yaml`` against the shipped texts and the entries."""
    path = intents / TEXTS_FILE
    findings = [
        *_needless(content, path),
        *_swallowed(content, questions),
        *_welcome(content, questions, path),
    ]
    return Verdict(tuple(findings), say("texts", count=len(content.texts)), len(content.texts))


def _needless(content: Content, path: Path) -> Iterator[Finding]:
    shipped = make_texts({})
    for key, value in content.texts.items():
        if value == getattr(shipped, key):
            yield finding("text_as_shipped", at=place_of(path, key))


def _swallowed(content: Content, questions: Questions) -> Iterator[Finding]:
    """Yield the entries whose wordings call a person or the menu, so that they never answer."""
    for entry in content.entries:
        for wish, key in _TAKEN.items():
            taken = [each for each in entry.wordings if questions.taken_for(each) == wish]
            if taken:
                wordings = listed([f"“{each}”" for each in taken], _SHOWN)
                yield finding(key, id=entry.id, wordings=wordings)


def _welcome(content: Content, questions: Questions, path: Path) -> Iterator[Finding]:
    """Yield lines of the welcome's menu that lead nowhere where no account has its own menu."""
    showing = [*_without_menu(content.accounts)]
    for line in make_texts(content.texts).welcome_items:
        lost = [each for each in showing if not questions.lead_somewhere(line, each)]
        if lost:
            accounts = listed([titled(each) for each in lost])
            at = place_of(path, _WELCOME)
            yield finding("menu_line_lost", at=at, line=line, accounts=accounts)


def _without_menu(accounts: Accounts) -> Iterator[Account]:
    everybody = accounts.accounts or (replace(accounts.default, key=""),)
    return (each for each in everybody if not each.menu)
