"""What somebody comes with, by the User-Agent. Pure."""

from __future__ import annotations

#: What is looked for in a User-Agent, the first that is found; WeCom's own browser names others.
_CLIENTS = (
    ("wxwork/", "wecom"), ("micromessenger/", "wechat"), ("edg/", "Edge"), ("opr/", "Opera"),
    ("firefox/", "Firefox"), ("chrome/", "Chrome"), ("safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iphone", "iPhone"), ("ipad", "iPad"), ("android", "Android"), ("harmony", "HarmonyOS"),
    ("windows", "Windows"), ("mac os", "macOS"), ("linux", "Linux"),
)  # fmt: skip


def device_of(user_agent: str) -> tuple[str, str]:
    """Return the client (``wecom``, ``wechat`` or a browser's name) and the system, "" if unknown.

    What a client says of itself proves nothing; it helps people to recognise a session.
    """
    told = user_agent.lower()
    client = next((name for sign, name in _CLIENTS if sign in told), "")
    return client, next((name for sign, name in _SYSTEMS if sign in told), "")


def is_in_client(user_agent: str) -> bool:
    """Return whether the browser is that of the WeCom client, which can log in silently."""
    return device_of(user_agent)[0] == "wecom"
