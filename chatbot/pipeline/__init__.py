"""Inbox → turn → outbox: pullers, workers, senders and timers around the pure cores."""
