"""Insight: what happened, in figures. What each counts is defined in `definitions`. Pure."""
