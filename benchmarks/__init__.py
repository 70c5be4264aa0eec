"""Measurements of speed and of answer quality; see the README beside this file."""
