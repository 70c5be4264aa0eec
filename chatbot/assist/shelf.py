"""What is within an agent's reach for one customer, listed, ranked and worded. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chatbot.assist.replies import (
    Folder,
    Reply,
    ReplyKind,
    entry_id,
    entry_reply,
    faq_id_in,
    folders,
    own_id,
    own_id_in,
    own_reply,
    shared_numbers,
)
from chatbot.assist.search import By, Hits
from chatbot.assist.talk import Talk
from chatbot.assist.wording import reader, word_entry, word_text
from chatbot.dialogue.snapshot import Snapshot
from chatbot.dialogue.understood import Understood
from chatbot.store.quick_replies import OwnReply, Uses

_NEVER = Uses(0, 0)
#: Of what is found equally well the brand's own words come first.
_KINDS: tuple[ReplyKind, ...] = ("shared", "own", "entry")


@dataclass(frozen=True, slots=True)
class Found:
    """A reply that a search found, by what, and how well, 0 to 1; "use" for an empty query."""

    reply: Reply
    by: By | Literal["use"]
    score: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {**self.reply.to_json(), "by": self.by, "score": round(self.score, 4)}


@dataclass(frozen=True, slots=True)
class _Place:
    """An entry by its number, or an own quick reply by its place."""

    kind: ReplyKind
    at: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """The live knowledge, the talk a reply is for, the agent's own quick replies, and all uses."""

    snapshot: Snapshot
    talk: Talk
    own: Sequence[OwnReply]
    uses: Mapping[str, Uses]

    def folders(self) -> tuple[Folder, ...]:
        """Return all quick replies in their folders, the brand's first."""
        return folders(self.snapshot, self._reader(), self.own)

    def ranked(self, hits: Hits, limit: int) -> tuple[Found, ...]:
        """Return what was found, best first; equal hits by kind, by use, then as listed."""
        found = [(self._entry(at), hit) for at, hit in hits.entries.items()]
        found += [(_Place("own", at), hit) for at, hit in hits.own.items()]
        found.sort(key=lambda each: (-round(each[1].score, 6), self._order(each[0])))
        to = self._reader()
        return tuple(
            Found(self._worded(to, place), hit.by, hit.score) for place, hit in found[:limit]
        )

    def most_used(self, limit: int) -> tuple[Found, ...]:
        """Return what this agent, then everybody, uses most; then the other quick replies."""
        places = sorted(set(self._used_or_quick()), key=self._use_order)
        to = self._reader()
        return tuple(Found(self._worded(to, place), "use") for place in places[:limit])

    def often_used(self, limit: int) -> Folder:
        """Return what this agent himself uses most, as a folder of its own; perhaps empty."""
        used = {place for place in self._used_or_quick() if self._uses(place).own}
        to = self._reader()
        often = sorted(used, key=self._use_order)[:limit]
        name = self.snapshot.texts.assist_words["often"]
        return Folder(name, True, tuple(self._worded(to, place) for place in often))

    def reply(self, item: str, chosen: Mapping[str, str]) -> Reply | None:
        """Return the reply with the id ``item``, with the rows that were chosen; None: no such."""
        snapshot, to = self.snapshot, self._reader()
        number = snapshot.by_id.get(faq_id_in(item) or "")
        if number is not None:
            wording = word_entry(snapshot, to, number, chosen=chosen)
            return entry_reply(snapshot, to, number, wording)
        own = next((each for each in self.own if each.id == own_id_in(item)), None)
        if own is None:
            return None
        return own_reply(snapshot, to, own, word_text(snapshot, to, own.text, chosen))

    def _reader(self) -> Understood:
        """Return the customer with what was said last: it may name the store that is meant."""
        talk = self.talk
        said = talk.unheard or (talk.turns[-1].text if talk.turns else "")
        return reader(self.snapshot, said, talk.context, talk.situation)

    def _used_or_quick(self) -> Iterator[_Place]:
        yield from (self._entry(number) for number in shared_numbers(self.snapshot))
        yield from (_Place("own", at) for at in range(len(self.own)))
        numbers = (self.snapshot.by_id.get(faq_id_in(item) or "") for item in self.uses)
        yield from (self._entry(number) for number in numbers if number is not None)

    def _entry(self, number: int) -> _Place:
        alone = self.snapshot.entries[number].auto == "agents-only"
        return _Place("shared" if alone else "entry", number)

    def _worded(self, to: Understood, place: _Place) -> Reply:
        if place.kind == "own":
            return own_reply(self.snapshot, to, self.own[place.at])
        return entry_reply(self.snapshot, to, place.at)

    def _uses(self, place: _Place) -> Uses:
        if place.kind == "own":
            return self.uses.get(own_id(self.own[place.at].id), _NEVER)
        return self.uses.get(entry_id(self.snapshot.entries[place.at].id), _NEVER)

    def _order(self, place: _Place) -> tuple[int, int, int, int]:
        uses = self._uses(place)
        return _KINDS.index(place.kind), -uses.own, -uses.all, place.at

    def _use_order(self, place: _Place) -> tuple[int, int, int, int]:
        kind, own, all_, at = self._order(place)
        return own, all_, kind, at
