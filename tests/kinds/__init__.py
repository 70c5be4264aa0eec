"""Intents, tables and word lists as they are edited on pages."""
