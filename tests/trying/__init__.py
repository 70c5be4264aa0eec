"""The pages that try a message out, and explain and replay a turn."""
