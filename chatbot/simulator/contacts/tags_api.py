"""externalcontact/*_corp_tag*: the enterprise's tags (管理企业标签)."""

from __future__ import annotations

from chatbot.simulator import params
from chatbot.simulator.contacts.book import ContactBook
from chatbot.simulator.contacts.tags import NO_RIGHT, Tag, TagGroup
from chatbot.simulator.endpoint import POST, Call, Endpoint, Endpoints
from chatbot.simulator.errors import PlatformError
from chatbot.simulator.params import Json

_NAME_CHARS = 30
_MOST = 3000
_UNKNOWN_TAG = 40068


class TagCalls:
    """Listing, adding, changing and deleting tags. Nothing here sends an event."""

    def __init__(self, book: ContactBook) -> None:
        self._book = book

    def endpoints(self) -> Endpoints:
        """Return the calls by path."""
        return {
            "externalcontact/get_corp_tag_list": Endpoint(POST, self.list_tags),
            "externalcontact/add_corp_tag": Endpoint(POST, self.add),
            "externalcontact/edit_corp_tag": Endpoint(POST, self.edit),
            "externalcontact/del_corp_tag": Endpoint(POST, self.delete),
        }

    def list_tags(self, call: Call) -> Json:
        """Return groups: all, those of ``group_id``, or the tags of ``tag_id``."""
        tag_ids = set(params.strings(call.body, "tag_id", high=_MOST, wrong=40035))
        group_ids = set(params.strings(call.body, "group_id", high=_MOST, wrong=40035))
        groups = self._book.tags.groups()
        if group_ids:
            groups = [group for group in groups if group.id in group_ids]
        elif tag_ids:
            return {"tag_group": _only(groups, tag_ids)}
        return {"tag_group": [group.describe() for group in groups]}

    def add(self, call: Call) -> Json:
        """Add tags to a group by id or name; return the group with the new tags."""
        names = [_name(entry, "name") for entry in params.items(call.body, "tag", low=1, high=100)]
        group = None
        group_name = ""
        if group_id := params.text(call.body, "group_id", required=False):
            group = self._book.tags.group(group_id)
            if group is None:
                raise PlatformError(_UNKNOWN_TAG, "group_id")
        else:
            group_name = _name(call.body, "group_name")
        now = int(self._book.now())
        group, tags = self._book.tags.add(group_name, names, call.app.agent_id, now, group=group)
        return {"tag_group": group.describe(tags)}

    def edit(self, call: Call) -> Json:
        """Rename or reorder one's own tag or group; 81011 for another's."""
        target = self._target(params.text(call.body, "id"))
        if target.owner != call.app.agent_id:
            raise PlatformError(NO_RIGHT)
        if name := params.text(call.body, "name", required=False):
            target.name = _name({"name": name}, "name")
        target.order = params.integer(call.body, "order", default=target.order, low=0)
        return {}

    def _target(self, target_id: str) -> Tag | TagGroup:
        if group := self._book.tags.group(target_id):
            return group
        found = self._book.tags.find(target_id)
        if found is None:
            raise PlatformError(_UNKNOWN_TAG)
        return found[1]

    def delete(self, call: Call) -> Json:
        """Delete one's own tags and groups; 81011 for another's, and then nothing is deleted."""
        doomed = list(params.strings(call.body, "tag_id", high=_MOST, wrong=40035))
        for group_id in params.strings(call.body, "group_id", high=_MOST, wrong=40035):
            group = self._book.tags.group(group_id)
            if group is None:
                raise PlatformError(_UNKNOWN_TAG, "group_id")
            doomed.extend(tag.id for tag in group.tags)
        if not doomed:
            raise PlatformError(params.EMPTY, "tag_id or group_id is required")
        if any(self._target(tag_id).owner != call.app.agent_id for tag_id in doomed):
            raise PlatformError(NO_RIGHT)
        for tag_id in dict.fromkeys(doomed):
            self._book.forget_tag(tag_id)
        return {}


def _only(groups: list[TagGroup], tag_ids: set[str]) -> list[Json]:
    return [
        group.describe(tags)
        for group in groups
        if (tags := [tag for tag in group.tags if tag.id in tag_ids])
    ]


def _name(source: Json, field: str) -> str:
    return params.text(source, field, max_chars=_NAME_CHARS, too_long=40072)
