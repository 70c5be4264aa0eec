"""Changes entries in YAML where they stand: comments, order, quotes and all else stay.

The parser says where each value is, and only those that change are written anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import yaml

from chatbot.exchange.edits import Edit, Left, NotEditableError, Splice, spliced
from chatbot.exchange.yaml_text import block_lines, flow, is_block, scalar, value_lines


def edited_yaml(source: str, edits: Sequence[Edit], left: Left) -> str:
    """Return ``source`` with every edit made; note in ``left`` those that cannot be."""
    try:
        root = yaml.compose(source, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        root = None
    listed = _listed(root)
    by_line = {node.start_mark.line + 1: node for node in listed}
    splices: list[Splice] = []
    for edit in edits:
        node = by_line.get(edit.lines[0])
        try:
            if not isinstance(node, yaml.MappingNode):
                raise NotEditableError("在文件里找不到它的位置")
            splices += list(_entry(source, edit, node))
        except NotEditableError as reason:
            left[edit.id] = str(reason)
    return spliced(source, splices)


def edited_mapping(source: str, values: Mapping[str, Any]) -> str:
    """Return a file that is one mapping with other values; None takes a key out.

    Raises:
        NotEditableError: it is no such file, or nothing of it would stay.
    """
    try:
        root = yaml.compose(source, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        root = None
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise NotEditableError("文件读不出来")
    if all(values.get(key.value, "") is None for key, _ in root.value):
        raise NotEditableError("文件里什么也不剩")
    return spliced(source, _changed(source, root, values))


def _listed(root: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(root, yaml.MappingNode):
        root = next((value for key, value in root.value if key.value == "entries"), None)
    return list(root.value) if isinstance(root, yaml.SequenceNode) else []


def _entry(source: str, edit: Edit, node: yaml.MappingNode) -> Iterator[Splice]:
    if edit.after is None:
        yield _without_item(source, node)
        return
    yield from _changed(source, node, edit.values)


def _changed(source: str, node: yaml.MappingNode, values: Mapping[str, Any]) -> Iterator[Splice]:
    """Yield what gives the keys of a mapping other values, and takes out those that have none."""
    pairs = {key.value: (key, value) for key, value in node.value}
    missing: dict[str, Any] = {}
    for key, value in values.items():
        if key not in pairs:
            if value is not None:
                missing[key] = value
        elif value is None:
            yield _without_key(source, node, *pairs[key])
        else:
            column = pairs[key][0].start_mark.column
            yield from _value(source, pairs[key][1], value, column, is_flow=bool(node.flow_style))
    if missing:
        stays = [value for key, value in node.value if values.get(key.value, "") is not None]
        yield _with_keys(source, node, stays[-1], missing)


def _value(
    source: str, node: yaml.Node, value: Any, column: int, *, is_flow: bool
) -> Iterator[Splice]:
    """Yield what makes ``node``, the value of a key at ``column``, say ``value``."""
    if isinstance(node, yaml.ScalarNode) and isinstance(value, str):
        if node.value.strip() != value or node.tag != "tag:yaml.org,2002:str":
            yield _scalar(source, node, value, column, is_flow=is_flow)
    elif isinstance(node, yaml.MappingNode) and isinstance(value, Mapping):
        yield from _mapping(source, node, value, column, is_flow=is_flow)
    elif isinstance(node, yaml.SequenceNode) and isinstance(value, list):
        yield from _sequence(source, node, value, column, is_flow=is_flow)
    else:
        yield _anew(source, node, value, column, is_flow=is_flow)


def _scalar(source: str, node: yaml.ScalarNode, text: str, column: int, *, is_flow: bool) -> Splice:
    start, end = node.start_mark.index, _end(source, node)
    if is_block(text) and not is_flow and _is_last_on_line(source, end):
        lines = block_lines(text, column + 2)
        return Splice(start, end, "\n".join([lines[0].lstrip(), *lines[1:]]))
    written = scalar(text)
    if node.style in {"'", '"'} and written == text:
        written = f"{node.style}{text}{node.style}"
    # Where nothing stood behind the colon, a space goes before.
    return Splice(start, end, written if end > start else f" {written}")


def _mapping(
    source: str, node: yaml.MappingNode, value: Mapping[str, Any], column: int, *, is_flow: bool
) -> Iterator[Splice]:
    pairs = {key.value: (key, each) for key, each in node.value}
    if set(pairs) != set(value):
        yield _anew(source, node, value, column, is_flow=is_flow)
        return
    within = is_flow or bool(node.flow_style)
    for name, (key, each) in pairs.items():
        yield from _value(source, each, value[name], key.start_mark.column, is_flow=within)


def _sequence(
    source: str, node: yaml.SequenceNode, value: list[Any], column: int, *, is_flow: bool
) -> Iterator[Splice]:
    within = is_flow or bool(node.flow_style)
    are_texts = all(isinstance(item, str) for item in value) and all(
        isinstance(item, yaml.ScalarNode) for item in node.value
    )
    if len(value) == len(node.value) and not are_texts:
        for item, new in zip(node.value, value, strict=True):
            yield from _value(source, item, new, item.start_mark.column - 2, is_flow=within)
    elif are_texts and node.value and _has_own_lines(source, node):
        yield from _items(source, node, value, is_flow=within)
    else:
        yield _anew(source, node, value, column, is_flow=is_flow)


def _items(
    source: str, node: yaml.SequenceNode, value: list[str], *, is_flow: bool
) -> Iterator[Splice]:
    """Yield what makes a list of texts another one: items that stay are not touched."""
    old = [item.value.strip() for item in node.value]
    matcher = SequenceMatcher(None, old, value, autojunk=False)
    kept = {n for _, i, j, _, _ in (op for op in matcher.get_opcodes() if op[0] == "equal")
            for n in range(i, j)}  # fmt: skip
    dropped = [n for n in range(len(old)) if n not in kept]
    if is_flow and len(dropped) == len(old):
        # Nothing stays that a comma could go beside.
        start, end = node.start_mark.index, node.end_mark.index
        yield Splice(start, end, flow(value))
        return
    for number in dropped:
        yield _without_listed(source, node, number, kept, is_flow=is_flow)
    for tag, _, at, first, last in matcher.get_opcodes():
        if tag in {"insert", "replace"}:
            yield _inserted(source, node, at, value[first:last], kept, is_flow=is_flow)


def _inserted(
    source: str, node: yaml.SequenceNode, at: int, texts: list[str], kept: set[int], *,
    is_flow: bool,
) -> Splice:  # fmt: skip
    """Put texts before the item ``at``: behind the one before it, whether that stays or not."""
    items = node.value
    if not is_flow:
        lead = f"{' ' * node.start_mark.column}- "
        lines = [f"{lead}{scalar(text)}" for text in texts]
        if at:
            place = _line_end(source, _end(source, items[at - 1]))
            return Splice(place, place, "".join(f"\n{line}" for line in lines))
        place = _line_start(source, items[0].start_mark.index)
        return Splice(place, place, "".join(f"{line}\n" for line in lines))
    before = max((n for n in kept if n < at), default=None)
    written = ", ".join(map(scalar, texts))
    if before is not None:
        place = items[before].end_mark.index
        return Splice(place, place, f", {written}")
    place = items[min(kept)].start_mark.index
    return Splice(place, place, f"{written}, ")


def _without_listed(
    source: str, node: yaml.SequenceNode, number: int, kept: set[int], *, is_flow: bool
) -> Splice:
    items = node.value
    if not is_flow:
        start = _line_start(source, items[number].start_mark.index)
        return Splice(start, _line_end(source, _end(source, items[number])) + 1, "")
    if any(n < number for n in kept):
        return Splice(items[number - 1].end_mark.index, items[number].end_mark.index, "")
    return Splice(items[number].start_mark.index, items[number + 1].start_mark.index, "")


def _has_own_lines(source: str, node: yaml.SequenceNode) -> bool:
    """Return whether every item of a list without brackets has its lines to itself."""
    if node.flow_style:
        return True
    for item in node.value:
        start = item.start_mark.index
        if source[_line_start(source, start) : start].strip() != "-":
            return False
    return True


def _anew(source: str, node: yaml.Node, value: Any, column: int, *, is_flow: bool) -> Splice:
    """Write the whole value anew, below its key if it needs lines."""
    start, end = node.start_mark.index, _end(source, node)
    if is_flow or not _is_last_on_line(source, end):
        return Splice(start, end, flow(value))
    first, *others = value_lines(value, column)
    # A list below its key begins on a line of its own: what is above goes with it.
    begin = len(source[:start].rstrip())
    if "\n" in source[begin:start]:
        return Splice(begin, end, "\n".join([first, *others]))
    return Splice(start, end, "\n".join([first.lstrip(), *others]))


def _without_key(source: str, node: yaml.MappingNode, key: yaml.Node, value: yaml.Node) -> Splice:
    """Take a key out; where it shares its line with others it says nothing instead."""
    start, end = key.start_mark.index, _end(source, value)
    line = _line_start(source, start)
    if node.flow_style or source[line:start].strip():
        return Splice(value.start_mark.index, end, "null")
    return Splice(line, _line_end(source, end) + 1, "")


def _with_keys(
    source: str, node: yaml.MappingNode, last: yaml.Node, values: Mapping[str, Any]
) -> Splice:
    """Write new keys below (or behind) ``last``, the last value that stays."""
    end = _end(source, last)
    if node.flow_style:
        written = "".join(f", {key}: {flow(value)}" for key, value in values.items())
        return Splice(end, end, written)
    column = node.start_mark.column
    lines: list[str] = []
    for key, value in values.items():
        first, *others = value_lines(value, column)
        lines += [f"{' ' * column}{key}:{first}", *others]
    place = _line_end(source, end)
    if place == len(source):
        return Splice(place, place, "".join(f"\n{line}" for line in lines))
    # On the next line: an item at the end of ``last`` may go at the same time.
    return Splice(place + 1, place + 1, "".join(f"{line}\n" for line in lines))


def _without_item(source: str, node: yaml.MappingNode) -> Splice:
    start = node.start_mark.index
    line = _line_start(source, start)
    if source[line:start].strip() != "-":
        raise NotEditableError("它和别的内容写在同一行")
    return Splice(line, _line_end(source, _end(source, node)) + 1, "")


def _end(source: str, node: yaml.Node) -> int:
    """Return where a value ends, without the comments and blank lines below it."""
    if isinstance(node, yaml.ScalarNode):
        end: int = node.end_mark.index
        return len(source[:end].rstrip()) if node.style in {"|", ">"} else end
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(source, last[1] if isinstance(last, tuple) else last)


def _line_start(source: str, at: int) -> int:
    return source.rfind("\n", 0, at) + 1


def _line_end(source: str, at: int) -> int:
    end = source.find("\n", at)
    return len(source) if end < 0 else end


def _is_last_on_line(source: str, at: int) -> bool:
    return not source[at : _line_end(source, at)].strip()
