"""What customers asked in vain, by meaning: what counts, which belong together, what they cost."""
