"""Opening and sealing: the platform's vectors, round trips, every kind of damage."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from chatbot.errors import SettingError
from chatbot.wecom.envelope import BadEnvelope, BadSignature, Envelope

TOKEN = "DemoToken2024"
KEY = "K7gNU3sdoOL0wNhqoVWhr3g6s1xYv72olTzqTe5Yc0E"
CORP = "wwdemo0123456789"
TIMESTAMP, NONCE = "1735689600", "n0nce42"
APP_SEALED = (
    "E4FDNasz50fbOKU2Lv6IXdHZ7AjJXSGDalmtZ3zxSKATiwdDWTQn67cfk99yyFUsjX6cBZRaXm7sJ6mqLqhBdg=="
)
BOT_SEALED = (
    "E4FDNasz50fbOKU2Lv6IXd1FjbYqKhLJ8Resw7Y5q6GTFfF5t0BBO75P1igUBU4FmBBltgdlX2H73jZgm+QbGA=="
)


@pytest.fixture(scope="module")
def envelope() -> Envelope:
    return Envelope(TOKEN, KEY, CORP)


def seal_raw(plain: bytes) -> str:
    """Encrypt ``plain`` as it is, so that padding and length can be wrong."""
    key = base64.b64decode(KEY + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def layout(message: bytes, receiver: bytes = CORP.encode(), length: int | None = None) -> bytes:
    """Return the plain text with correct padding, and with ``length`` in its length field."""
    size = len(message) if length is None else length
    plain = b"r" * 16 + size.to_bytes(4, "big") + message + receiver
    count = 32 - len(plain) % 32
    return plain + bytes([count]) * count


def opened(envelope: Envelope, sealed: str) -> str:
    return envelope.decrypt(envelope.sign(TIMESTAMP, NONCE, sealed), TIMESTAMP, NONCE, sealed)


def test_that_the_vector_of_a_self_built_app_opens(envelope: Envelope) -> None:
    signature = "05456f4217540ade8f06da1ea0af7cfb2b7fad1f"
    assert envelope.sign(TIMESTAMP, NONCE, APP_SEALED) == signature
    assert envelope.decrypt(signature, TIMESTAMP, NONCE, APP_SEALED) == "4815162342"


def test_that_the_vector_of_an_ai_bot_opens_with_an_empty_receiver() -> None:
    bot = Envelope(TOKEN, KEY, "")
    message = bot.decrypt("5905ee7b5d11f629b15840fc9f0dec4abe87738d", TIMESTAMP, NONCE, BOT_SEALED)
    assert message == '{"msgtype":"stream","stream":{"id":"s1"}}'


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_that_what_is_sealed_opens_again(message: str) -> None:
    envelope = Envelope(TOKEN, KEY, CORP)
    assert opened(envelope, envelope.encrypt(message)) == message


def test_that_the_same_message_is_never_sealed_alike(envelope: Envelope) -> None:
    assert envelope.encrypt("hello") != envelope.encrypt("hello")


@given(st.data())
def test_that_a_changed_byte_of_the_cipher_text_is_a_bad_signature(data: st.DataObject) -> None:
    envelope = Envelope(TOKEN, KEY, CORP)
    place = data.draw(st.integers(0, len(APP_SEALED) - 1))
    other = data.draw(
        st.characters(exclude_categories=["Cs"]).filter(lambda c: c != APP_SEALED[place])
    )
    damaged = APP_SEALED[:place] + other + APP_SEALED[place + 1 :]
    with pytest.raises(BadSignature):
        envelope.decrypt(envelope.sign(TIMESTAMP, NONCE, APP_SEALED), TIMESTAMP, NONCE, damaged)


@given(st.data())
def test_that_signed_damage_is_a_bad_envelope_or_leaves_the_layout_whole(
    data: st.DataObject,
) -> None:
    envelope = Envelope(TOKEN, KEY, CORP)
    sealed = bytearray(base64.b64decode(APP_SEALED))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        opened(envelope, base64.b64encode(sealed).decode())
    except BadEnvelope:
        return
    # The first block is random filling and the next one the message: only they may differ.
    assert bytes(sealed[32:]) == base64.b64decode(APP_SEALED)[32:]


@given(st.text(max_size=200))
def test_that_any_signed_text_in_place_of_cipher_text_is_a_bad_envelope(garbage: str) -> None:
    envelope = Envelope(TOKEN, KEY, CORP)
    with pytest.raises(BadEnvelope):
        opened(envelope, garbage)


@given(st.binary(min_size=1, max_size=6).map(lambda seed: (seed * 96)[:96]))
def test_that_any_signed_cipher_text_of_a_right_size_is_a_bad_envelope(noise: bytes) -> None:
    envelope = Envelope(TOKEN, KEY, CORP)
    with pytest.raises(BadEnvelope):
        opened(envelope, seal_raw(noise))


@pytest.mark.parametrize(
    "plain",
    [
        pytest.param(layout(b"hello")[:-1] + b"\x00", id="padding of no bytes"),
        pytest.param(layout(b"hello")[:-1] + b"\x21", id="padding over 32"),
        pytest.param(layout(b"hello")[:-2] + b"\xff" + layout(b"hello")[-1:], id="mixed padding"),
        pytest.param(layout(b"hello", length=6), id="length one too long"),
        pytest.param(layout(b"hello", length=2**32 - 1), id="length beyond the end"),
        pytest.param(layout(b"hello", length=4), id="length one too short"),
        pytest.param(layout(b"hello", b"wwsomebodyelse00"), id="another receiver"),
        pytest.param(layout(b"hello", b""), id="no receiver"),
        pytest.param(layout(b"\xff\xfe"), id="not UTF-8"),
        pytest.param(b"\x20" * 32, id="nothing but padding"),
        pytest.param(layout(b"hello")[:48], id="half a block"),
    ],
)
def test_that_a_wrong_layout_is_a_bad_envelope(envelope: Envelope, plain: bytes) -> None:
    with pytest.raises(BadEnvelope):
        opened(envelope, seal_raw(plain))


def test_that_a_message_of_whole_blocks_has_a_whole_block_of_padding(envelope: Envelope) -> None:
    message = "m" * (32 * 3 - 20 - len(CORP))
    assert len(base64.b64decode(envelope.encrypt(message))) == 128
    assert opened(envelope, envelope.encrypt(message)) == message


@pytest.mark.parametrize("signature", ["", "0" * 40, "签名", "\ud800"])
def test_that_a_wrong_signature_is_refused_whatever_it_is(
    envelope: Envelope, signature: str
) -> None:
    with pytest.raises(BadSignature):
        envelope.decrypt(signature, TIMESTAMP, NONCE, APP_SEALED)


@pytest.mark.parametrize("key", ["", "short", KEY + "A", "*" * 43])
def test_that_a_wrong_key_is_refused_with_its_name(key: str) -> None:
    with pytest.raises(SettingError, match="EncodingAESKey"):
        Envelope(TOKEN, key, CORP)


def test_that_the_unused_bits_of_the_last_character_do_not_matter(envelope: Envelope) -> None:
    sibling = Envelope(TOKEN, KEY[:-1] + "F", CORP)
    assert opened(sibling, envelope.encrypt("hello")) == "hello"


def test_that_a_passive_reply_is_signed_and_opens(envelope: Envelope) -> None:
    reply = envelope.reply("<xml/>", TIMESTAMP, NONCE)
    sealed = reply.split("<Encrypt><![CDATA[")[1].split("]]")[0]
    signature = reply.split("<MsgSignature><![CDATA[")[1].split("]]")[0]
    assert envelope.decrypt(signature, TIMESTAMP, NONCE, sealed) == "<xml/>"
    assert f"<TimeStamp>{TIMESTAMP}</TimeStamp><Nonce><![CDATA[{NONCE}]]></Nonce>" in reply
