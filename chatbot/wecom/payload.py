"""The platform's XML, read safely into plain dicts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: Real payloads are four levels deep; the limit keeps hostile ones off the stack.
_MAX_DEPTH = 16


class MalformedXml(ValueError):
    """The text is not XML that the platform would send."""


def parse_xml(text: str) -> dict[str, object]:
    """Return the children of the root element by name.

    An element without children becomes its text, one with children a dict, a repeated one a
    list. Raises MalformedXml for anything else than plain well-formed XML: document types and
    entity declarations are refused.
    """
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise MalformedXml(f"the XML cannot be read: {type(error).__name__}") from None
    content = _content(root, _MAX_DEPTH)
    return content if isinstance(content, dict) else {}


def _content(element: Element, depth: int) -> dict[str, object] | str:
    if len(element) == 0:
        return (element.text or "").strip()
    if depth == 0:
        raise MalformedXml("the XML is nested too deeply")
    fields: dict[str, object] = {}
    for child in element:
        _add(fields, child.tag, _content(child, depth - 1))
    return fields


def _add(fields: dict[str, object], name: str, value: dict[str, object] | str) -> None:
    known = fields.get(name)
    if known is None:
        fields[name] = value
    elif isinstance(known, list):
        known.append(value)
    else:
        fields[name] = [known, value]
