"""``_tests.yaml``: questions whose answer may not change unseen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chatbot.dialogue.decision import Action
from chatbot.dialogue.pinned import ACTIONS, PinnedQuestion
from chatbot.knowledge.fields import Fields, shown
from chatbot.knowledge.files import is_folder, is_there, read_text
from chatbot.knowledge.places import Place
from chatbot.knowledge.problems import Problems
from chatbot.knowledge.references import References, read_tags
from chatbot.knowledge.tree import Listing, Mapping, Node, NotReadable, read_yaml

TESTS_FILE = "_tests.yaml"
_KEYS = ("text", "faq_id", "action", "account", "tags")


def read_pinned(
    folder: Path, problems: Problems, references: References
) -> tuple[PinnedQuestion, ...]:
    """Return the pinned questions in file order; none if there is no such file.

    Each is ``{text, faq_id}`` or ``{text, action}``, with an ``account`` and the customer's
    ``tags`` if these matter. An entry that is not there is no problem of the file: the question
    then breaks, and publishing says so.
    """
    path = folder / TESTS_FILE
    if not is_folder(folder) or not is_there(path):
        return ()
    found = (_read(path, node, problems, references) for node in _nodes(path, problems))
    return tuple(each for each in found if each is not None)


def _nodes(path: Path, problems: Problems) -> Iterator[Node]:
    source = read_text(path, problems)
    try:
        root = read_yaml(source) if source is not None else None
    except NotReadable as error:
        problems.add(path, error.line, "", error.text)
        return
    if isinstance(root, Listing):
        yield from root.items
    elif root is not None:
        text = f"应为列表，每条以“- ”开头，写明 text 和 faq_id，{shown(root)}"
        problems.add(path, root.line, "", text)


def _read(
    path: Path, node: Node, problems: Problems, references: References
) -> PinnedQuestion | None:
    if not isinstance(node, Mapping):
        text = f"应为一组键和值，写明 text 和 faq_id（或 action），{shown(node)}"
        problems.add(path, node.line, "", text)
        return None
    before = len(problems.found)
    fields = Fields(path, node, problems, _KEYS, ("text",))
    pinned = PinnedQuestion(
        text=fields.text("text") or "",
        faq_id=(fields.name("faq_id") or "") if fields.has("faq_id") else "",
        action=_action(fields),
        account=_account(fields, references),
        tags=read_tags(fields, references),
    )
    if fields.has("faq_id") == fields.has("action"):
        text = "faq_id（由哪个条目直接回答）和 action（做什么）写且只写一样"
        fields.complain(fields.line, "text", text)
    return pinned if len(problems.found) == before else None


def _action(fields: Fields) -> Action | None:
    written = fields.text("action") if fields.has("action") else None
    found = next((each for each in ACTIONS if each == written), None)
    if written is not None and found is None:
        text = f"应为 {'、'.join(ACTIONS)} 之一，这里写的是“{written}”"
        fields.complain(fields.line_of("action"), "action", text)
    return found


def _account(fields: Fields, references: References) -> str:
    name = (fields.name("account") or "") if fields.has("account") else ""
    if name:
        place = Place(fields.path, fields.line_of("account"), fields.full_key("account"))
        references.add_account(place, name)
    return name
