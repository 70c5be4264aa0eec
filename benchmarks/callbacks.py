"""Callbacks as the platform makes them, and how long the server takes to answer."""

from __future__ import annotations

import secrets
import time

import aiohttp
from yarl import URL

from chatbot.simulator.config import SimulatorConfig
from chatbot.simulator.sealed import Sealer
from chatbot.simulator.wire import xml
from chatbot.simulator.wire.crypto import CallbackCrypto

_ECHO = "1234567890123456789"


class Callbacks:
    """Encrypts, signs, delivers, and takes the time."""

    def __init__(self, config: SimulatorConfig, session: aiohttp.ClientSession, url: str) -> None:
        self._corp_id = config.corp.id
        self._agent_id = config.app.agent_id
        self._open_kfid = config.accounts[0].open_kfid
        self._crypto = CallbackCrypto(config.app.token, config.app.encoding_aes_key, config.corp.id)
        self._sealer = Sealer(config.app.secret)
        self._session = session
        self._url = URL(url)

    async def ring(self) -> tuple[float, int]:
        """Deliver one doorbell (kf_msg_or_event); return milliseconds and HTTP status."""
        sealed = self._crypto.encrypt(xml.build(self._doorbell()))
        outer = {"ToUserName": self._corp_id, "AgentID": str(self._agent_id), "Encrypt": sealed}
        body = xml.build(outer).encode()
        url = self._url.with_query(self._signed(sealed))
        started = time.perf_counter()
        async with self._session.post(url, data=body) as answer:
            await answer.read()
            return (time.perf_counter() - started) * 1e3, answer.status

    def _doorbell(self) -> dict[str, object]:
        now = int(time.time())
        return {
            "ToUserName": self._corp_id, "CreateTime": now, "MsgType": "event",
            "Event": "kf_msg_or_event", "OpenKfId": self._open_kfid,
            "Token": "ENC" + self._sealer.seal("token", self._open_kfid, now),
        }  # fmt: skip

    async def verify(self) -> float:
        """Ask as 验证URL有效性 does; return milliseconds.

        Raises:
            RuntimeError: the echo is wrong.
        """
        sealed = self._crypto.encrypt(_ECHO)
        url = self._url.with_query({**self._signed(sealed), "echostr": sealed})
        started = time.perf_counter()
        async with self._session.get(url) as answer:
            echo = await answer.text()
        if echo != _ECHO:
            raise RuntimeError(f"the verification was answered {answer.status} {echo!r}")
        return (time.perf_counter() - started) * 1e3

    def _signed(self, sealed: str) -> dict[str, str]:
        timestamp, nonce = str(int(time.time())), secrets.token_hex(8)
        signature = self._crypto.sign(timestamp, nonce, sealed)
        return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
