"""The state machine of a form: one message of the customer, one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chatbot.forms import words
from chatbot.forms.filling import Filling, Objection, fill
from chatbot.forms.form import Flow, Slot, Value, WebhookAction, WebhookCall
from chatbot.forms.naming import named_slots
from chatbot.forms.reading import Reading, read_values
from chatbot.forms.showing import (
    all_in_words,
    confirmation,
    day_in_words,
    filled_in,
    question,
)
from chatbot.forms.step import FormLine, FormState, FormStep
from chatbot.forms.words import FormWords
from chatbot.texts import Texts
from chatbot.understanding.normalise import Normaliser, NormalText

#: After so many answers in a row that were of no use a person goes on.
MISSES_BEFORE_PERSON = 3


class Forms:
    """Fills forms by a brand's texts. Immutable; many threads may share it."""

    def __init__(self, texts: Texts, normaliser: Normaliser) -> None:
        self._texts = texts
        self._normaliser = normaliser
        self._words = FormWords(texts, normaliser)

    def advance(
        self,
        flow: Flow,
        state: FormState | None,
        message: NormalText,
        said: str,
        today: date,
    ) -> FormStep:
        """Take the next step of ``flow``; ``state`` None begins it.

        ``said`` is the message as it was written, ``today`` the day in the brand's time zone. A
        state of an earlier edition of the flow keeps what still fits.
        """
        begun = state is not None
        state = _fitting(flow, state) if state else FormState(flow.name)
        turn = _Turn(self._texts, self._words, flow, state, message, said, today)
        reading = read_values(flow, turn.asked, message.text, today, self._normaliser)
        if not begun:
            return turn.begin(reading)
        return turn.confirming(reading) if state.confirming else turn.answering(reading)


def _fitting(flow: Flow, state: FormState) -> FormState:
    """Drop what an edited flow has no slot or no choice for any more."""
    kept = {
        name: value
        for name, value in state.values.items()
        if (slot := flow.slot(name)) and _is_possible(slot, value)
    }
    asked = state.asked if state.asked and flow.slot(state.asked) else None
    # A confirmation stands only for all of the values that were confirmed.
    confirming = state.confirming and len(kept) == len(state.values)
    return replace(state, values=kept, asked=asked, confirming=confirming)


