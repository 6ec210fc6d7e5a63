"""The sandbox as an ASGI application."""

import uuid
from collections.abc import Awaitable, Callable, Iterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hubspot.sandbox import answers, control, crm, oauth, search
from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.faults import CONTROL
from hubspot.sandbox.limits import Lane
from hubspot.sandbox.wire import Endpoint, Handler, Sandbox, ScopesOf

# Every path family with the versions it answers to; the newest first, because routes are tried in order.
ROOTS = {
    "objects": ("/crm/objects/2026-09", "/crm/objects/2026-03", "/crm/v3/objects"),
    "associations": ("/crm/associations/2026-09", "/crm/associations/2026-03", "/crm/v4/associations"),
    "properties": ("/crm/properties/2026-09", "/crm/properties/2026-03", "/crm/v3/properties"),
    "owners": ("/crm/owners/2026-09", "/crm/owners/2026-03", "/crm/v3/owners"),
    "account": ("/account-info/2026-09", "/account-info/2026-03", "/account-info/v3"),
    "oauth": ("/oauth/2026-09", "/oauth/2026-03", "/oauth/v3"),
}
READ_SCOPES = {
    "contacts": ("crm.objects.contacts.read",),
    "companies": ("crm.objects.companies.read",),
}
LANES: dict[str, Lane] = {"search": "search", "associations": "associations"}
LARGEST_BODY = 2 * 1024 * 1024  # a batch of 1,000 ids takes 30 kB; an app may face the internet
ANY_OBJECT = ("crm.objects.companies.read", "crm.objects.contacts.read", "crm.objects.deals.read")
ANY_SCHEMA = (*ANY_OBJECT, "crm.schemas.companies.read", "crm.schemas.contacts.read", "crm.schemas.deals.read")


def create_app(config: SandboxConfig, *, control: bool) -> Starlette:
    """Return a sandbox to serve or to mount; with `control` off, consent page and wire only.

    It belongs to one event loop. Records are drawn when a request first needs them.
    """
    sandbox = Sandbox(config)
    routes: list[BaseRoute] = [*_crm_routes(sandbox), *_oauth_routes(sandbox)]
    if control:
        routes += _control_routes(sandbox)
    return Starlette(
        routes=routes,
        exception_handlers={404: _unknown_path, 405: _wrong_method},
        max_body_size=LARGEST_BODY,
    )


def _object_scopes(request: Request) -> tuple[str, ...]:
    return READ_SCOPES[crm.object_type(request.path_params["object_type"])]


def _fixed(*scopes: str) -> ScopesOf:
    return lambda _request: scopes


def _crm_routes(sandbox: Sandbox) -> Iterator[Route]:
    any_object, any_schema = _fixed(*ANY_OBJECT), _fixed(*ANY_SCHEMA)
    owners, account = _fixed("crm.objects.owners.read"), _fixed("oauth")
    families: tuple[tuple[str, str, str, Handler, ScopesOf], ...] = (
        ("objects", "GET /{object_type}", "list", crm.list_records, _object_scopes),
        ("objects", "POST /{object_type}/search", "search", search.search, _object_scopes),
        ("objects", "POST /{object_type}/batch/read", "batch_read", crm.batch_read, _object_scopes),
        ("objects", "GET /{object_type}/{record_id}", "record", crm.get_record, _object_scopes),
        ("associations", "POST /{from_type}/{to_type}/batch/read", "associations", crm.read_associations, any_object),
        ("properties", "GET /{object_type}", "properties", crm.list_properties, any_schema),
        ("properties", "GET /{object_type}/{name}", "properties", crm.get_property, any_schema),
        # HubSpot's guide writes this path with a slash at the end, its specification without.
        ("owners", "GET ", "owners", crm.list_owners, owners),
        ("owners", "GET /", "owners", crm.list_owners, owners),
        ("owners", "GET /{owner_id}", "owners", crm.get_owner, owners),
        ("account", "GET /details", "account", crm.account_details, account),
    )
    for family, pattern, name, handler, scopes in families:
        method, _, path = pattern.partition(" ")
        endpoint = Endpoint(sandbox, name, handler, LANES.get(name, "burst"), scopes)
        for root in ROOTS[family]:
            yield Route(root + path, endpoint, methods=[method])


def _oauth_routes(sandbox: Sandbox) -> Iterator[Route]:
    for path in ("/oauth/authorize", "/oauth/{hub_id:int}/authorize"):
        yield Route(path, Endpoint(sandbox, "authorize", oauth.authorize_page), methods=["GET"])
        yield Route(path, Endpoint(sandbox, "authorize", oauth.authorize), methods=["POST"])
    for root in ROOTS["oauth"]:
        yield Route(root + "/token", Endpoint(sandbox, "token", oauth.token), methods=["POST"])
        yield Route(root + "/token/introspect", Endpoint(sandbox, "introspect", oauth.introspect), methods=["POST"])
        yield Route(root + "/token/revoke", Endpoint(sandbox, "revoke", oauth.revoke), methods=["POST"])


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
