"""Mistakes that keep files from being read, as findings like the others."""

from __future__ import annotations

from collections.abc import Iterable

from chatbot.curation.linting.findings import Finding, Findings
from chatbot.knowledge.places import Place
from chatbot.knowledge.problems import Problem

_CURE = "照每一条说的改；文件读不全，别的检查要等改好以后。"


def findings_of(problems: Iterable[Problem]) -> Findings:
    """Return what is wrong with files as errors, in the order in which it was read."""
    return Findings(tuple(map(_finding, problems)))


def _finding(problem: Problem) -> Finding:
    place = Place(problem.path, problem.line, problem.key)
    return Finding("file", "error", problem.text, _CURE, place=place)
