"""Where in a file something is written, so that a person finds it at once."""

from __future__ import annotations

from pathlib import Path

from chatbot.doctor.report import Place
from chatbot.knowledge.files import read_text
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.toml_tree import read_toml
from chatbot.knowledge.tree import Mapping, Node, NotReadable, read_yaml


def place_of(path: Path, *keys: str) -> Place:
    """Return the place of a key in a TOML or YAML file; line 0 if the key is not written there."""
    node, line = _root(path), 0
    for key in keys:
        pairs = node.pairs if isinstance(node, Mapping) else ()
        line, node = next(((at, inner) for name, at, inner in pairs if name == key), (0, None))
    return Place(str(path), line, ".".join(keys))


def _root(path: Path) -> Node | None:
    source = read_text(path, Problems()) if path.is_file() else None
    if source is None:
        return None
    try:
        return read_toml(source) if path.suffix == ".toml" else read_yaml(source)
    except NotReadable:  # the check of the content says what is wrong with it
        return None
