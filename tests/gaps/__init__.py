"""Gaps: what customers asked in vain."""
