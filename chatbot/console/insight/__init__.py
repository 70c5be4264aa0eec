"""The pages and the digest about what happened."""
