"""How good the answers are: labelled questions in, figures out."""
