"""Entries have owners and days on which they are looked over again."""
