"""The pages on which notices are written, looked at and ended."""
