"""Figures in words: the same on the page, in its files and in the digest."""

from __future__ import annotations

from collections.abc import Mapping

from chatbot.console.sample.wording import interval
from chatbot.curation.sample.estimate import Estimate
from chatbot.insight.definitions import Value, step_bounds
from chatbot.insight.shares import Share
from chatbot.texts import Texts

_MINUTE, _HOUR = 60, 3600


class InsightWords:
    """The captions in force, and figures written by them."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self.words: Mapping[str, str] = texts.insight_words

    def title(self, name: str) -> str:
        """Return what a figure is called."""
        return self.words[f"figure_{name}"]

    def value(self, value: Value) -> str:
        """Return a figure as people read it."""
        if value.definition.unit == "count":
            return str(value.sum.n)
        if value.definition.unit == "share":
            return self.share(value.share)
        if value.median is not None:
            return self.step(value.median)
        return self.seconds(value.mean)

    def share(self, share: Share) -> str:
        """Return a share in percent."""
        return self.words["nothing"] if share.value is None else f"{share.value:.1%}"

    def sampled(self, found: Estimate) -> str:
        """Return what sampled answers say, with the interval."""
        return interval(found, self._texts.sample_words)

    def basis(self, value: Value) -> str:
        """Return what a figure rests on, with its interval where it is a share."""
        if value.definition.unit == "count" or not value.total:
            return ""
        if value.definition.unit == "seconds":
            mean = self.seconds(value.mean)
            return self.words["basis_seconds"].format(total=value.total, mean=mean)
        least, most = value.share.interval
        key = "basis_few" if value.is_few else "basis_share"
        return self.words[key].format(
            n=value.sum.n, total=value.total, least=f"{least:.0%}", most=f"{most:.0%}"
        )

    def change(self, now: Value, before: Value) -> str:
        """Return how a figure differs from before, "" where that cannot be said."""
        if now.is_few or before.is_few or now.number is None or before.number is None:
            return ""
        difference = now.number - before.number
        sign = "＋" if difference > 0 else "－" if difference < 0 else "±"
        if now.definition.unit == "share":
            size = self.words["points"].format(points=f"{abs(difference) * 100:.1f}")
        elif now.definition.unit == "seconds":
            size = self.seconds(abs(difference))
        else:
            size = f"{abs(difference):.0f}"
        return f"{sign}{size}"

    def mood(self, now: Value, before: Value) -> str:
        """Return whether a change is "good" or "bad", "" where it is neither."""
        better = now.definition.better
        if not self.change(now, before) or better is None or now.number == before.number:
            return ""
        rises = (now.number or 0) > (before.number or 0)
        return "good" if rises == (better == "up") else "bad"

    def seconds(self, seconds: float | None) -> str:
        """Return a length of time."""
        if seconds is None:
            return self.words["nothing"]
        if seconds < _MINUTE:
            return self.words["seconds"].format(n=round(seconds))
        if seconds < _HOUR:
            return self.words["minutes"].format(n=f"{round(seconds / _MINUTE, 1):g}")
        return self.words["hours"].format(n=f"{round(seconds / _HOUR, 1):g}")

    def step(self, step: int | None) -> str:
        """Return a step of waiting."""
        if step is None:
            return self.words["nothing"]
        least, most = step_bounds(step)
        if most is None:
            return self.words["longer"].format(least=self.seconds(least))
        if not least:
            return self.words["shorter"].format(most=self.seconds(most))
        return self.words["between"].format(least=self.seconds(least), most=self.seconds(most))

    def why(self, key: str) -> str:
        """Return why people were called, or why something was not solved."""
        return self.words.get(f"why_{key}") or self._texts.handoff_reason(key)
