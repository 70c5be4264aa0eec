"""Edits made on pages: merged with those of others, offered as a candidate, written to files."""
