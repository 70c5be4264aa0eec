"""The groups of customer tags, described in ``_tags.yaml`` of the intents folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from chatbot.customers.tag_groups import TagGroup
from chatbot.customers.tags import Tag
from chatbot.knowledge.fields import Fields, shown
from chatbot.knowledge.files import is_folder, is_there, read_text
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.tree import Mapping, Node, NotReadable, Scalar, read_yaml

TAGS_FILE = "_tags.yaml"
_KEYS = ("title", "exclusive", "lifetime")
#: Longest name of a tag or group (WeCom developer documentation, 客户联系/管理企业标签).
LONGEST_NAME = 30
_LIFETIME = re.compile(r"([1-9][0-9]{0,3})d")
_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def read_tag_groups(folder: Path, problems: Problems) -> tuple[TagGroup, ...]:
    """Return the groups in file order; none if there is no such file.

    A group is ``name: {title, exclusive, lifetime}``; each key may be left out.
    """
    path = folder / TAGS_FILE
    if not is_there(path) or not is_folder(folder):
        return ()
    root = _read(path, problems)
    lines: dict[str, int] = {}
    groups: list[TagGroup] = []
    for name, line, node in root.pairs if root else ():
        text = _name_objection(name)
        if name in lines:
            text = f"第 {lines[name]} 行已经写过这个标签组"
        lines.setdefault(name, line)
        if text:
            problems.add(path, line, name, text)
        elif group := _read_group(path, name, line, node, problems):
            groups.append(group)
    return tuple(groups)


def tag_objection(tag: str, groups: Iterable[TagGroup]) -> str | None:
    """Return what is wrong with a tag (``group:name``) that an entry or intent gives, or None.

    Where no groups are described, any group will do.
    """
    names = [group.name for group in groups]
    parsed = Tag.parse(tag)
    if names and parsed.group not in names:
        return f"“{tag}”的标签组“{parsed.group}”没有写在 {TAGS_FILE} 里；已有：{'、'.join(names)}"
    for what, name in (("标签组", parsed.group), ("标签", parsed.name)):
        if len(name) > LONGEST_NAME:
            return f"“{tag}”的{what}名称超过 {LONGEST_NAME} 个字，企业微信不接受"
    return None


def _read(path: Path, problems: Problems) -> Mapping | None:
    source = read_text(path, problems)
    if source is None:
        return None
    try:
        root = read_yaml(source)
    except NotReadable as error:
        problems.add(path, error.line, "", error.text)
        return None
    if root is None or isinstance(root, Mapping):
        return root
    problems.add(path, root.line, "", f"应为“标签组: {{…}}”这样的一组键和值，{shown(root)}")
    return None


def _name_objection(name: str) -> str | None:
    if not name.strip() or name != name.strip() or ":" in name or "：" in name:
        return "标签组名称不能是空的，两端不能有空格，也不能含冒号"
    if len(name) > LONGEST_NAME:
        return f"标签组名称超过 {LONGEST_NAME} 个字，企业微信不接受"
    return None


def _read_group(
    path: Path, name: str, line: int, node: Node, problems: Problems
) -> TagGroup | None:
    if node.kind == "null":
        return TagGroup(name, name)
    if not isinstance(node, Mapping):
        text = f"应为含 {'、'.join(_KEYS)} 的一组键和值，{shown(node)}"
        problems.add(path, line, name, text)
        return None
    fields = Fields(path, node, problems, _KEYS, within=f"{name}.")
    return TagGroup(
        name=name,
        title=(fields.text("title") if fields.present("title") else None) or name,
        exclusive=_truth(fields, "exclusive"),
        lifetime=_lifetime(fields, "lifetime"),
    )


def _truth(fields: Fields, key: str) -> bool:
    node = fields.present(key)
    if node is None:
        return False
    value = _TRUTHS.get(node.value.lower()) if isinstance(node, Scalar) else None
    if value is None or node.kind != "boolean":
        fields.complain(node.line, key, f"应为 true 或 false，{shown(node)}")
    return bool(value)


def _lifetime(fields: Fields, key: str) -> timedelta | None:
    node = fields.present(key)
    if node is None:
        return None
    found = _LIFETIME.fullmatch(node.value) if isinstance(node, Scalar) else None
    if found is None:
        fields.complain(node.line, key, f"应为天数加 d，如 90d，最多 9999d，{shown(node)}")
        return None
    return timedelta(days=int(found[1]))
