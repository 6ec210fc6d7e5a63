"""Answers of random portals to random requests, held against HubSpot's own OpenAPI files."""

import copy
import os
import random
import re
from collections import Counter
from contextlib import ExitStack

import jsonschema
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.sandbox import openapi
from tests.sandbox.asking import REQUESTS, VERSION, Portal, send
from tests.sandbox.conftest import running

FOLDER = os.environ.get("HUBSPOT_OPENAPI_DIR", "")
pytestmark = pytest.mark.skipif(
    not FOLDER,
    reason="HUBSPOT_OPENAPI_DIR is not set: point it at a folder with HubSpot's OpenAPI files of 2026-09, "
    f"which HubSpot publishes at {openapi.PUBLISHED}",
)
SOAK = bool(os.environ.get("SOAK"))
EXAMPLES = 10_000 if SOAK else 1200


@pytest.fixture(scope="module")
def specification():
    return openapi.Specification(FOLDER)


def configurations(chance):
    """Sizes from empty to a few hundred, each with another seed; some with opaque cursors, lag, rotation or limits."""
    for contacts, companies in ((0, 0), (1, 1), (60, 7), (400, 5), (900, 150)):
        yield {
            "seed": chance(1, 10**6),
            "contacts": contacts,
            "companies": companies,
            "cursor": ("id", "opaque")[chance(0, 1)],
            "rotate_refresh_tokens": bool(chance(0, 1)),
            "include_user_id": bool(chance(0, 1)),
            "index_lag_ms": chance(0, 1) * 60_000,
            # Few enough for a slow machine to meet the limit.
            "burst": 20,
            "no_limits": contacts != 60,
        }


@pytest.fixture(scope="module")
def portals():
    """Return portals of both accounts, with edits, with few and with expired rights."""
    chance = random.Random(None if SOAK else "the same in every run").randint
    with ExitStack() as stack:
        started = [stack.enter_context(running(**each)) for each in configurations(chance)]
        started.append(stack.enter_context(running(contacts=5, companies=1, token_ttl=0)))
        yield [portal for client in started for portal in opened(client)]


def opened(client):
    for object_type in ("contacts", "companies"):
        done = client.http.post(
            "/sandbox/edit", json={"create": 2, "update": 3, "archive": 1, "merge": 1, "object_type": object_type}
        )
        assert done.status_code == 200
    for grant in ({}, {"account": 1}, {"scopes": ["oauth", "crm.objects.companies.read"]}):
        granted = client.grant(**grant)
        yield Portal(client, granted["access_token"], granted["refresh_token"], known(client))


def known(client):
    """What exists: ids by object type, e-mail addresses, cursors."""
    found = {"emails": ["a@b.example"], "after": ["0"]}
    for object_type in ("contacts", "companies", "deals"):
        pages = [
            client.get(f"/crm/objects/{VERSION}/{object_type}", limit=20, archived=archived).json()
            for archived in ("false", "true")
        ]
        found[object_type] = [record["id"] for page in pages for record in page.get("results", [])] or ["77"]
        found["after"] += [page["paging"]["next"]["after"] for page in pages if "paging" in page]
        found["emails"] += [r["properties"].get("email") or "x" for page in pages for r in page.get("results", [])]
    return found


def check(specification, method, path, answer):
    """Raise ValidationError where an answer is not as HubSpot's files, or what is known to differ from them, say."""
    body = answer.json()
    if path.startswith("/oauth/") and answer.status_code == 400:
        jsonschema.validate(body, openapi.OAUTH_ERROR)
    elif path.endswith("/token") and answer.status_code == 200:
        jsonschema.validate(body, openapi.TOKEN)
    elif path.endswith("/token/revoke") and answer.status_code == 200:
        assert body == {}
    else:
        specification.check(method, path, answer.status_code, body)


def test_every_answer_to_every_request_is_as_specified(specification, portals):
    seen = Counter()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=not SOAK,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, len(portals) - 1), REQUESTS)
    def hold(number, asked):
        note(repr(portals[number].client.settings))
        path, answer = send(portals[number], asked)
        assert answer.status_code in {200, 207, 400, 401, 403, 404, 429}, answer.text
        assert answer.headers["content-type"] == "application/json;charset=utf-8"
        check(specification, asked.method, path, answer)
        if answer.status_code not in {200, 207} and "correlationId" in answer.json():
            assert answer.json()["correlationId"] == answer.headers["x-hubspot-correlation-id"]
        seen[asked.method, asked.template, answer.status_code] += 1

    hold()

    served = {(method, template) for method, template, status in seen if status == 200}
    assert served == {pair for pair in specification.described() if is_read(pair)}
    assert {status for _, _, status in seen} == {200, 207, 400, 401, 403, 404, 429}


