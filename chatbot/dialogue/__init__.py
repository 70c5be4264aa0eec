"""One turn: an utterance and a context become a decision. No I/O but in ``service``."""
