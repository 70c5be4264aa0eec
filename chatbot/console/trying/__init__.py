"""The pages on which a message is tried out, and a recorded turn is explained and replayed."""
