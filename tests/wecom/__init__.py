"""Tests of the edge to WeCom."""
