"""The figures once more, from raw rows alone and written down as plainly as can be.

Nothing is shared with the program: whoever changes what a figure counts has to say it here too.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
Key = tuple[Any, ...]
#: When, about which entry, what, which of its kind, and how much.
Event = tuple[datetime, str, str, str, int]


def _rows(connection: Connection, sql: str, number: int) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(sql), {"id": number}).mappings()]


def recount(connection: Connection) -> tuple[Counter[Key], Counter[Key]]:
    """Return counts and amounts by (store, account, topic, day, figure, key)."""
    counts: Counter[Key] = Counter()
    amounts: Counter[Key] = Counter()
    talks = connection.execute(text("SELECT id, open_kfid, scope_rows FROM conversations")).all()
    for number, kf, rows in talks:
        for at, topic, figure, key, amount in _events(connection, number):
            day = at.astimezone(ZONE).date()
            where = (tuple(sorted(rows.items())), kf, topic, day, figure, key)
            counts[where] += 1
            amounts[where] += amount
    return counts, amounts


def _line(connection: Connection, number: int, turns: list[dict[str, Any]]) -> list[Any]:
    messages = _rows(connection, "SELECT * FROM messages WHERE conversation_id = :id", number)
    sent = _rows(
        connection,
        "SELECT * FROM outbox WHERE conversation_id = :id AND by_userid IS NOT NULL"
        " AND state = 'delivered'",
        number,
    )
    known = {turn["id"] for turn in turns}
    line = []
    for message in messages:
        who = message["servicer_userid"]
        if who or message["fate"] == "off" or message["turn_id"] in known:
            line.append((message["sent_at"], (who or "").lower(), message["turn_id"]))
    line += [(part["settled_at"], part["by_userid"].lower(), None) for part in sent]
    heard = {turn for _, _, turn in line}
    line += [(turn["created_at"], "", turn["id"]) for turn in turns if turn["id"] not in heard]
    return sorted(line, key=lambda each: each[:2])


def _sessions(connection: Connection, number: int) -> list[dict[str, Any]]:
    turns = _rows(connection, "SELECT * FROM turns WHERE conversation_id = :id ORDER BY id", number)
    turns = [turn for turn in turns if turn["trace"].get("rule") != "rating"]
    handoffs = _rows(
        connection, "SELECT * FROM handoffs WHERE conversation_id = :id ORDER BY id", number
    )
    sessions: list[dict[str, Any]] = []
    for at, who, turn_id in _line(connection, number, turns):
        open_ = sessions and (at - sessions[-1]["end"] < HOUR or (
            at - sessions[-1]["end"] < 48 * HOUR and any(
                sessions[-1]["start"] - HOUR <= h["created_at"] <= at
                and (h["ended_at"] is None or h["ended_at"] > at) for h in handoffs)))  # fmt: skip
        if who and not sessions:
            continue
        if not who and not open_:
            sessions.append({"start": at, "staff": [], "turns": [], "handoffs": [], "alone": 0})
        session = sessions[-1]
        session["end"] = at
        if who:
            session["staff"].append((at, who))
        elif turn_id is None:
            session["alone"] += 1
        else:
            session["turns"].append(turn_id)
    by_id = {turn["id"]: turn for turn in turns}
    for session in sessions:
        session["turns"] = [by_id[each] for each in sorted(set(session["turns"]))]
    _place_handoffs(sessions, handoffs)
    return sessions


def _place_handoffs(sessions: list[dict[str, Any]], handoffs: list[dict[str, Any]]) -> None:
    for handoff in handoffs:
        mine = [s for s in sessions if handoff["turn_id"] in {t["id"] for t in s["turns"]}]
        mine = mine or [s for s in sessions if s["start"] <= handoff["created_at"]]
        if mine:
            mine[-1]["handoffs"].append(handoff)


def _answered(turn: dict[str, Any]) -> list[str]:
    if turn["action"] != "answer":
        return []
    named = [turn["decision"]["faq_id"]]
    named += [part["faq_id"] for part in turn["decision"].get("parts", [])]
    return list(dict.fromkeys(each for each in named if each))


def _about(session: dict[str, Any], labels: list[dict[str, Any]]) -> set[str]:
    about = {entry for turn in session["turns"] for entry in _answered(turn)}
    for turn in session["turns"]:
        reason = turn["decision"].get("handoff", {}).get("reason")
        if turn["action"] == "clarify" or reason in ("low-confidence", "dissatisfied"):
            about |= {each["faq_id"] for each in turn["decision"]["candidates"][:1]}
    ids = {turn["id"] for turn in session["turns"]}
    return about | {e for label in labels if label["turn_id"] in ids for e in label["refused"]}


def _of(connection: Connection, table: str, number: int) -> list[dict[str, Any]]:
    """Return the rows of a table that belong to turns of a conversation."""
    sql = (
        f"SELECT x.* FROM {table} x JOIN turns t ON t.id = x.turn_id WHERE t.conversation_id = :id"
    )
    return _rows(connection, sql, number)


def _events(connection: Connection, number: int) -> list[Event]:
    sessions = _sessions(connection, number)
    labels = _of(connection, "turn_labels", number)
    verdicts = {
        row["turn_id"]: row["verdict"] for row in _of(connection, "turn_judgements", number)
    }
    tags = _of(connection, "tag_evidence", number)
    everybody = [handoff for session in sessions for handoff in session["handoffs"]]
    found: list[Event] = _refused(sessions, labels)
    for place, session in enumerate(sessions):
        topic = _topic(session)
        found.append((session["start"], topic, "conversations", "", 0))
        found += _outcome(session, sessions[place + 1 :], labels)
        for agent in {who for _, who in session["staff"]}:
            words = [at for at, who in session["staff"] if who == agent]
            seconds = int((max(words) - min(words)).total_seconds())
            found.append((session["start"], topic, "handling", agent, seconds))
        for turn in session["turns"]:
            found += _of_turn(turn, verdicts.get(turn["id"]))
            own = [tag for tag in tags if tag["turn_id"] == turn["id"]]
            first = (_answered(turn) or [""])[0]
            found += [
                (turn["created_at"], first, "tags", f"{tag['tag_group']}:{tag['name']}", 0)
                for tag in own
            ]
            found += _of_labels([each for each in labels if each["turn_id"] == turn["id"]],
                                turn["created_at"], topic)  # fmt: skip
        for handoff in session["handoffs"]:
            found += _waiting(handoff, session, everybody)
    for rating in _rows(connection, "SELECT * FROM ratings WHERE conversation_id = :id", number):
        before = [s for s in sessions if s["start"] <= rating["asked_at"]]
        key = f"{rating['score'] or 'silent'}/{rating['userid'].lower()}"
        found.append((rating["asked_at"], _topic(before[-1]) if before else "", "ratings", key, 0))
    return found


def _topic(session: dict[str, Any]) -> str:
    return next((entry for turn in session["turns"] for entry in _answered(turn)), "")


def _outcome(
    session: dict[str, Any], later: list[dict[str, Any]], labels: list[dict[str, Any]]
) -> list[Event]:
    start, topic = session["start"], _topic(session)
    people = session["handoffs"] or session["staff"]
    asked = any(turn["action"] != "smalltalk" for turn in session["turns"])
    if not (people or session["alone"] or asked):
        return []
    ids = {turn["id"] for turn in session["turns"]}
    entries = {entry for turn in session["turns"] for entry in _answered(turn)}
    helped = any(
        turn["mode"] == "full" and turn["action"] in ("answer", "reply", "flow")
        for turn in session["turns"]
    )
    if people:
        why = session["handoffs"][0]["reason"] if session["handoffs"] else "staff"
        result = ("handed_over", why)
    elif any(each["source"] == "dissatisfied" and each["turn_id"] in ids for each in labels):
        result = ("unsolved", "dissatisfied")
    elif any(each["start"] - session["end"] < 24 * HOUR and entries & _about(each, labels)
             for each in later):  # fmt: skip
        result = ("unsolved", "returned")
    else:
        result = ("solved", "") if helped else ("unsolved", "unanswered")
    return [(start, topic, "requests", "", 0), (start, topic, *result, 0)]


def _waiting(
    handoff: dict[str, Any], session: dict[str, Any], everybody: list[dict[str, Any]]
) -> list[Event]:
    at, topic = handoff["created_at"], _topic(session)
    begun = at.replace(microsecond=0)
    others = [each["created_at"] for each in everybody if each["created_at"] > at]
    came = [
        (said, who) for said, who in session["staff"]
        if said >= begun and (not others or said < min(others))
    ]  # fmt: skip
    if not came:
        return [(at, topic, "unserved", "", 0)] if handoff["ended_at"] else []
    wait = int((came[0][0] - begun).total_seconds())
    steps = (15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14400, 43200)
    step = sum(wait >= each for each in steps)
    key = f"{at.astimezone(ZONE).hour:02d}/{step:02d}/{came[0][1]}"
    return [(at, topic, "waiting", key, wait)]


def _refused(sessions: list[dict[str, Any]], labels: list[dict[str, Any]]) -> list[Event]:
    """Count each answer that a complaint came next to, where the answer was given."""
    said = [turn for session in sessions for turn in session["turns"]]
    refused: dict[int, dict[str, Any]] = {}
    for label in labels:
        if label["source"] == "dissatisfied" and label["turn_id"] in {turn["id"] for turn in said}:
            answers = [turn for turn in said if turn["action"] == "answer"
                       and turn["mode"] == "full" and turn["id"] < label["turn_id"]]  # fmt: skip
            last = sorted(answers, key=lambda turn: turn["id"])[-1:]
            refused |= {turn["id"]: turn for turn in last}
    return [(turn["created_at"], (_answered(turn) or [""])[0], "refused", "", 0)
            for turn in refused.values()]  # fmt: skip


def _of_labels(labels: list[dict[str, Any]], at: datetime, topic: str) -> list[Event]:
    found: list[Event] = []
    for label in labels:
        if label["source"] in ("click", "typed", "rephrased"):
            right = label["faq_id"] == label["ranked_first"]
            found += _promise(at, topic, label["confidence"], right)
    return found


def _of_turn(turn: dict[str, Any], verdict: str | None) -> list[Event]:
    at, answered = turn["created_at"], _answered(turn)
    topic = answered[0] if answered else ""
    found = [(at, topic, "turns", "", 0)]
    found += [(at, entry, "asked", entry, 0) for entry in answered]
    if turn["decision"].get("handoff", {}).get("reason") == "low-confidence":
        found.append((at, topic, "missed", "", 0))
    if turn["action"] == "answer" and turn["mode"] == "full":
        found.append((at, topic, "answers", "", 0))
        if verdict in {"wrong", "other"}:
            found.append((at, topic, "faulted", "", 0))
    if turn["action"] == "answer" and verdict:
        found.append((at, topic, "judged", verdict, 0))
        found += _promise(at, topic, turn["decision"]["confidence"], verdict == "right")
    return found


def _promise(at: datetime, topic: str, confidence: float, right: bool) -> list[Event]:
    units = round(confidence * 10000)
    step = str(min(units // 1000, 9))
    kept = [(at, topic, "kept", step, 0)] if right else []
    return [(at, topic, "promised", step, units), *kept]
