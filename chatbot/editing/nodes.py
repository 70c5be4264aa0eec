"""A record as the tree that file readers read, where each line is the number of a place in it."""

from __future__ import annotations

import json
from collections.abc import Mapping as Names
from typing import Any

from chatbot.knowledge.tree import Listing, Mapping, Node, Scalar

Path = tuple[str | int, ...]


class Nodes:
    """Makes the tree of one record, and tells where in the record a line of it is."""

    def __init__(self) -> None:
        self._paths: list[Path] = [()]

    def tree(self, value: Any) -> Node:
        """Return the tree of a record."""
        return self._node(value, ())

    def path_at(self, line: int) -> Path:
        """Return where the value is that a problem with this line means."""
        return self._paths[line] if 0 <= line < len(self._paths) else ()

    def _node(self, value: Any, path: Path) -> Node:
        line = len(self._paths)
        self._paths.append(path)
        if isinstance(value, Names):
            pairs = [(key, self._node(item, (*path, key))) for key, item in value.items()]
            return Mapping(tuple((key, node.line, node) for key, node in pairs), line)
        if isinstance(value, list | tuple):
            items = (self._node(item, (*path, place)) for place, item in enumerate(value))
            return Listing(tuple(items), line)
        if isinstance(value, str):
            return Scalar(value, "text", line)
        if value is None:
            return Scalar("", "null", line)
        return Scalar(json.dumps(value), "boolean" if isinstance(value, bool) else "number", line)
