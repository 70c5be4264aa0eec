"""The envelope around callbacks: signature outside, cipher inside.

Source: WeCom developer documentation, 开发前必读/加解密方案说明 and 回调配置.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import string

from wechatpy.work.crypto import PrpCrypto

from chatbot.errors import ChatbotError, SettingError

_BLOCK = 32
_RANDOM_BYTES = 16
_LENGTH_BYTES = 4
_HEAD_BYTES = _RANDOM_BYTES + _LENGTH_BYTES
_RANDOM_ALPHABET = string.ascii_letters + string.digits


class CallbackRefused(ChatbotError):
    """A callback is turned away; ``status`` is the HTTP answer, ``reason`` the metric's label."""

    status = 400
    reason = "malformed"


class BadSignature(CallbackRefused):
    """The signature does not match the configured Token."""

    status = 403
    reason = "signature"


class BadEnvelope(CallbackRefused):
    """The signature holds, but the content cannot be opened or is meant for somebody else."""

    reason = "envelope"


class _Cipher(PrpCrypto):  # type: ignore[misc]  # wechatpy has no annotations
    def get_random_string(self) -> str:
        """Replace wechatpy's predictable generator."""
        return "".join(secrets.choice(_RANDOM_ALPHABET) for _ in range(_RANDOM_BYTES))


class Envelope:
    """Opens and seals the messages of one callback address.

    ``token`` and ``encoding_aes_key`` are those of the callback's settings page; ``receive_id``
    is the CorpID for a self-built app and empty for an AI bot of one's own enterprise.
    """

    def __init__(self, token: str, encoding_aes_key: str, receive_id: str) -> None:
        self._token = token
        self._receive_id = receive_id
        self._cipher = _Cipher(_decode_key(encoding_aes_key))

    def decrypt(self, signature: str, timestamp: str, nonce: str, encrypt: str) -> str:
        """Return the message inside ``encrypt`` (base64 as received, URL-decoded).

        Raises BadSignature before anything is deciphered, BadEnvelope for wrong base64, padding,
        length, receiver or text encoding.
        """
        expected = self.sign(timestamp, nonce, encrypt).encode()
        if not hmac.compare_digest(expected, signature.encode("utf-8", "replace")):
            raise BadSignature("the signature does not match")
        return self._open(_strip_padding(self._decipher(encrypt)))

    def encrypt(self, message: str) -> str:
        """Return ``message`` sealed for this receiver, as base64."""
        sealed: bytes = self._cipher.encrypt(message, self._receive_id)
        return sealed.decode("ascii")

    def sign(self, timestamp: str, nonce: str, encrypt: str) -> str:
        """Return the lower-case hexadecimal SHA-1 signature the platform uses."""
        parts = [part.encode("utf-8", "replace") for part in (timestamp, nonce, encrypt)]
        text = b"".join(sorted([self._token.encode(), *parts]))
        return hashlib.sha1(text, usedforsecurity=False).hexdigest()

    def reply(self, message: str, timestamp: str, nonce: str) -> str:
        """Return the XML of an encrypted passive reply (被动回复)."""
        encrypt = self.encrypt(message)
        signature = self.sign(timestamp, nonce, encrypt)
        return (
            f"<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            f"<TimeStamp>{int(timestamp)}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        )

    def _decipher(self, encrypt: str) -> bytes:
        try:
            sealed = base64.b64decode(encrypt, validate=True)
        except (binascii.Error, ValueError):
            raise BadEnvelope("the cipher text is not base64") from None
        if not sealed or len(sealed) % _BLOCK:
            raise BadEnvelope("the cipher text has a wrong length")
        plain: bytes = self._cipher.cipher.decrypt(sealed)
        return plain

    def _open(self, plain: bytes) -> str:
        length = int.from_bytes(plain[_RANDOM_BYTES:_HEAD_BYTES], "big")
        end = _HEAD_BYTES + length
        if len(plain) < end:
            raise BadEnvelope("the message is shorter than its length field says")
        if plain[end:] != self._receive_id.encode():
            raise BadEnvelope("the message is meant for another receiver")
        try:
            return plain[_HEAD_BYTES:end].decode()
        except UnicodeDecodeError:
            raise BadEnvelope("the message is not UTF-8") from None


def _strip_padding(padded: bytes) -> bytes:
    count = padded[-1]
    if not 1 <= count <= _BLOCK or padded[-count:] != bytes([count]) * count:
        raise BadEnvelope("the padding is wrong")
    return padded[:-count]


def _decode_key(encoding_aes_key: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", encoding_aes_key):
        raise SettingError("EncodingAESKey: exactly 43 letters and digits are expected")
    # The last character carries two unused bits, which b64decode ignores.
    return base64.b64decode(encoding_aes_key + "=")
