"""What customers are answered from, compared with the files on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from chatbot.doctor.database_reads import Published
from chatbot.doctor.local_checks import ENCODER, KNOWLEDGE_DIR
from chatbot.doctor.report import Finding, Place, Verdict
from chatbot.doctor.words import finding, say
from chatbot.errors import ContentError
from chatbot.knowledge.content import Content
from chatbot.settings import Settings
from chatbot.store.content_problems import RefusedFiles
from chatbot.store.encoders import EncoderSwitch
from chatbot.store.snapshots import Snapshot

WATCH = "CHATBOT_KNOWLEDGE_WATCH"


def check_publishing(
    found: Published, content: Content | None, encoder: str | None, settings: Settings
) -> Verdict[int]:
    """Say what is live and what stands between it and the files.

    ``content`` is that of the files here, None if they are wrong or elsewhere; ``encoder`` is the
    fingerprint of this machine's, None if it cannot be used.
    """
    findings = [*_problems(found.refused, settings, told=content is None)]
    if found.live is None:
        return Verdict(tuple(findings), say("never_published"))
    if content is not None:
        findings += _differences(found, found.live, content)
    findings += _encoders(found.switch, found.live.basis.encoder, encoder)
    if found.alive and not found.watched:
        findings.append(finding("nobody_watches", WATCH, processes=found.alive))
    return Verdict(tuple(findings), _summary(found.live), found.live.number)


def _summary(live: Snapshot) -> str:
    return say(
        "published", number=live.number, entries=live.entries, intents=live.intents,
        encoder=live.basis.encoder,
    )  # fmt: skip


def _encoders(switch: EncoderSwitch | None, live: str, ours: str | None) -> Iterator[Finding]:
    """Yield the switch that is under way, or that this machine has another encoder than is live."""
    if switch is not None:
        yield finding(
            "encoder_switching", ENCODER, live=live, to=switch.fingerprint,
            embedded=switch.embedded, texts=switch.texts,
        )  # fmt: skip
    if ours is not None and ours != live and (switch is None or switch.fingerprint != ours):
        yield finding("encoder_other", ENCODER, ours=ours, theirs=live)


def _differences(found: Published, live: Snapshot, content: Content) -> Iterator[Finding]:
    digest = content.digest
    if digest in {live.digest, _digest_now(live)}:
        return
    waiting = found.candidate
    if waiting is not None and digest in {waiting.digest, _digest_now(waiting)}:
        yield finding("candidate_waits", KNOWLEDGE_DIR, live=live.number, waiting=waiting.number)
    else:
        yield finding("files_differ", KNOWLEDGE_DIR, live=live.number)


def _digest_now(snapshot: Snapshot) -> str:
    """Return the digest as this release would store the same content."""
    try:
        return Content.from_json(snapshot.content).digest
    except ContentError:  # of a newer release: the check of the database says so
        return snapshot.digest


def _problems(refused: RefusedFiles | None, settings: Settings, *, told: bool) -> Iterator[Finding]:
    """Yield the problems the watcher noted; ``told``: those of this machine's files are known."""
    here = f"{socket.gethostname()}:{settings.knowledge_dir.absolute()}"
    if refused is None or not refused.problems or (told and refused.watcher == here):
        return
    first = refused.problems[0]
    since = refused.since.astimezone(ZoneInfo(settings.timezone))
    yield finding(
        "files_refused", KNOWLEDGE_DIR,
        at=Place(str(first["file"]), int(first["line"]), str(first["key"])),
        watcher=refused.watcher, since=f"{since:%Y-%m-%d %H:%M}", problem=first["text"],
        count=len(refused.problems),
    )  # fmt: skip