def is_read(pair):
    """Tell which of HubSpot's operations a read-only client has: all that read, but for usage and audit reports."""
    method, template = pair
    reads = method == "GET" or template.endswith(("/read", "/search")) or template.startswith("/oauth/")
    return reads and not re.search(r"/(audit|private-apps|stages/\{stageId\})$", template)


@pytest.mark.parametrize("kind", ["burst", "secondly", "daily", "expired", "unauthenticated", "missing_scopes"])
@pytest.mark.parametrize("status", [None, 423, 477, 500, 503])
def test_errors_on_request_are_as_specified(specification, portals, kind, status):
    client = portals[0].client
    client.faults({"route": "list", **({"status": status} if status else {"kind": kind})})
    client.grant()

    answer = client.get(f"/crm/objects/{VERSION}/contacts")

    assert answer.status_code == status or status is None
    check(specification, "GET", f"/crm/objects/{VERSION}/contacts", answer)


def test_an_address_that_is_too_long_gets_the_one_answer_that_is_no_json(portals):
    answer = portals[0].client.get(f"/crm/objects/{VERSION}/contacts", properties="x" * 9000)

    assert (answer.status_code, answer.headers["content-type"]) == (414, "text/html;charset=utf-8")


def spoil(path, value):
    """Return a mutation that sets a member, or with ... removes it."""

    def mutate(body):
        *way, last = path
        place = body
        for step in way:
            place = place[step]
        if value is ...:
            del place[last]
        else:
            place[last] = value

    return mutate


RECORD = ("results", 0)


@pytest.mark.parametrize(
    "mutate",
    [
        spoil(("results",), ...),
        spoil(("results",), {}),
        spoil(("total",), 3),
        spoil(("paging", "next", "after"), 5),
        spoil(("paging", "next", "after"), ...),
        spoil(("paging", "next", "lnik"), "x"),
        spoil((*RECORD, "id"), 5),
        spoil((*RECORD, "id"), ...),
        spoil((*RECORD, "createdAt"), "yesterday"),
        spoil((*RECORD, "createdAt"), "2026-13-01T00:00:00.000Z"),
        spoil((*RECORD, "updatedAt"), ...),
        spoil((*RECORD, "archived"), "false"),
        spoil((*RECORD, "properties", "email"), 5),
        spoil((*RECORD, "associations"), []),
        spoil((*RECORD, "associations", "companies"), {"results": [{"id": "1"}]}),
        spoil((*RECORD, "propertiesWithHistory"), {"email": [{"value": "x"}]}),
        spoil((*RECORD, "surprise"), 1),
    ],
)
def test_a_changed_answer_is_found_out(specification, portals, mutate):
    client = portals[-4].client
    client.grant()
    path = f"/crm/objects/{VERSION}/contacts"
    body = client.get(path, limit=3, associations="companies", propertiesWithHistory="email").json()
    body["results"][0].setdefault("associations", {})
    specification.check("GET", path, 200, body)

    changed = copy.deepcopy(body)
    mutate(changed)

    assert changed != body
    with pytest.raises(jsonschema.ValidationError):
        specification.check("GET", path, 200, changed)


@pytest.mark.parametrize(
    ("method", "path", "schema"),
    [
        ("GET", "/crm/objects/2026-09/contacts", "CollectionResponseSimplePublicObjectWithAssociationsForwardPaging"),
        ("GET", "/crm/objects/2026-09/contacts/1", "SimplePublicObjectWithAssociations"),
        ("POST", "/crm/objects/2026-09/contacts/search", "CollectionResponseWithTotalSimplePublicObject"),
        ("POST", "/crm/objects/2026-09/contacts/batch/read", "BatchResponseSimplePublicObject"),
        ("GET", "/crm/properties/2026-09/contacts/groups", "CollectionResponsePropertyGroupNoPaging"),
        ("GET", "/crm/properties/2026-09/contacts/email", "Property"),
        ("GET", "/crm/owners/2026-09/1", "PublicOwner"),
        ("POST", "/oauth/2026-09/token/introspect", "TokenInfoResponseBaseIF"),
    ],
)
def test_a_path_leads_to_its_own_schema_and_its_errors_to_theirs(specification, method, path, schema):
    found = {v.schema["$ref"] for v in specification.validators(method, path, 200)}
    errors = {v.schema["$ref"] for v in specification.validators(method, path, 404)}

    assert found == {f"#/components/schemas/{schema}"}
    assert errors == {"#/components/schemas/Error"}


def test_a_path_that_no_file_describes_is_no_silent_pass(specification):
    with pytest.raises(LookupError):
        specification.check("GET", "/crm/objects/2026-09/contacts/1/associations/companies", 200, {})


def test_known_differences_are_about_schemas_that_exist(specification):
    names = {name for document in specification.documents.values() for name in document.schemas}

    assert {difference.schema for difference in openapi.DIFFERENCES} <= names
    assert all(difference.why for difference in openapi.DIFFERENCES)
