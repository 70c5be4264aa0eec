"""Cipher and signature of callbacks (WeCom developer documentation, 回调配置/加解密方案说明).

The simulator has its own implementation so that it checks a bot's independently.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # PKCS#7 with twice the block size of AES, as the platform does
_PREFIX = 16


class CryptoError(ValueError):
    """The text was not encrypted for this receiver, or was damaged."""


class CallbackCrypto:
    """Encrypts, decrypts and signs with one Token / EncodingAESKey / receiveid triple."""

    def __init__(self, token: str, encoding_aes_key: str, receive_id: str) -> None:
        self._token = token
        self._receive_id = receive_id.encode()
        key = _decode_key(encoding_aes_key)
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def encrypt(self, message: str, *, prefix: bytes | None = None) -> str:
        """Return base64 of the encrypted ``message``; ``prefix`` (16 bytes) is random if absent."""
        body = message.encode()
        plain = (prefix or secrets.token_bytes(_PREFIX)) + struct.pack(">I", len(body)) + body
        plain += self._receive_id
        pad = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted: str) -> str:
        """Return the message inside ``encrypted``; raise CryptoError if anything is off."""
        try:
            sealed = base64.b64decode(encrypted, validate=True)
            decryptor = self._cipher.decryptor()
            plain = _unpad(decryptor.update(sealed) + decryptor.finalize())
            (length,) = struct.unpack(">I", plain[_PREFIX : _PREFIX + 4])
            message = plain[_PREFIX + 4 : _PREFIX + 4 + length]
            receive_id = plain[_PREFIX + 4 + length :]
            text = message.decode()
        except (binascii.Error, struct.error, ValueError) as error:
            raise CryptoError(f"the encrypted text cannot be read: {error}") from error
        if len(message) != length or receive_id != self._receive_id:
            raise CryptoError("length or receiveid of the encrypted text is wrong")
        return text

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """Return msg_signature: SHA-1 over the four sorted strings, in lower-case hex."""
        joined = "".join(sorted((self._token, timestamp, nonce, encrypted)))
        return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()

    def verify(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> bool:
        """Return whether ``signature`` belongs to the other three and the token."""
        return hmac.compare_digest(
            self.sign(timestamp, nonce, encrypted).encode(), signature.encode()
        )


def _decode_key(encoding_aes_key: str) -> bytes:
    # The 43rd character carries two unused bits, so the decoder must be lenient.
    return base64.b64decode(encoding_aes_key + "=")


def _unpad(plain: bytes) -> bytes:
    pad = plain[-1] if plain else 0
    if not 1 <= pad <= _BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise CryptoError("the padding is wrong")
    return plain[:-pad]
