"""What a message says: normal form, words, the wish for a person, intents. No I/O."""
