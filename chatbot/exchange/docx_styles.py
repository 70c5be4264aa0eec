"""What the styles and lists of a Word document mean: headings, and how items are numbered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from chatbot.knowledge.xlsx_book import local

_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|目录)\b.*|(?:toc|目录)\s*(?:heading|标题|\d).*", re.IGNORECASE)
_TITLES = frozenset({"title", "subtitle", "标题", "副标题"})
#: An outline level beyond these is that of the body.
_LEVELS = range(9)
#: Styles are based on one another; more deeply than this only in a circle.
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Style:
    """A style: its name, the one it is based on, its outline level (from 1), its list."""

    name: str
    based_on: str
    level: int | None
    numbering: str


@dataclass(frozen=True, slots=True)
class Styles:
    """The styles of a document by id, and how its lists are numbered by id and depth."""

    of_id: Mapping[str, Style]
    formats: Mapping[tuple[str, int], str]

    def level(self, style: str) -> int | None:
        """Return the level of the heading that a style makes, from 1; None if it makes none."""
        for each in self._chain(style):
            found = _HEADING.fullmatch(each.name)
            if each.level is not None or found:
                return each.level if each.level is not None else int(found[1]) if found else None
        return None

    def is_contents(self, style: str) -> bool:
        """Return whether it is a style of the table of contents, which repeats the headings."""
        return any(_CONTENTS.fullmatch(each.name) for each in self._chain(style))

    def is_title(self, style: str) -> bool:
        """Return whether it is the style of the document's own title."""
        known = self.of_id.get(style)
        return known is not None and known.name.lower() in _TITLES

    def numbering(self, style: str) -> str:
        """Return the list that paragraphs of a style are items of, empty if of none."""
        return next((each.numbering for each in self._chain(style) if each.numbering), "")

    def _chain(self, style: str) -> Iterator[Style]:
        for _ in range(_DEEPEST):
            known = self.of_id.get(style)
            if known is None:
                return
            yield known
            style = known.based_on


def styles_of(styles: Element | None, numbering: Element | None) -> Styles:
    """Read the parts of a document that say so; either may be missing."""
    found = {
        value(each, "styleId"): _style(each)
        for each in (styles if styles is not None else ())
        if local(each.tag) == "style" and value(each, "type") in {"paragraph", ""}
    }
    return Styles(found, dict(_formats(numbering)))


def _style(element: Element) -> Style:
    properties = child(element, "pPr")
    level = None if properties is None else outline_level(properties)
    listed = None if properties is None else child(properties, "numPr")
    number = "" if listed is None else value(child(listed, "numId"))
    name, based_on = value(child(element, "name")), value(child(element, "basedOn"))
    return Style(name.strip(), based_on, level, number)


def outline_level(properties: Element) -> int | None:
    """Return the outline level that properties of a paragraph name, from 1; 0: the body's."""
    written = value(child(properties, "outlineLvl"))
    if not written.isdecimal():
        return None
    return int(written) + 1 if int(written) in _LEVELS else 0


def _formats(numbering: Element | None) -> Iterator[tuple[tuple[str, int], str]]:
    """Yield how the items of a list are numbered, by the list and the depth."""
    abstract: dict[str, dict[int, str]] = {}
    for each in numbering if numbering is not None else ():
        if local(each.tag) == "abstractNum":
            abstract[value(each, "abstractNumId")] = {
                int(value(level, "ilvl") or "0"): value(child(level, "numFmt"))
                for level in each
                if local(level.tag) == "lvl"
            }
    for each in numbering if numbering is not None else ():
        if local(each.tag) == "num":
            of = abstract.get(value(child(each, "abstractNumId")), {})
            for depth, name in of.items():
                yield (value(each, "numId"), depth), name


def child(element: Element, name: str) -> Element | None:
    """Return the first child of this name, whatever namespace it is written in."""
    return next((each for each in element if local(each.tag) == name), None)


def value(element: Element | None, name: str = "val") -> str:
    """Return an attribute, whatever namespace it is written in; empty if there is none."""
    if element is None:
        return ""
    return next((text for key, text in element.attrib.items() if local(key) == name), "")
