"""An Excel workbook as the archive of XML parts that it is, read without filling the memory."""

from __future__ import annotations

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from xml.etree.ElementTree import Element
from xml.parsers import expat

#: A workbook is a ZIP archive; one that grows beyond this was not made by a person.
LARGEST_UNPACKED = 256 * 1024 * 1024
#: What archives and XML raise that only look like a workbook's.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    struct.error,
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
)
_CHUNK = 1 << 16
_WORKBOOK = "xl/workbook.xml"
_SHARED = "xl/sharedStrings.xml"
_STYLES = "xl/styles.xml"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
#: Formats of the Chinese Excel that have a number instead of a text.
_CHINESE_DAYS = {27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58}
_CHINESE_TIMES = {32, 33, 34, 35, 55, 56}


class NotABookError(Exception):
    """A file that only looks like a workbook."""


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet that people see: its name, and the part of the archive that holds it."""

    name: str
    part: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """The parts of a workbook that cells refer to. ``formats`` are the number formats by style."""

    archive: zipfile.ZipFile
    sheets: tuple[SheetPart, ...]
    shared: tuple[str, ...]
    formats: tuple[str, ...]
    from_1904: bool


@contextmanager
def open_book(raw: bytes) -> Iterator[Book]:
    """Yield the workbook in ``raw``; raise NotABookError if it is none."""
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            if sum(item.file_size for item in archive.infolist()) > LARGEST_UNPACKED:
                raise NotABookError
            yield _book(archive)
    except _BROKEN:
        raise NotABookError from None


def _book(archive: zipfile.ZipFile) -> Book:
    workbook = tree(archive, _WORKBOOK)
    if workbook is None:
        raise NotABookError
    is_1904 = any(
        _is(each, "workbookPr") and each.get("date1904") in {"1", "true"} for each in workbook
    )
    sheets = tuple(_sheets(archive, workbook))
    return Book(archive, sheets, tuple(_shared(archive)), tuple(_formats(archive)), is_1904)


def tree(archive: zipfile.ZipFile, part: str) -> Element | None:
    """Return the root of a small part, None if there is none; raise NotABookError if it is broken.

    Entities are refused: nobody writes them but to fill a memory.
    """
    from defusedxml import DefusedXmlException  # noqa: PLC0415  (only those with workbooks pay)
    from defusedxml.ElementTree import ParseError, fromstring  # noqa: PLC0415

    try:
        root: Element = fromstring(archive.read(part))
    except KeyError:
        return None
    except (ParseError, DefusedXmlException):
        raise NotABookError from None
    return root


def related(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Return the parts that ``part`` refers to, by the ids that it calls them."""
    folder, name = posixpath.split(part)
    root = tree(archive, f"{folder}/_rels/{name}.rels")
    found = {}
    for each in root if root is not None else ():
        target = each.get("Target", "")
        whole = target[1:] if target.startswith("/") else posixpath.join(folder, target)
        found[each.get("Id", "")] = posixpath.normpath(whole)
    return found


def reference_of(element: Element) -> str:
    """Return the id by which an element refers to another part."""
    return element.get(_ID) or element.get(_EMBED) or ""


def local(name: str) -> str:
    """Return a name without the namespace or the prefix before it."""
    return name.rpartition("}")[2].rpartition(":")[2]


def parsed(archive: zipfile.ZipFile, part: str, parser: expat.XMLParserType) -> Iterator[None]:
    """Feed a part to ``parser`` bit by bit, yielding after each."""
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    with archive.open(part) as source:
        while chunk := source.read(_CHUNK):
            parser.Parse(chunk, False)
            yield
    parser.Parse(b"", True)
    yield


def unescaped_text(text: str) -> str:
    """Return a text with the characters that XML cannot hold, which Excel writes as _x000D_."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _refuse(*_: object) -> None:
    raise NotABookError


def _sheets(archive: zipfile.ZipFile, workbook: Element) -> Iterator[SheetPart]:
    parts = related(archive, _WORKBOOK)
    for listed in workbook:
        if not _is(listed, "sheets"):
            continue
        for each in listed:
            part = parts.get(reference_of(each), "")
            if part in archive.namelist():
                hidden = each.get("state", "visible") != "visible"
                yield SheetPart(each.get("name", ""), part, hidden)


class _SharedStrings:
    """Collects the texts of the table that cells share, without the pinyin above them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._within = ""
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _begin(self, name: str, _: dict[str, str]) -> None:
        name = local(name)
        if name == "si":
            self._pieces = []
        if name in {"t", "rPh"} and self._within != "rPh":
            self._within = name

    def _end(self, name: str) -> None:
        name = local(name)
        if name == "si":
            self.texts.append(unescaped_text("".join(self._pieces)))
        if name == self._within:
            self._within = ""

    def _characters(self, text: str) -> None:
        if self._within == "t":
            self._pieces.append(text)


def _shared(archive: zipfile.ZipFile) -> list[str]:
    if _SHARED not in archive.namelist():
        return []
    strings = _SharedStrings()
    for _ in parsed(archive, _SHARED, strings.parser):
        pass
    return strings.texts


def _formats(archive: zipfile.ZipFile) -> Iterator[str]:
    from openpyxl.styles.numbers import BUILTIN_FORMATS  # noqa: PLC0415  (as above)

    styles = tree(archive, _STYLES)
    own: dict[int, str] = {}
    for part in styles if styles is not None else ():
        if _is(part, "numFmts"):
            own |= {int(each.get("numFmtId", "0")): each.get("formatCode", "") for each in part}
    for part in styles if styles is not None else ():
        if _is(part, "cellXfs"):
            for each in part:
                number = int(each.get("numFmtId", "0"))
                known = BUILTIN_FORMATS.get(number, _chinese(number))
                yield own.get(number, known)


def _chinese(number: int) -> str:
    if number in _CHINESE_DAYS:
        return "yyyy-mm-dd"
    return "h:mm" if number in _CHINESE_TIMES else "General"


def _is(element: Element, name: str) -> bool:
    return local(element.tag) == name
