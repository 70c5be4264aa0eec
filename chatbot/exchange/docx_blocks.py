"""A Word document as its paragraphs and tables in order, with what in them is no text."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element

from chatbot.errors import UserError
from chatbot.exchange.docx_styles import Styles, child, outline_level, styles_of, value
from chatbot.knowledge.xlsx_book import (
    LARGEST_UNPACKED,
    NotABookError,
    local,
    reference_of,
    related,
    tree,
)

DOCUMENT_SUFFIX = ".docx"
_LARGEST = 32 * 1024 * 1024
_OLD_FORM = b"\xd0\xcf\x11\xe0"
_DOCUMENT = "word/document.xml"
#: What was struck out, is hidden, or tells how something looks.
_SKIPPED = frozenset({
    "del", "moveFrom", "rPr", "pPr", "instrText", "delText", "fldData", "Fallback", "tblPr", "tcPr",
})  # fmt: skip
#: What stands around paragraphs and cells and is none itself: controls to fill in, what was added.
_AROUND = frozenset({"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"})
_NO_TEXT = {"txbxContent": "文本框", "oMath": "公式", "chart": "图表", "OLEObject": "嵌入的文件",
            "footnoteReference": "脚注", "endnoteReference": "尾注"}  # fmt: skip
_BROKEN = (
    zipfile.BadZipFile, NotABookError, ValueError, LookupError, RuntimeError, OSError, EOFError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a table as its ``rows``.

    ``level`` is that of a heading, from 1; 0 is the body. ``numbered`` is "" for no item of a
    list, "bullet" for one without a number. ``pictures`` are the names of its pictures, ``unread``
    what else in it is no text.
    """

    text: str
    level: int = 0
    numbered: str = ""
    depth: int = 0
    pictures: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(slots=True)
class _Found:
    """What is found in a paragraph or a cell."""

    pieces: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces).replace("\u200b", "").strip()


def read_blocks(path: Path) -> list[Block]:
    """Return what a document holds, in order.

    Raises:
        UserError: it is no Word document; says why.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise UserError(f"{path}：文件超过 32 MB，请压缩里面的图片，或拆成几个")
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}：读不出来（{error.strerror}）") from None
    return blocks_of(str(path), raw)


def blocks_of(name: str, raw: bytes) -> list[Block]:
    """Return what the bytes of the document ``name`` hold; raises as ``read_blocks``."""
    if raw.startswith(_OLD_FORM):
        raise UserError(f"{name}：文件加了密码，或是旧版 .doc、.wps 格式；请去掉密码，另存为 .docx")
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            return list(_blocks(archive))
    except _BROKEN:
        raise UserError(f"{name}：不是正确的 .docx 文件；请用 Word 或 WPS 打开另存一次") from None


def _blocks(archive: zipfile.ZipFile) -> Iterator[Block]:
    if sum(item.file_size for item in archive.infolist()) > LARGEST_UNPACKED:
        raise NotABookError
    document = tree(archive, _DOCUMENT)
    body = None if document is None else child(document, "body")
    if body is None:
        raise NotABookError
    styles = styles_of(tree(archive, "word/styles.xml"), tree(archive, "word/numbering.xml"))
    yield from _Reader(styles, related(archive, _DOCUMENT)).blocks(body)


class _Reader:
    """Reads paragraphs and tables; ``parts`` are what the document refers to, by id."""

    def __init__(self, styles: Styles, parts: dict[str, str]) -> None:
        self._styles = styles
        self._parts = parts

    def blocks(self, parent: Element) -> Iterator[Block]:
        for each in parent:
            match local(each.tag):
                case "p":
                    block = self._paragraph(each)
                    if block is not None:
                        yield block
                case "tbl":
                    yield self._table(each)
                case "sdt":
                    inner = child(each, "sdtContent")
                    yield from self.blocks(inner) if inner is not None else ()
                case "ins" | "moveTo" | "customXml" | "smartTag":
                    yield from self.blocks(each)

    def _paragraph(self, element: Element) -> Block | None:
        properties = child(element, "pPr")
        style = "" if properties is None else value(child(properties, "pStyle"))
        if self._styles.is_contents(style) or self._styles.is_title(style):
            return None
        found = _Found()
        self._collect(element, found)
        own = None if properties is None else outline_level(properties)
        level = own if own is not None else self._styles.level(style) or 0
        numbered, depth = self._numbered(properties, style)
        if not found.text and not found.pictures and not found.unread:
            return None
        return Block(
            found.text, level if found.text else 0, numbered, depth, tuple(found.pictures),
            tuple(dict.fromkeys(found.unread)),
        )  # fmt: skip

    def _numbered(self, properties: Element | None, style: str) -> tuple[str, int]:
        listed = None if properties is None else child(properties, "numPr")
        number = "" if listed is None else value(child(listed, "numId"))
        number = number or self._styles.numbering(style)
        if number in {"", "0"}:
            return "", 0
        written = "" if listed is None else value(child(listed, "ilvl"))
        depth = int(written) if written.isdecimal() else 0
        return self._styles.formats.get((number, depth), "") or "bullet", depth

    def _table(self, element: Element) -> Block:
        found = _Found()
        rows = [self._row(each, found) for each in element.iter() if local(each.tag) == "tr"]
        return Block(
            "", pictures=tuple(found.pictures), unread=tuple(dict.fromkeys(found.unread)),
            rows=tuple(row for row in rows if any(row)),
        )  # fmt: skip

    def _row(self, element: Element, found: _Found) -> tuple[str, ...]:
        return tuple(self._cell(each, found) for each in _within(element, "tc"))

    def _cell(self, element: Element, found: _Found) -> str:
        texts = []
        for each in _within(element, "p"):
            here = _Found(pictures=found.pictures, unread=found.unread)
            self._collect(each, here)
            texts.append(here.text)
        return "\n".join(text for text in texts if text)

    def _collect(self, element: Element, found: _Found) -> None:
        for each in element:
            name = local(each.tag)
            if name in _SKIPPED:
                continue
            if name == "r" and _is_hidden(each):
                continue
            if name in _NO_TEXT:
                found.unread.append(_NO_TEXT[name])
                continue
            self._take(each, name, found)
            self._collect(each, found)

    def _take(self, element: Element, name: str, found: _Found) -> None:
        match name:
            case "t":
                found.pieces.append(element.text or "")
            case "tab":
                found.pieces.append(" ")
            case "br" | "cr":
                found.pieces.append("\n")
            case "noBreakHyphen":
                found.pieces.append("-")
            case "blip" | "imagedata":
                part = self._parts.get(reference_of(element), "")
                found.pictures.append(posixpath.basename(part) or "图片")


def _within(parent: Element, name: str) -> Iterator[Element]:
    """Yield the children called ``name``, also those inside of controls and of what was added."""
    for each in parent:
        called = local(each.tag)
        if called == name:
            yield each
        elif called in _AROUND:
            yield from _within(each, name)


def _is_hidden(run: Element) -> bool:
    properties = child(run, "rPr")
    hidden = None if properties is None else child(properties, "vanish")
    return hidden is not None and value(hidden) not in {"0", "false", "off"}
