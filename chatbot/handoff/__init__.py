"""Handing a conversation to a person: who takes over, and what that person is shown."""
