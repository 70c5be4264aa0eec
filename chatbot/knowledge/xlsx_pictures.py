"""The pictures in the cells of a sheet, by line and column: those of Excel and those of WPS."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from chatbot.knowledge.xlsx_book import Book, local, reference_of, related, tree

_WPS_PICTURES = "xl/cellimages.xml"


def pictures_over(book: Book, part: str) -> dict[tuple[int, int], bytes]:
    """Return the pictures that lie over a sheet, by the line (from 1) and column (from 0)."""
    found: dict[tuple[int, int], bytes] = {}
    for target in related(book.archive, part).values():
        drawing = tree(book.archive, target) if "/drawings/" in target else None
        if drawing is None or local(drawing.tag) != "wsDr":
            continue
        parts = related(book.archive, target)
        for anchor in drawing:
            place, picture = _place(anchor), _picture(book, anchor, parts)
            if place is not None and picture is not None:
                found[place] = picture
    return found


def pictures_by_name(book: Book) -> dict[str, bytes]:
    """Return the pictures that WPS shows in cells by a formula, by the name in the formula."""
    root = tree(book.archive, _WPS_PICTURES)
    parts = related(book.archive, _WPS_PICTURES) if root is not None else {}
    found: dict[str, bytes] = {}
    for each in root if root is not None else ():
        picture = _picture(book, each, parts)
        names = [one.get("name", "") for one in each.iter() if local(one.tag) == "cNvPr"]
        if picture is not None and names:
            found[names[0]] = picture
    return found


def _place(anchor: Element) -> tuple[int, int] | None:
    for each in anchor:
        if local(each.tag) == "from":
            numbers = {local(one.tag): int(one.text or 0) for one in each}
            return numbers.get("row", 0) + 1, numbers.get("col", 0)
    return None


def _picture(book: Book, element: Element, parts: dict[str, str]) -> bytes | None:
    for target in _targets(element, parts):
        if target in book.archive.namelist():
            return book.archive.read(target)
    return None


def _targets(element: Element, parts: dict[str, str]) -> Iterator[str]:
    for each in element.iter():
        if local(each.tag) == "blip" and reference_of(each) in parts:
            yield parts[reference_of(each)]
