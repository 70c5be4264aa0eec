"""Entries of the knowledge base and how one of them is found. No I/O."""
