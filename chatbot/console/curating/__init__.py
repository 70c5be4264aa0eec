"""The pages of intents, of the dictionary and of tables."""
