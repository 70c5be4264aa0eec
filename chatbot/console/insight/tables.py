"""The tables of the page; each can be taken away as a file with the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from chatbot.console.insight.reader import Insight, Outcomes
from chatbot.console.insight.wording import InsightWords
from chatbot.insight.cells import BINS, SCALE
from chatbot.insight.definitions import Counted, Sums, median_step
from chatbot.insight.questions import asked, rising
from chatbot.insight.shares import Share
from chatbot.insight.sums import Sum

Row = Sequence[str | int]
_RATED = ("good", "fair", "poor")


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``name`` is in its captions and its file's address, ``heads`` are its captions.

    Cells that are numbers, or say one, stand on the right from the column ``numbers`` on.
    """

    name: str
    heads: Sequence[str]
    rows: Sequence[Row]
    numbers: int = 1


class Tables:
    """Makes every table of some figures."""

    def __init__(self, insight: Insight, words: InsightWords) -> None:
        self._insight = insight
        self._words = words

    def all(self) -> list[Table]:
        """Return the tables in the order of the page."""
        return [make() for make in self.by_name().values()]

    def by_name(self) -> Mapping[str, Callable[[], Table]]:
        """Return what makes each table."""
        return {
            "trend": self.trend,
            "reasons": self.reasons,
            "agents": self.agents,
            "hours": self.hours,
            "questions": self.questions,
            "rising": self.rising,
            "categories": self.categories,
            "accounts": self.accounts,
            "tags": self.tags,
            "calibration": self.calibration,
            "unused": self.unused,
        }

    def _table(self, name: str, heads: str, rows: Iterable[Row], numbers: int = 1) -> Table:
        words = self._words.words
        return Table(name, [words[f"head_{each}"] for each in heads.split()], list(rows), numbers)

    def _outcomes(self, outcomes: Outcomes) -> Row:
        requests = outcomes.get("requests", 0)
        solved, handed = outcomes.get("solved", 0), outcomes.get("handed_over", 0)
        shares = [self._words.share(Share(each, requests)) for each in (solved, handed)]
        return (requests, solved, shares[0], handed, shares[1])

    def trend(self) -> Table:
        """Return how sessions came out, period by period."""
        rows = [(period.label, *self._outcomes(each)) for period, each in self._insight.trend]
        return self._table("trend", "period requests solved share handed handed_share", rows)

    def accounts(self) -> Table:
        """Return the same by account."""
        found = sorted(self._insight.by_account.items(), key=_most)
        rows = [(self._insight.account(kf), *self._outcomes(each)) for kf, each in found]
        return self._table("accounts", "account requests solved share handed handed_share", rows)

    def categories(self) -> Table:
        """Return the same by the category of the entry that a session was about."""
        words, entries = self._words.words, self._insight.entries
        found: dict[str, dict[str, int]] = {}
        for topic, outcomes in self._insight.by_entry.items():
            entry = entries.get(topic)
            if entry is None:
                name = words["gone"] if topic else words["no_entry"]
            else:
                name = entry.category or words["no_category"]
            held = found.setdefault(name, {})
            for figure, n in outcomes.items():
                held[figure] = held.get(figure, 0) + n
        rows = [(name, *self._outcomes(each)) for name, each in sorted(found.items(), key=_most)]
        return self._table("categories", "category requests solved share handed handed_share", rows)

    def reasons(self) -> Table:
        """Return why people were called, and why what they were not called for was not solved."""
        now, words = self._insight.now, self._words
        requests = Counted("requests").of(now).n
        rows = [
            (words.title(figure), words.why(each.key), each.now,
             words.share(Share(each.now, requests)), each.before)
            for figure in ("handed_over", "unsolved")
            for each in asked(figure, now, self._insight.before)
        ]  # fmt: skip
        return self._table("reasons", "outcome reason count share_of_requests before", rows, 2)

    def agents(self) -> Table:
        """Return what members have done, who had most to do first."""
        now = self._insight.now
        waits, work, ratings = _waits(now, 2), _by(now, "handling"), _ratings(now)
        members = sorted(
            {*waits, *work, *ratings}, key=lambda each: (-work.get(each, Sum()).n, each)
        )
        rows = []
        for each in members:
            wait, rated = waits.get(each, Sum()), ratings.get(each, {})
            score = Share(rated.get("good", 0), sum(rated.get(name, 0) for name in _RATED))
            rows.append((
                self._insight.member(each), wait.n, self._words.step(median_step(now, each)),
                self._mean(wait), work.get(each, Sum()).n, self._mean(work.get(each, Sum())),
                score.total, self._words.share(score),
            ))  # fmt: skip
        heads = "agent waits median mean handled handling rated satisfaction"
        return self._table("agents", heads, rows)

    def hours(self) -> Table:
        """Return how long customers waited, by the hour at which they were handed over."""
        now = self._insight.now
        rows = [
            (f"{int(hour):02d}:00", each.n, self._words.step(median_step(now, hour=int(hour))),
             self._mean(each))
            for hour, each in sorted(_waits(now, 0).items())
        ]  # fmt: skip
        return self._table("hours", "hour waits median mean", rows)

    def _mean(self, total: Sum) -> str:
        return self._words.seconds(total.amount / total.n if total.n else None)

    def questions(self) -> Table:
        """Return what was asked most."""
        found = asked("asked", self._insight.now, self._insight.before)
        rows = [(*self._entry(each.key), each.now, each.before) for each in found if each.now]
        return self._table("questions", "question category id count before", rows, 3)

    def rising(self) -> Table:
        """Return what is asked more often than chance would have it."""
        found = rising(asked("asked", self._insight.now, self._insight.before))
        rows = [(*self._entry(each.key), each.now, each.before) for each in found]
        return self._table("rising", "question category id count before", rows, 3)

    def unused(self) -> Table:
        """Return the entries that nothing was answered by."""
        wanted = self._insight.asked.category
        used = {key for figure, key in self._insight.now if figure == "asked"}
        rows = [
            self._entry(entry.id) for entry in self._insight.entries.values()
            if entry.id not in used and entry.auto != "agents-only"
            and (wanted is None or f"{entry.category}/".startswith(f"{wanted}/"))
        ]  # fmt: skip
        return self._table("unused", "question category id", rows, 3)

    def _entry(self, faq_id: str) -> tuple[str, str, str]:
        entry = self._insight.entries.get(faq_id)
        if entry is None:
            return self._words.words["gone"], "", faq_id
        return entry.question, entry.category or self._words.words["no_category"], faq_id

    def tags(self) -> Table:
        """Return the tags that the bot gave."""
        found = asked("tags", self._insight.now, self._insight.before)
        rows = [(each.key, each.now, each.before) for each in found]
        return self._table("tags", "tag count before", rows)

    def calibration(self) -> Table:
        """Return what was promised beside what was found."""
        promised, kept = _by(self._insight.now, "promised"), _by(self._insight.now, "kept")
        rows = []
        for step in range(BINS):
            told, right = promised.get(str(step), Sum()), kept.get(str(step), Sum())
            if told.n:
                share = Share(right.n, told.n)
                least, most = share.interval
                rows.append((
                    f"{step / BINS:.1f} – {(step + 1) / BINS:.1f}", told.n,
                    f"{told.amount / told.n / SCALE:.1%}", self._words.share(share),
                    f"{least:.0%} – {most:.0%}",
                ))  # fmt: skip
        return self._table("calibration", "confidence messages promised right interval", rows)


def _most(pair: tuple[str, Outcomes]) -> tuple[int, str]:
    return -pair[1].get("requests", 0), pair[0]


def _by(sums: Sums, figure: str) -> dict[str, Sum]:
    return {key: each for (name, key), each in sums.items() if name == figure}


def _waits(sums: Sums, place: int) -> dict[str, Sum]:
    """Return the waits by the part of their key at ``place``: the hour, or who came."""
    found: dict[str, Sum] = {}
    for key, each in _by(sums, "waiting").items():
        name = key.split("/", 2)[place]
        found[name] = found.get(name, Sum()).plus(each)
    return found


def _ratings(sums: Sums) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for key, each in _by(sums, "ratings").items():
        score, userid = key.split("/", 1)
        found.setdefault(userid, {})[score] = each.n
    return found
