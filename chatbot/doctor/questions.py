"""Which lines of a menu lead somewhere, and which questions never get as far as their entry."""

from __future__ import annotations

from datetime import date

from chatbot.accounts.account import Account
from chatbot.answers.wordings import Wordings
from chatbot.dialogue.snapshot import Scopes
from chatbot.knowledge.content import Content
from chatbot.texts import make_texts
from chatbot.understanding.intents import IntentRules
from chatbot.understanding.menu import MenuWish
from chatbot.understanding.normalise import Normaliser
from chatbot.understanding.wishes import HumanWish


class Questions:
    """Asks content what a message would find, by the rules that come before all guessing."""

    def __init__(self, content: Content, today: date) -> None:
        normaliser, texts = Normaliser(), make_texts(content.texts)
        self._entries = content.entries
        self._normaliser = normaliser
        self._wordings = Wordings(content.entries, normaliser)
        self._intents = IntentRules(content.intents, normaliser)
        self._scopes = Scopes(content.entries, content.accounts)
        self._person = HumanWish(texts.human_phrases, texts.human_excluded, normaliser)
        self._menu = MenuWish(texts.menu_phrases, normaliser)
        self._invalid = frozenset(
            number for number, entry in enumerate(content.entries) if not entry.valid.covers(today)
        )

    def lead_somewhere(self, line: str, account: Account) -> bool:
        """Return whether a menu's line words an entry of the account, or an intent that acts."""
        message = self._normaliser.normalise(line)
        barred = self._invalid | self._scopes.outside(account)
        if self._wordings.match(message.key, barred) is not None:
            return True
        found = self._intents.find(message)
        return self._person.find(message) is not None or any(hit.intent.acts for hit in found)

    def entries_of(self, account: Account) -> int:
        """Return how many entries the account may answer from."""
        return len(self._entries) - len(self._scopes.outside(account))

    def taken_for(self, wording: str) -> str | None:
        """Return ``person`` or ``menu`` if a question is understood as that wish, else None."""
        message = self._normaliser.normalise(wording)
        if self._person.find(message) is not None:
            return "person"
        return "menu" if self._menu.is_menu(message) else None
