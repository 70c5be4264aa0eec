"""Customer tags: may the app read and write them, is there room, and what did WeCom not take?

Source: WeCom developer documentation, 客户联系/管理企业标签, 全局错误码.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from chatbot.customers.tags import Tag
from chatbot.doctor.database_reads import TagRecords, Unwritten
from chatbot.doctor.report import Finding, Verdict
from chatbot.doctor.words import finding, listed, platform_finding, say
from chatbot.knowledge.content import Content
from chatbot.wecom.client import WeComClient
from chatbot.wecom.contacts import TagGroup
from chatbot.wecom.errors import WeComError, error_for_code

#: No right to call, and a member without the right of customer contact.
_CLOSED = frozenset({48002, 84074})
#: Tags of another app.
_FOREIGN = frozenset({301002, 81011})
#: The limit in newer documents, and in older ones, which enterprises may still meet.
_MOST_TAGS = 10_000
_FORMERLY_MOST = 3_000
_NEARLY = 0.9
_SHOWN = 5
#: A tag is written within seconds; what waits longer waits for something.
_PATIENCE = timedelta(minutes=10)


async def check_tags(
    client: WeComClient, content: Content, written: Collection[str] | None
) -> Verdict[int]:
    """Read the enterprise's tags and compare them with those that entries and intents give.

    ``written`` are the groups of which WeCom has taken a tag, None if that is not known.
    """
    given = tags_given(content)
    try:
        groups = await client.contacts.tag_groups()
    except WeComError as error:
        return Verdict((_refusal(error, given),))
    findings = [*_room(groups)]
    if written is not None:
        findings += _foreign(groups, given, written)
    count = sum(len(group.tags) for group in groups)
    return Verdict(tuple(findings), say("tags", given=len(given), count=count), count)


def tags_given(content: Content) -> frozenset[Tag]:
    """Return every tag that an entry or an intent gives."""
    by_entries = (tag for entry in content.entries for tag in entry.tags)
    by_intents = (tag for intent in content.intents for tag in intent.tags)
    return frozenset(map(Tag.parse, (*by_entries, *by_intents)))


def _refusal(error: WeComError, given: Collection[Tag]) -> Finding:
    """Say which screen opens customer contact; without tags to give it only is to be known."""
    if error.code not in _CLOSED:
        return platform_finding(error)
    key = "contacts_forbidden" if given else "contacts_forbidden_unused"
    return finding(key, code=error.code, count=len(given))


def _room(groups: Sequence[TagGroup]) -> Iterator[Finding]:
    count = sum(len(group.tags) for group in groups)
    if count >= _MOST_TAGS * _NEARLY:
        yield finding("tags_nearly_full", count=count, most=_MOST_TAGS)
    elif _FORMERLY_MOST * _NEARLY <= count <= _FORMERLY_MOST:
        yield finding("tags_formerly_full", count=count, most=_FORMERLY_MOST)


def _foreign(
    groups: Sequence[TagGroup], given: Collection[Tag], written: Collection[str]
) -> Iterator[Finding]:
    """Yield our groups that others made first: WeCom tells no owner, only that we never wrote."""
    wanted = {tag.group for tag in given}
    for group in groups:
        if group.name in wanted and group.name not in written:
            tags = [tag.name for tag in group.tags]
            yield finding("tag_group_taken", group=group.name, tags=listed(tags, _SHOWN))


def check_tag_writes(records: TagRecords, now: datetime) -> Verdict[int]:
    """Say which tags wait or were refused, one finding a reason."""
    findings = [found for each in records.unwritten for found in _judge(each, now)]
    if records.unanswered:
        findings.append(finding("followers_unknown", count=records.unanswered))
    counts: Counter[str] = Counter()
    for each in records.unwritten:
        counts[each.state] += each.count
    summary = say("tag_writes", waiting=counts["wanted"], refused=counts["refused"])
    return Verdict(tuple(findings), summary, counts.total())


def _judge(each: Unwritten, now: datetime) -> Iterator[Finding]:
    tell = partial(finding, count=each.count, example=each.example, code=each.code)
    if each.code in _FOREIGN:
        yield tell("tags_foreign")
    elif each.code is not None:
        error = error_for_code("externalcontact/mark_tag", each.code, "")
        key = "tags_refused" if each.state == "refused" else "tags_retried"
        yield tell(key, meaning=error.meaning, remedy=error.next_step)
    elif now - each.since > _PATIENCE:
        yield tell("tags_waiting", minutes=round((now - each.since).total_seconds() / 60))
