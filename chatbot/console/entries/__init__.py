"""The pages on which the brand's entries are listed, searched and edited."""
