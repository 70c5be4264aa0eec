"""One HTTP exchange with the platform; every failure becomes a WeComError.

The access token and the secret travel in the query string, and aiohttp's exceptions can carry
the address. They are therefore left behind here: no WeComError has one as cause or context.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiohttp

from chatbot.wecom.codes import Condition
from chatbot.wecom.errors import WeComError, error_for_condition

#: The largest file the platform keeps is 20 MB (素材管理/上传临时素材).
_MAX_ANSWER_BYTES = 24 * 1024 * 1024
#: These happen before a request is on its way, so it was surely not executed.
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


@dataclass(frozen=True, slots=True)
class Request:
    """One call: ``api`` is the path below ``/cgi-bin/``.

    ``body`` (UTF-8 JSON) or ``form`` (made anew for every try) makes it a POST. A call that is
    ``repeatable`` may be sent again when its fate is unknown. ``expects_file`` allows an answer
    that is not JSON, ``patience`` multiplies the total time-out: both are for files.
    """

    api: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    form: Callable[[], aiohttp.FormData] | None = None
    repeatable: bool = False
    expects_file: bool = False
    patience: float = 1.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer with its whole body."""

    status: int
    content_type: str
    disposition: str
    body: bytes = field(repr=False)


class Transport:
    """Speaks HTTP to ``base_url`` through a shared session; time-outs are in seconds."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        *,
        connect_timeout: float,
        total_timeout: float,
    ) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout

    async def exchange(self, request: Request, credentials: Mapping[str, str]) -> Reply:
        """Send ``request`` with ``credentials`` added to the query; return the answer.

        Raises Unreachable when nothing was sent, OutcomeUnknown when no answer came.
        """
        try:
            return await self._send(request, credentials)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            problem = translate(request.api, error)
        # Raised outside of the handler, so that the original is not even its context.
        raise problem

    async def _send(self, request: Request, credentials: Mapping[str, str]) -> Reply:
        posts = request.body is not None or request.form is not None
        async with self._session.request(
            "POST" if posts else "GET",
            f"{self._base_url}/cgi-bin/{request.api}",
            params={**request.params, **credentials},
            data=request.form() if request.form else request.body,
            headers={"Content-Type": "application/json"} if request.body is not None else None,
            timeout=self._timeout(request),
            allow_redirects=False,
        ) as response:
            return Reply(
                status=response.status,
                content_type=response.content_type,
                disposition=response.headers.get("Content-Disposition", ""),
                body=await _read_limited(response.content),
            )

    def _timeout(self, request: Request) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=self._total_timeout * request.patience,
            connect=self._connect_timeout,
            sock_connect=self._connect_timeout,
        )


async def _read_limited(stream: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in stream.iter_any():
        body += chunk
        if len(body) > _MAX_ANSWER_BYTES:
            raise aiohttp.ClientPayloadError("the answer is too large")
    return bytes(body)


def translate(api: str, error: BaseException) -> WeComError:
    """Return what an exception of the HTTP library means for the caller.

    Only the class name is kept of ``error``: its text may hold the address with the token.
    """
    sent = not isinstance(error, _NOT_SENT)
    condition = Condition.NO_ANSWER if sent else Condition.UNREACHABLE
    return error_for_condition(api, condition, type(error).__name__)
