"""What a digest says: the figures of the page, those first that matter to a role."""

from __future__ import annotations

from collections.abc import Sequence

from chatbot.access.roles import may
from chatbot.access.viewer import Viewer
from chatbot.console.harmless import one_line
from chatbot.console.insight.reader import Insight
from chatbot.console.insight.tables import Tables
from chatbot.console.insight.wording import InsightWords
from chatbot.insight.definitions import DEFINITIONS, Value
from chatbot.insight.digest import Block, fit, short
from chatbot.insight.questions import Asked, asked, rising

#: The figures that are told, in this order; what nothing is known of is left out.
_TOLD = (
    "conversations", "requests", "solved", "handed_over", "unsolved", "wrong", "refused",
    "satisfaction", "waiting", "handling", "unserved",
)  # fmt: skip
_QUESTIONS, _REASONS, _TAGS, _AGENTS = 5, 4, 6, 8
_LONGEST_NAME = 60


class DigestText:
    """Writes the digest of some figures."""

    def __init__(self, insight: Insight, words: InsightWords) -> None:
        self._insight = insight
        self._words = words

    def write(self, viewer: Viewer, url: str) -> str:
        """Return the digest for a viewer, whose figures these are."""
        questions = asked("asked", self._insight.now, self._insight.before)
        top = [each for each in questions if each.now][:_QUESTIONS]
        people = [self._reasons(), self._agents()]
        content = [
            self._questions("digest_rising", rising(questions)[:_QUESTIONS]),
            self._questions("digest_questions", top),
            self._tags(),
        ]
        # Who looks after agents reads of them first, who looks after what is said of that.
        rest = [*people, *content] if viewer.role == "supervisor" else [*content, *people]
        return fit(self._title(viewer), [self._figures(), self._sample(viewer), *rest], url)

    def _title(self, viewer: Viewer) -> str:
        words, period = self._words.words, self._insight.asked.period
        title = words[f"digest_{period.span}"].format(period=period.label)
        if viewer.stores is None:
            return title
        stores = "、".join(short(one_line(each, _LONGEST_NAME)) for each in viewer.stores[:5])
        more = "…" if len(viewer.stores) > 5 else ""
        return f"{title}\n{words['digest_stores'].format(stores=stores + more)}"

    def _figures(self) -> Block:
        by_name = {each.name: each for each in DEFINITIONS}
        lines = []
        for name in _TOLD:
            now = by_name[name].value(self._insight.now)
            before = by_name[name].value(self._insight.before)
            if now.total:
                lines.append(self._figure(now, before))
        return Block("", lines)

    def _sample(self, viewer: Viewer) -> Block:
        """Tell on Mondays what the sample says, and who judges it that one waits."""
        words, found = self._words.words, self._insight.sample
        if found is None or self._insight.asked.period.span != "week":
            return Block()
        lines = []
        if found.newest.estimate.open and may(viewer, "sample"):
            lines.append(words["digest_sample_waits"].format(open=found.newest.estimate.open))
        if found.together.judged:
            lines.append(words["digest_sample"].format(
                title=self._words.title("sample"), value=self._words.sampled(found.together),
                judged=found.together.judged,
            ))  # fmt: skip
        return Block("", lines)

    def _figure(self, now: Value, before: Value) -> str:
        key = "digest_figure_of" if now.definition.unit == "share" else "digest_figure"
        told = self._words.words[key].format(
            title=self._words.title(now.definition.name), value=self._words.value(now),
            n=now.sum.n, total=now.total,
        )  # fmt: skip
        change = self._words.change(now, before) if before.total else ""
        return told + (self._words.words["digest_change"].format(change=change) if change else "")

    def _reasons(self) -> Block:
        found = asked("handed_over", self._insight.now, self._insight.before)[:_REASONS]
        items = self._items([(self._words.why(each.key), each.now) for each in found if each.now])
        return Block("", [self._words.words["digest_reasons"].format(reasons=items)] * bool(items))

    def _tags(self) -> Block:
        found = asked("tags", self._insight.now, self._insight.before)[:_TAGS]
        items = self._items([(each.key, each.now) for each in found if each.now])
        return Block("", [self._words.words["digest_tags"].format(tags=items)] * bool(items))

    def _items(self, found: Sequence[tuple[str, int]]) -> str:
        pattern = self._words.words["digest_item"]
        return "、".join(
            pattern.format(name=short(one_line(name, _LONGEST_NAME)), n=n) for name, n in found
        )

    def _agents(self) -> Block:
        words = self._words.words
        rows = Tables(self._insight, self._words).agents().rows[:_AGENTS]
        lines = [
            words["digest_agent"].format(
                name=short(one_line(str(name), _LONGEST_NAME)), wait=wait, handled=handled,
                score=score,
            )
            for name, _, wait, _, handled, _, _, score in rows
        ]  # fmt: skip
        return Block(words["digest_agents"], lines)

    def _questions(self, head: str, found: Sequence[Asked]) -> Block:
        words, entries = self._words.words, self._insight.entries
        lines = []
        for each in found:
            entry = entries.get(each.key)
            question = entry.question if entry else words["gone"]
            lines.append(words["digest_question"].format(
                question=short(one_line(question, _LONGEST_NAME)), now=each.now, before=each.before
            ))  # fmt: skip
        return Block(words[head], lines)
