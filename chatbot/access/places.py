"""Where somebody comes from, and where they may be led back to. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from yarl import URL

#: Where people begin.
HOME = "/console/"
_OURS = ("/console", "/sidebar", "/turns")
#: Pages that lead elsewhere by themselves, or end a session.
_PASSING = ("/console/login", "/console/link", "/console/logout")
_LONGEST = 2000
#: Browsers drop or turn what a plain reading of an address does not: ``/\\host`` is another host.
_ODD = re.compile(r"[\x00-\x20\\\x7f-\x9f]")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def own_path(wanted: str) -> str:
    """Return ``wanted`` if it is a path of our own pages, else where people begin."""
    path = wanted.partition("?")[0]
    if not wanted.startswith("/") or wanted.startswith("//") or _ODD.search(wanted):
        return HOME
    if len(wanted) > _LONGEST or _is_below(path, _PASSING):
        return HOME
    return wanted if _is_below(path, _OURS) else HOME


def _is_below(path: str, tops: tuple[str, ...]) -> bool:
    return any(path == top or path.startswith(f"{top}/") for top in tops)


def path_of_page(referrer: str, base_url: str) -> str:
    """Return the page of ours that a form stood on, by its Referer; else where people begin."""
    try:
        page, base = URL(referrer), URL(base_url)
    except ValueError:
        return HOME
    return own_path(page.raw_path_qs) if _origin(page) == _origin(base) else HOME


def is_foreign(method: str, headers: Mapping[str, str], base_url: str) -> bool:
    """Return whether a request that changes something does not surely come from a page of ours.

    Browsers say so in ``Sec-Fetch-Site`` (where the page is on https or this machine), all others
    in ``Origin``; a request with neither comes from no browser page.
    """
    if method in _SAFE_METHODS:
        return False
    if site := headers.get("Sec-Fetch-Site"):
        return site not in {"same-origin", "none"}
    try:
        return _origin(URL(headers.get("Origin", ""))) != _origin(URL(base_url))
    except ValueError:
        return True


def _origin(url: URL) -> tuple[str, str | None, int | None]:
    return url.scheme, url.host, url.port


def caller_address(remote: str | None, forwarded: str) -> str:
    """Return the address of who asks, "" if unknown.

    A proxy in front of us is known by its private address; it appends whom it saw to
    ``X-Forwarded-For``, so the last public entry counts. From others the header is not believed.
    """
    seen = remote or ""
    for entry in reversed(forwarded.split(",")):
        if not _is_private(seen):
            break
        candidate = entry.strip()
        if not _is_address(candidate):
            break
        seen = candidate
    return seen


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_private(text: str) -> bool:
    return _is_address(text) and not ipaddress.ip_address(text).is_global
