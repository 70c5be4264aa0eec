"""What can go wrong with the database.

StoreError(ChatbotError)
├── StoreUnavailable   no connection could be had or it broke: try again later
└── LeaseLost          another process owns this work now: drop what was done, write nothing
"""

from chatbot.errors import ChatbotError


class StoreError(ChatbotError):
    """The database did not do what was asked."""


class StoreUnavailable(StoreError):
    """The database cannot be reached; work resumes by itself when it can."""


class LeaseLost(StoreError):
    """The lease on this conversation or account went to somebody else."""
