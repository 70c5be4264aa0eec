"""Which addresses a form may be sent to."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

#: Hosts on this very machine: nobody listens in between, so plain HTTP is no leak.
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class AddressRefused(ValueError):
    """An address that must not be called; the text says why, for admins."""


def host_of(url: str) -> str:
    """Return the host of a webhook's address, in lower case.

    Raises:
        AddressRefused: it is no address that a form may be sent to.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in {"http", "https"} or parts.username or parts.fragment:
        raise AddressRefused("应为 https:// 开头的完整地址，其中没有账号、密码和 #")
    if parts.scheme == "http" and host not in _LOCAL:
        raise AddressRefused("里面有客户的资料，地址必须以 https:// 开头")
    return host


def check_address(url: str, allowed: Collection[str]) -> None:
    """Raise AddressRefused unless the host of ``url`` is one of ``allowed``.

    An entry is a host, or ``host:port`` for that port alone.
    """
    host = host_of(url)
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    shown = f"[{host}]" if ":" in host else host
    names = {each.strip().lower() for each in allowed}
    if not names & {host, shown, f"{shown}:{port}"}:
        raise AddressRefused(f"{shown} 不在 CHATBOT_OUTBOUND_HOSTS 里；请运维人员加上它")
