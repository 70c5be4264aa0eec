"""What must be true after any storm. Pure: evidence in, broken promises out, in words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from tests.chaos.evidence import Evidence
from tests.pipeline.stage import Json

#: Refusals that a bot which knows the session and the budget never meets: 95001 five messages
#: were sent, 95002 48 hours, 95013 ended, 95016 no such change of state, 95018 not the bot's
#: (WeCom developer documentation, 微信客服/发送消息 and 会话状态).
_FORBIDDEN = frozenset({95001, 95002, 95013, 95016, 95018})
_FATES = frozenset({"delivered", "refused", "superseded", "held", "expired", "unknown"})
_TO_CUSTOMER = frozenset({"kf_message", "kf_event_message"})
_NEW, _BOT = 0, 1
#: Claims that a conversation may need beside one for each turn and attempt: wake-ups of
#: restarted servers, and messages that arrive while a part waits to be tried again.
_SPARE_CLAIMS = 30
_DOUBTS, _DOUBTFUL_SHARE = 2, 0.05

Check = Callable[[Evidence], Iterator[str]]


def findings(evidence: Evidence) -> list[str]:
    """Return every broken promise; none is expected."""
    return [f"{check.__name__}: {found}" for check in CHECKS for found in check(evidence)]


def each_message_arrived_once(evidence: Evidence) -> Iterator[str]:
    stored = Counter(message["msgid"] for message in evidence.messages)
    for _, msgid in evidence.said:
        if stored[msgid] != 1:
            yield f"message {msgid} is stored {stored[msgid]} times"
    for msgid in set(stored) - {msgid for _, msgid in evidence.said}:
        yield f"message {msgid} was never written"


def each_message_has_its_turn(evidence: Evidence) -> Iterator[str]:
    """After a handover a message may go to the person instead."""
    handed = {handoff["turn_id"] for handoff in evidence.handoffs}
    with_person: set[str] = set(evidence.staff)
    for message in evidence.messages:
        if message["turn_id"] in handed:
            with_person.add(message["customer"])
        in_turn = message["fate"] == "turn" and message["turn_id"] is not None
        if not in_turn and not (message["fate"] == "person" and message["customer"] in with_person):
            yield f"message {message['msgid']} of {message['customer']} is {message['fate']}"


def each_turn_has_messages(evidence: Evidence) -> Iterator[str]:
    used = {message["turn_id"] for message in evidence.messages}
    for turn in evidence.turns:
        if turn["id"] not in used:
            yield f"turn {turn['id']} was taken for nothing"


def turns_follow_the_messages(evidence: Evidence) -> Iterator[str]:
    """Messages are stored in the order they were written; turns follow in that order."""
    written = _by_customer(
        {"customer": customer, "msgid": msgid} for customer, msgid in evidence.said
    )
    for customer, messages in _by_customer(evidence.messages).items():
        if [m["msgid"] for m in messages] != [m["msgid"] for m in written.get(customer, [])]:
            yield f"messages of {customer} are not in order"
        turn_ids = [m["turn_id"] for m in messages if m["turn_id"] is not None]
        if turn_ids != sorted(turn_ids):
            yield f"turns of {customer} are not in order"


def each_part_has_a_fate(evidence: Evidence) -> Iterator[str]:
    for part in evidence.parts:
        if part["state"] not in _FATES and "only_in_pool" not in part["payload"]:
            yield f"part {part['id']} is {part['state']}"


def nothing_is_delivered_twice(evidence: Evidence) -> Iterator[str]:
    for msgid, count in Counter(entry["msgid"] for entry in evidence.delivered).items():
        if count > 1:
            yield f"{msgid} was delivered {count} times"


def both_sides_agree(evidence: Evidence) -> Iterator[str]:
    """What is delivered here was delivered there; only ``unknown`` may be either, with reason."""
    arrived = {entry["msgid"] for entry in evidence.delivered}
    known = {part["msgid"] for part in evidence.parts}
    for msgid in arrived - known:
        yield f"{msgid} was delivered and is in no outbox"
    for part in evidence.parts:
        if part["kind"] not in _TO_CUSTOMER:
            continue
        if part["state"] == "unknown":
            if part["error_code"] is None and not part["error_text"]:
                yield f"part {part['id']} is unknown without a reason"
        elif (part["state"] == "delivered") != (part["msgid"] in arrived):
            there = "was" if part["msgid"] in arrived else "was not"
            yield f"part {part['id']} ({part['kind']}) is {part['state']} but {there} delivered"


def doubt_is_rare(evidence: Evidence) -> Iterator[str]:
    """A message stays in doubt only where the answer was lost and the repeat came too late."""
    sent = [part for part in evidence.parts if part["kind"] == "kf_message"]
    doubtful = [part["id"] for part in sent if part["state"] == "unknown"]
    if len(doubtful) > _DOUBTS + len(sent) * _DOUBTFUL_SHARE:
        yield f"{len(doubtful)} of {len(sent)} messages are unknown: {doubtful}"


def deliveries_follow_the_outbox(evidence: Evidence) -> Iterator[str]:
    number = {part["msgid"]: part["id"] for part in evidence.parts}
    sent = [entry for entry in evidence.delivered if entry["via"] == "send_msg"]
    for customer, entries in _by_customer(sent).items():
        ids = [number.get(entry["msgid"], 0) for entry in entries]
        if any(later <= earlier for earlier, later in pairwise(ids)):
            yield f"parts reached {customer} in the order {ids}"


def no_answer_is_missing(evidence: Evidence) -> Iterator[str]:
    """Each turn says what it decided, or, where that did not fit, that a person takes over.

    A turn after the end that staff gave to a session may have no way to say anything. One that was
    decided while a person took over is their draft.
    """
    parts = defaultdict(list)
    for part in evidence.parts:
        if part["kind"] == "kf_message":
            parts[part["turn_id"]].append(part)
    handoffs = {handoff["turn_id"]: handoff for handoff in evidence.handoffs}
    handed_over = {handoff["customer"] for handoff in evidence.handoffs}
    for turn in evidence.turns:
        mine = parts[turn["id"]]
        if turn["mode"] == "assist" and turn["customer"] in handed_over and not mine:
            continue
        if turn["customer"] not in evidence.staff:
            for part in mine:
                if part["state"] not in {"delivered", "unknown"}:
                    yield f"part {part['id']} of turn {turn['id']} is {part['state']}"
        if mine or turn["customer"] not in evidence.staff:
            yield from _said_all(turn, mine, handoffs.get(turn["id"]))


def _said_all(turn: Json, parts: list[Json], handoff: Json | None) -> Iterator[str]:
    decided = _letters("".join(map(_reply_words, turn["decision"]["reply"])))
    planned = _letters("".join(_payload_words(part["payload"]) for part in parts))
    if not planned:
        yield f"turn {turn['id']} says nothing"
    elif handoff is None and planned != decided:
        yield f"turn {turn['id']} says less than was decided"
    elif handoff is not None and handoff["reason"] != "budget" and decided not in planned:
        yield f"turn {turn['id']} hands over without what was decided"


def each_handoff_is_carried_out_once(evidence: Evidence) -> Iterator[str]:
    """One transition, which moved the session."""
    parts = Counter(p["handoff_id"] for p in evidence.parts if p["kind"] == "transition")
    for handoff in evidence.handoffs:
        if handoff["customer"] in evidence.staff:
            continue
        if (count := parts[handoff["id"]]) != 1:
            yield f"handoff {handoff['id']} has {count} transitions"
        if handoff["state"] not in {"served", "pooled", "ended"}:
            yield f"handoff {handoff['id']} is {handoff['state']}"


def each_handoff_is_told_once(evidence: Evidence) -> Iterator[str]:
    """One card to each receiver, here and at the platform, and at least one."""
    queued = Counter((card["handoff_id"], card["userid"]) for card in evidence.queued_cards)
    for (handoff_id, userid), count in queued.items():
        if count != 1:
            yield f"handoff {handoff_id} has {count} cards for {userid}"
    told = {handoff_id for handoff_id, _ in queued}
    for handoff in evidence.handoffs:
        if handoff["id"] not in told and handoff["customer"] not in evidence.staff:
            yield f"nobody is told of handoff {handoff['id']}"
    wanted = Counter(handoff["customer"] for handoff in evidence.handoffs)
    for row in evidence.conversations:
        customer = row["customer"]
        if customer in evidence.staff:
            continue
        cards = sum(row["public_id"] in str(card["content"]) for card in evidence.cards)
        sent = sum(card["customer"] == customer for card in evidence.queued_cards)
        moves = sum(_moved(call, customer) for call in evidence.calls)
        if (cards, moves) != (sent, wanted[customer]):
            yield f"{customer}: {wanted[customer]} handoffs, {cards} of {sent} cards, {moves} moves"


def _moved(call: Json, customer: str) -> bool:
    return bool(
        call["api"] == "kf/service_state/trans"
        and call["errcode"] == 0
        and call["body"]["external_userid"] == customer
    )


def the_bot_never_talked_over_a_person(evidence: Evidence) -> Iterator[str]:
    """Nor beyond its budget: nothing had to be refused, except where staff acted unforeseen.

    The repeat of a message that had arrived, whose answer was lost, may meet a refusal.
    """
    arrived = {entry["msgid"]: entry["n"] for entry in evidence.delivered}
    by_msgid = {part["msgid"]: part["customer"] for part in evidence.parts}
    for call in evidence.calls:
        body = call["body"]
        customer = by_msgid.get(body.get("msgid")) or body.get("external_userid")
        is_repeat = arrived.get(body.get("msgid"), call["n"]) < call["n"]
        if call["errcode"] in _FORBIDDEN and not is_repeat and customer not in evidence.staff:
            yield f"{call['api']} for {customer} was refused with {call['errcode']}"


def sessions_agree(evidence: Evidence) -> Iterator[str]:
    """The bot knows who owns each session; 0 becomes 1 with its first reply, which may be late."""
    there = {row["customer"]: int(row["state"]) for row in evidence.sessions}
    for row in evidence.conversations:
        ours, theirs = row["service_state"], there.get(row["customer"], 4)
        if ours != theirs and {ours, theirs} != {_NEW, _BOT}:
            yield f"{row['customer']} is in state {theirs}, here {ours}"


def nobody_worked_in_vain(evidence: Evidence) -> Iterator[str]:
    """A conversation that is claimed again and again without need burns the machine."""
    needed: Counter[str] = Counter()
    for part in evidence.parts:
        needed[part["customer"]] += part["attempts"]
    for message in evidence.messages:
        needed[message["customer"]] += 2
    for row in evidence.conversations:
        if row["fence"] > 2 * needed[row["customer"]] + _SPARE_CLAIMS:
            yield f"{row['customer']} was claimed {row['fence']} times"


def _by_customer(items: Iterable[Json]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = defaultdict(list)
    for item in items:
        found[item["customer"]].append(item)
    return found


def _reply_words(reply: Json) -> str:
    return str(reply["text"] if reply["type"] == "text" else reply["head"])


def _payload_words(payload: Json) -> str:
    if payload["msgtype"] == "msgmenu":
        return str(payload["msgmenu"]["head_content"])
    return str(payload["text"]["content"])


def _letters(words: str) -> str:
    """Return the words without space, which may change where a long text is cut."""
    return "".join(words.split())


CHECKS: tuple[Check, ...] = (
    each_message_arrived_once,
    each_message_has_its_turn,
    each_turn_has_messages,
    turns_follow_the_messages,
    each_part_has_a_fate,
    nothing_is_delivered_twice,
    both_sides_agree,
    doubt_is_rare,
    deliveries_follow_the_outbox,
    no_answer_is_missing,
    each_handoff_is_carried_out_once,
    each_handoff_is_told_once,
    the_bot_never_talked_over_a_person,
    sessions_agree,
    nobody_worked_in_vain,
)
