"""Opaque strings that carry a number: cursors and callback tokens.

Nothing is stored for them, so they cost nothing and outlive a restart of the simulator.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct

_MAC = 9


class Sealer:
    """Seals a number for one purpose and one owner, and opens only what it has sealed."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(secret.encode()).digest()

    def seal(self, purpose: str, owner: str, number: int) -> str:
        """Return about 23 URL-safe characters."""
        packed = struct.pack(">Q", number)
        return base64.urlsafe_b64encode(packed + self._mac(purpose, owner, packed)).decode()

    def open(self, purpose: str, owner: str, text: str) -> int | None:
        """Return the number in ``text``, or None if it is not ours or another owner's."""
        try:
            raw = base64.urlsafe_b64decode(text)
        except (binascii.Error, ValueError):
            return None
        packed, mac = raw[:8], raw[8:]
        if not hmac.compare_digest(mac, self._mac(purpose, owner, packed)):
            return None
        (number,) = struct.unpack(">Q", packed)
        return int(number)

    def _mac(self, purpose: str, owner: str, packed: bytes) -> bytes:
        message = f"{purpose}\0{owner}\0".encode() + packed
        return hmac.digest(self._key, message, "sha256")[:_MAC]
