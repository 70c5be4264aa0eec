from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.work.crypto import WeChatCrypto

from chatbot.simulator.wire import xml
from chatbot.simulator.wire.crypto import CallbackCrypto, CryptoError

TOKEN = "DemoToken2024"
KEY = "K7gNU3sdoOL0wNhqoVWhr3g6s1xYv72olTzqTe5Yc0E"
TIMESTAMP, NONCE, PREFIX = "1735689600", "n0nce42", b"0123456789abcdef"

VECTORS = [
    (
        "4815162342",
        "wwdemo0123456789",
        "E4FDNasz50fbOKU2Lv6IXdHZ7AjJXSGDalmtZ3zxSKATiwdDWTQn67cfk99yyFUsjX6cBZRaXm7sJ6mqLqhBdg==",
        "05456f4217540ade8f06da1ea0af7cfb2b7fad1f",
    ),
    (
        '{"msgtype":"stream","stream":{"id":"s1"}}',
        "",
        "E4FDNasz50fbOKU2Lv6IXd1FjbYqKhLJ8Resw7Y5q6GTFfF5t0BBO75P1igUBU4FmBBltgdlX2H73jZgm+QbGA==",
        "5905ee7b5d11f629b15840fc9f0dec4abe87738d",
    ),
]


@pytest.mark.parametrize(("message", "receive_id", "encrypted", "signature"), VECTORS)
def test_that_the_known_vectors_come_out(
    message: str, receive_id: str, encrypted: str, signature: str
) -> None:
    crypto = CallbackCrypto(TOKEN, KEY, receive_id)
    assert crypto.encrypt(message, prefix=PREFIX) == encrypted
    assert crypto.sign(TIMESTAMP, NONCE, encrypted) == signature
    assert crypto.verify(signature, TIMESTAMP, NONCE, encrypted)
    assert crypto.decrypt(encrypted) == message


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_that_every_text_comes_back(message: str) -> None:
    crypto = CallbackCrypto(TOKEN, KEY, "ww1")
    assert crypto.decrypt(crypto.encrypt(message)) == message


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_that_a_changed_byte_never_gives_another_message_silently(place: int, change: int) -> None:
    crypto = CallbackCrypto(TOKEN, KEY, "ww1")
    sealed = bytearray(base64.b64decode(crypto.encrypt("hello")))
    sealed[place % len(sealed)] ^= change
    damaged = base64.b64encode(sealed).decode()
    signature = crypto.sign(TIMESTAMP, NONCE, crypto.encrypt("hello"))
    assert not crypto.verify(signature, TIMESTAMP, NONCE, damaged)


@pytest.mark.parametrize("text", ["", "not base64!", "QUJD", "AAAA" * 8])
def test_that_nonsense_is_refused(text: str) -> None:
    with pytest.raises(CryptoError):
        CallbackCrypto(TOKEN, KEY, "ww1").decrypt(text)


def test_that_another_receivers_text_is_refused() -> None:
    foreign = CallbackCrypto(TOKEN, KEY, "ww2").encrypt("hello")
    with pytest.raises(CryptoError):
        CallbackCrypto(TOKEN, KEY, "ww1").decrypt(foreign)


def test_that_wechatpy_reads_what_is_encrypted_here() -> None:
    crypto = CallbackCrypto(TOKEN, KEY, "ww1")
    encrypted = crypto.encrypt("<xml>你好</xml>")
    signature = crypto.sign(TIMESTAMP, NONCE, encrypted)
    envelope = xml.build({"ToUserName": "ww1", "Encrypt": encrypted})
    reader = WeChatCrypto(TOKEN, KEY, "ww1")
    read = reader.decrypt_message(envelope, signature, TIMESTAMP, NONCE)
    assert read == "<xml>你好</xml>"


def test_that_what_wechatpy_encrypts_is_read_here() -> None:
    envelope = WeChatCrypto(TOKEN, KEY, "ww1").encrypt_message("<xml>1</xml>", NONCE, TIMESTAMP)
    outer = xml.parse(envelope)
    crypto = CallbackCrypto(TOKEN, KEY, "ww1")
    assert crypto.verify(outer["MsgSignature"], TIMESTAMP, NONCE, outer["Encrypt"])
    assert crypto.decrypt(outer["Encrypt"]) == "<xml>1</xml>"


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Co", "Cn"])))
def test_that_any_text_survives_xml(text: str) -> None:
    assert xml.parse(xml.build({"Content": text, "Number": 7})) == {"Content": text, "Number": "7"}


def test_that_nested_and_repeated_elements_survive_xml() -> None:
    fields = {"Items": {"Item": [{"Key": "a", "Ids": {"Id": ["1", "2"]}}, {"Key": "b"}]}}
    assert xml.parse(xml.build(fields)) == fields


@pytest.mark.parametrize(
    "text", ["", "<xml>", '<!DOCTYPE x [<!ENTITY e "boom">]><xml><A>&e;</A></xml>']
)
def test_that_broken_xml_and_entities_are_refused(text: str) -> None:
    with pytest.raises(xml.XmlError):
        xml.parse(text)