def _is_possible(slot: Slot, value: Value) -> bool:
    if slot.type == "number":
        return not isinstance(value, str)
    if slot.type == "choice":
        return any(choice.name == value for choice in slot.choices)
    return isinstance(value, str)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One message within one form."""

    texts: Texts
    words: FormWords
    flow: Flow
    state: FormState
    message: NormalText
    said: str
    today: date

    @property
    def asked(self) -> Slot | None:
        return self.flow.slot(self.state.asked) if self.state.asked else None

    # The three situations

    def begin(self, reading: Reading) -> FormStep:
        filling = fill(self.flow, {}, reading, self.today)
        return self._after(filling, self.state)

    def answering(self, reading: Reading) -> FormStep:
        """Take an answer to the slot that was asked for."""
        text, asked = self.message.text, self.asked
        if self.words.cancels(text):
            return self._cancelled()
        if asked is None:
            return self._after(Filling({}), self.state)
        if asked.optional and self.words.skips(text):
            return self._next(replace(self.state, skipped=(*self.state.skipped, asked.name)))
        if asked.type == "text":
            return self._free_text(asked, reading)
        return self._by_values(asked, reading)

    def _by_values(self, asked: Slot, reading: Reading) -> FormStep:
        text = self.message.text
        named = named_slots(self.flow, text, self.texts)
        corrects = words.corrects(text)
        first = [*named, asked] if corrects else [asked, *named]
        filling = self._fill(reading, first, may_replace=corrects)
        if not self._is_news(filling):
            return self._not_mine(self._miss_asked(asked))
        step = self._after(filling, self.state)
        aside = words.asks(text) and words.says_more(reading.rest)
        return self._not_mine(step) if aside else step

    def confirming(self, reading: Reading) -> FormStep:
        """Take an answer to the confirmation, or to what is to be changed."""
        text = self.message.text
        if self.words.cancels(text):
            return self._cancelled()
        if self.words.agrees(text):
            return self._done(self.state)
        named = named_slots(self.flow, text, self.texts)
        filling = self._fill(reading, named, may_replace=True)
        if self._is_news(filling):
            step = self._after(filling, self.state)
            aside = words.asks(text) and words.says_more(reading.rest) and not words.corrects(text)
            return self._not_mine(step) if aside else step
        if filling.values and self.words.begins_with_yes(text):
            return self._done(self.state)
        return self._wants_change(named)

    def _wants_change(self, named: Sequence[Slot]) -> FormStep:
        text, state = self.message.text, self.state
        if named and not words.asks(text):
            return self._ask(named[0], replace(state, confirming=False, misses=0))
        if self.words.refuses(text):
            line = FormLine(self.texts.form_what_to_change)
            return FormStep("ask", replace(state, misses=0), self._slots(state), (line,))
        return self._not_mine(self._miss_confirm())

    def _free_text(self, asked: Slot, reading: Reading) -> FormStep:
        """Take the message as it is; but one that asks may be a question for the desk."""
        if words.corrects(self.message.text):
            named = named_slots(self.flow, self.message.text, self.texts)
            others = self._fill(reading, named, may_replace=True)
            if self._is_news(others):
                return self._after(others, self.state)
        filling = self._text_filling(asked)
        step = self._after(filling, self.state)
        return self._not_mine(step) if words.asks(self.message.text) else step

    def _text_filling(self, asked: Slot) -> Filling:
        written = self.said.strip()
        if not written:
            return Filling({}, Objection(asked, "invalid_text", ""))
        shortest, longest = asked.minimum, asked.maximum
        if shortest is not None and len(written) < shortest:
            return Filling({}, Objection(asked, "too_short", f"{shortest:g}"))
        if longest is not None and len(written) > longest:
            return Filling({}, Objection(asked, "too_long", f"{longest:g}"))
        return Filling({asked.name: written})

    def _fill(self, reading: Reading, first: Sequence[Slot], *, may_replace: bool) -> Filling:
        known = self.state.values
        return fill(self.flow, known, reading, self.today, first=first, may_replace=may_replace)

    # What follows

    def _is_news(self, filling: Filling) -> bool:
        if filling.objection:
            return True
        known = self.state.values
        asked = self.state.asked if not self.state.confirming else None
        return any(known.get(name) != v or name == asked for name, v in filling.values.items())

    def _after(self, filling: Filling, state: FormState) -> FormStep:
        """Keep the new values; ask again for one that was refused, else go on."""
        values = {**state.values, **filling.values}
        objection = filling.objection
        if objection is not None:
            values.pop(objection.slot.name, None)
            misses = 1 if filling.values else state.misses + 1
            state = replace(state, values=values, confirming=False, misses=misses)
            return self._again(objection, state)
        return self._next(replace(state, values=values, misses=0))

    def _again(self, objection: Objection, state: FormState) -> FormStep:
        if state.misses >= MISSES_BEFORE_PERSON:
            return self._give_up(state)
        limit = objection.limit
        if objection.slot.type == "date" and limit:
            limit = day_in_words(limit, self.today, self.texts)
        template: str = getattr(self.texts, f"form_{objection.kind}")
        return self._ask(objection.slot, state, template.format(limit=limit))

    def _next(self, state: FormState) -> FormStep:
        """Ask for the next open slot; with none left have it confirmed, or do it."""
        for slot in self.flow.slots:
            is_open = slot.name not in state.values and slot.default is None
            if is_open and slot.name not in state.skipped:
                return self._ask(slot, replace(state, confirming=False))
        if not self.flow.confirm:
            return self._done(state)
        state = replace(state, asked=None, confirming=True)
        return FormStep("confirm", state, self._slots(state), (self._confirmation(state),))

    def _ask(self, slot: Slot, state: FormState, before: str = "") -> FormStep:
        state = replace(state, asked=slot.name)
        line = question(slot, self.texts, before)
        return FormStep("ask", state, self._slots(state), (line,))

    def _done(self, state: FormState) -> FormStep:
        slots = self._slots(state)
        read = all_in_words(self.flow, slots, self.today, self.texts)
        action = self.flow.action
        if isinstance(action, WebhookAction):
            call = WebhookCall(self.flow.name, action, self.flow.done, slots, read)
            return FormStep("done", None, slots, webhook=call)
        lines = (FormLine(filled_in(self.flow.done, read)),) if self.flow.done else ()
        return FormStep("done", None, slots, lines)

    def _cancelled(self) -> FormStep:
        line = FormLine(self.texts.form_cancelled)
        return FormStep("cancelled", None, self._slots(self.state), (line,))

    def _give_up(self, state: FormState) -> FormStep:
        return FormStep("give-up", None, self._slots(state))

    def _miss_asked(self, asked: Slot) -> FormStep:
        state = replace(self.state, misses=self.state.misses + 1)
        return self._again(Objection(asked, f"invalid_{asked.type}", ""), state)

    def _miss_confirm(self) -> FormStep:
        state = replace(self.state, misses=self.state.misses + 1)
        if state.misses >= MISSES_BEFORE_PERSON:
            return self._give_up(state)
        line = self._confirmation(state, self.texts.form_confirm_again + "\n")
        return FormStep("confirm", state, self._slots(state), (line,))

    def _not_mine(self, otherwise: FormStep) -> FormStep:
        """Leave the message to others; afterwards the open question comes again."""
        asked, state = self.asked, self.state
        if state.confirming or asked is None:
            line = self._confirmation(state)
        else:
            line = question(asked, self.texts)
        text = self.texts.form_resume.format(ask=line.text)
        return FormStep(
            "not-mine", state, self._slots(state), (replace(line, text=text),), otherwise=otherwise
        )

    def _confirmation(self, state: FormState, before: str = "") -> FormLine:
        return confirmation(self.flow, self._slots(state), self.today, self.texts, before)

    def _slots(self, state: FormState) -> Mapping[str, Value]:
        """Return the values in the form's order, defaults included."""
        values = {slot.name: state.values.get(slot.name, slot.default) for slot in self.flow.slots}
        return {name: value for name, value in values.items() if value is not None}
