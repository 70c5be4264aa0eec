"""Texts against labelled texts: encoder, indexes, fuzzy match, the learnt head, confidence."""
