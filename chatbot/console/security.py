"""What every page sends along: nothing foreign runs, nothing is framed, nothing is kept."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

#: Scripts, styles, pictures, sounds, calls and forms of this server alone.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; media-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)
_HEADERS = {
    # A page tells its own address to us, and to nobody else: browsers leave out the Origin of
    # what is sent from pages that tell nothing.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


def page_security(policy: str) -> Middleware:
    """Return what adds the headers to every page, errors included; a page's own ones stay."""
    own = {**_HEADERS, "Content-Security-Policy": policy}

    def secure(response: web.StreamResponse, request: web.Request) -> None:
        # A file is asked for again, and answered anew only if it has changed.
        kept = "no-cache" if "/static/" in request.path else "no-store"
        for name, value in {**own, "Cache-Control": kept}.items():
            response.headers.setdefault(name, value)

    @web.middleware
    async def add_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as error:
            secure(error, request)
            raise
        if not response.prepared:
            secure(response, request)
        return response

    return add_headers
