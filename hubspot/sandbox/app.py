"""The sandbox as an ASGI application."""

import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubspot.sandbox import answers, control, oauth
from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.faults import CONTROL
from hubspot.sandbox.paths import CRM, ROOTS
from hubspot.sandbox.wire import Endpoint, Sandbox


def create_app(config: SandboxConfig, *, control: bool) -> Starlette:
    """Return a sandbox to serve or to mount; with `control` off, consent page and wire only.

    It belongs to one event loop. Records are drawn when a request first needs them.
    """
    sandbox = Sandbox(config)
    routes = [*_crm_routes(sandbox), *_oauth_routes(sandbox)]
    if control:
        routes += _control_routes(sandbox)
    app = Starlette(
        routes=[*routes, *_with_slash(routes)],
        exception_handlers={404: _unknown_path, 405: _wrong_method},
    )
    app.router.redirect_slashes = False
    return app


def _with_slash(routes: Sequence[Route]) -> Iterator[Route]:
    """Yield every route once more for clients that end its path with a slash, as HubSpot's guide to owners does."""
    for route in routes:
        yield Route(route.path + "/", route.endpoint, methods=route.methods)


def _crm_routes(sandbox: Sandbox) -> Iterator[Route]:
    for row in CRM:
        endpoint = Endpoint(sandbox, row.route, row.handler, row.lane, row.scopes)
        for root in ROOTS[row.family]:
            yield Route(root + row.path, endpoint, methods=[row.method])


def _oauth_routes(sandbox: Sandbox) -> Iterator[Route]:
    for path in ("/oauth/authorize", "/oauth/{hub_id:int}/authorize"):
        yield Route(path, Endpoint(sandbox, "authorize", oauth.authorize_page), methods=["GET"])
        yield Route(path, Endpoint(sandbox, "decide", oauth.authorize), methods=["POST"])
    for family, method, path, name, handler in (
        ("token", "POST", "", "token", oauth.token),
        ("tokens", "POST", "/introspect", "introspect", oauth.introspect),
        ("tokens", "POST", "/revoke", "revoke", oauth.revoke),
        ("old tokens", "GET", "/{token}", "introspect", oauth.describe_access_token),
    ):
        for root in ROOTS[family]:
            yield Route(root + path, Endpoint(sandbox, name, handler), methods=[method])


def _control_routes(sandbox: Sandbox) -> Iterator[Route]:
    async def truth(request: Request) -> Response:
        return await control.truth(sandbox, request)

    for path, handler, method in (
        ("/sandbox/token", control.issue_token, "POST"),
        ("/sandbox/stats", control.show_stats, "GET"),
        ("/sandbox/faults", control.set_faults, "POST"),
        ("/sandbox/edit", control.edit_records, "POST"),
    ):
        yield Route(path, Endpoint(sandbox, CONTROL, handler), methods=[method])
    yield Route("/sandbox/truth", truth, methods=["GET"])


def _refused(status: int, message: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(_request: Request, _error: Exception) -> Response:
        correlation_id = str(uuid.uuid4())
        refused = answers.error(status, message).answer(correlation_id)
        headers = {"Content-Type": refused.media_type, "X-HubSpot-Correlation-Id": correlation_id}
        return Response(refused.body, refused.status, headers)

    return answer


_unknown_path = _refused(404, "resource not found")
_wrong_method = _refused(405, "HTTP 405 Method Not Allowed")
