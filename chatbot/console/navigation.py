"""The ways between the pages of the console: groups of pages, and which of them one may open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chatbot.access.roles import Action, may
from chatbot.access.viewer import Viewer
from chatbot.texts import Texts


@dataclass(frozen=True, slots=True)
class _Page:
    """A page below ``/console``; who may do ``action`` sees it, everybody if that is None.

    Its caption is a key of a group of texts.
    """

    name: str
    action: Action | None
    words: str
    caption: str = "title"


@dataclass(frozen=True, slots=True)
class Way:
    """A link of the head; ``is_here`` if it leads to where one is."""

    caption: str
    path: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """The groups that somebody may go to, and the pages of the group where one is."""

    groups: tuple[Way, ...]
    pages: tuple[Way, ...]


#: Groups of pages by the key of their caption in ``access_words``; pages as one works with them.
_GROUPS: tuple[tuple[str, tuple[_Page, ...]], ...] = (
    (
        "nav_knowledge",
        (
            _Page("entries", "knowledge", "entry_words"),
            _Page("intents", "knowledge", "curate_words", "intents"),
            _Page("words", "knowledge", "curate_words", "words"),
            _Page("tables", "knowledge", "curate_words", "tables"),
            _Page("importing", "knowledge", "import_words"),
            _Page("reviews", "reviews", "review_words"),
            _Page("try", "publish", "try_words"),
            _Page("publishing", "publish", "publish_words"),
        ),
    ),
    (
        "nav_learning",
        (
            _Page("gaps", "gaps", "gap_words"),
            _Page("workshop", "gaps", "workshop_words"),
            _Page("sample", "sample", "sample_words"),
            _Page("calibration", "publish", "calibration_words"),
        ),
    ),
    (
        "nav_figures",
        (
            _Page("insight", "figures", "insight_words"),
            _Page("ratings", "figures", "rating_words"),
        ),
    ),
    (
        "nav_service",
        (
            _Page("agents", "roster", "access_words", "roster"),
            _Page("accounts", "mode", "access_words", "accounts"),
            _Page("notices", "notices", "notice_words"),
        ),
    ),
    (
        "nav_access",
        (
            _Page("sessions", None, "access_words", "sessions"),
            _Page("roles", "roles", "access_words", "roles"),
            _Page("audit", "audit", "access_words", "audit"),
        ),
    ),
)


def navigation(texts: Texts, viewer: Viewer | None, here: str) -> Navigation:
    """Return the ways that ``viewer`` may go; ``here`` is the name of the page one is on.

    A group leads to the first of its pages; the pages of the group where one is stand below.
    """
    groups: list[Way] = []
    pages: tuple[Way, ...] = ()
    for caption, listed in _GROUPS:
        ways = tuple(_ways(listed, texts, viewer, here))
        if not ways:
            continue
        is_here = any(way.is_here for way in ways)
        groups.append(Way(texts.access_words[caption], ways[0].path, is_here))
        if is_here:
            pages = ways
    return Navigation(tuple(groups), pages)


def _ways(
    pages: tuple[_Page, ...], texts: Texts, viewer: Viewer | None, here: str
) -> Iterator[Way]:
    for page in pages:
        if page.action is None or (viewer is not None and may(viewer, page.action)):
            caption = getattr(texts, page.words)[page.caption]
            yield Way(caption, f"/console/{page.name}", page.name == here)
