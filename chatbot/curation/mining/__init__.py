"""What old talks tell: which questions customers asked that people answered in words."""
