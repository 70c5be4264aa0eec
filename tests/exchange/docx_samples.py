"""Word documents as Word and WPS write them, made of the parts that matter."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_NAMES = f'xmlns:w="{_W}" xmlns:r="{_R}" xmlns:a="{_A}"'


def paragraph(text: str, style: str = "", properties: str = "", runs: str = "") -> str:
    """Return a paragraph; ``properties`` and ``runs`` are XML that is added."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    # Word cuts a text into runs wherever it likes.
    half = len(text) // 2
    pieces = "".join(
        f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{escape(piece)}</w:t></w:r>'
        for piece in (text[:half], text[half:])
        if piece
    )
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{pieces}{runs}</w:p>"


def item(text: str, number: str, depth: int = 0) -> str:
    """Return an item of a list."""
    listed = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    return paragraph(text, properties=listed)


def table(*rows: Sequence[str]) -> str:
    """Return a table."""
    cells = "".join(
        "<w:tr>" + "".join(f"<w:tc><w:tcPr/>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in rows
    )
    return f"<w:tbl><w:tblPr/>{cells}</w:tbl>"


def picture(relation: str) -> str:
    """Return a run with a picture."""
    return f'<w:r><w:drawing><a:blip r:embed="{relation}"/></w:drawing></w:r>'


def style(identifier: str, name: str, properties: str = "", based_on: str = "") -> str:
    """Return a style of paragraphs."""
    base = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{identifier}"><w:name w:val="{name}"/>{base}'
        f"<w:pPr>{properties}</w:pPr></w:style>"
    )


#: As the English Word, the Chinese Word, and WPS name their headings.
STYLES = (
    style("Heading1", "heading 1") + style("Heading2", "heading 2", '<w:outlineLvl w:val="1"/>')
    + style("1", "标题 1") + style("2", "标题2") + style("a9", "我的小标题", based_on="2")
    + style("TOC1", "toc 1") + style("Title", "Title")
)  # fmt: skip
_NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
)


def document(*blocks: str, styles: str = STYLES) -> bytes:
    """Return a document of these blocks."""
    relation = f'<Relationship Id="rId7" Type="{_R}/image" Target="media/泳池.png"/>'
    parts = {
        "word/document.xml": f"<w:document {_NAMES}><w:body>{''.join(blocks)}<w:sectPr/></w:body>"
        "</w:document>",
        "word/styles.xml": f"<w:styles {_NAMES}>{styles}</w:styles>",
        "word/numbering.xml": f"<w:numbering {_NAMES}>{_NUMBERING}</w:numbering>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{relation}'
        "</Relationships>",
    }
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return raw.getvalue()
