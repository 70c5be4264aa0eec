"""The page on which knowledge goes live, and back."""
