"""Requests nobody should send: each is answered, none with a 5xx."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CONTACTS = "/crm/objects/2026-09/contacts"
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
FILTER = st.dictionaries(
    st.sampled_from(["propertyName", "operator", "value", "highValue", "values"]),
    st.one_of(
        ANYTHING, st.sampled_from(["email", "createdate", "num_notes", "associations.0-2", "EQ", "BETWEEN", "IN"])
    ),
)
MEMBERS = {
    "inputs": st.one_of(ANYTHING, st.lists(st.dictionaries(st.sampled_from(["id", "after", "name"]), ANYTHING))),
    "filterGroups": st.one_of(ANYTHING, st.lists(st.fixed_dictionaries({"filters": st.lists(FILTER)}), max_size=3)),
    **dict.fromkeys(("filters", "sorts", "query", "limit", "after", "properties"), ANYTHING),
    **dict.fromkeys(("propertiesWithHistory", "idProperty", "archived"), ANYTHING),
    **dict.fromkeys(("account", "user_id", "scopes", "create", "update", "object_type"), ANYTHING),
}
BODIES = st.one_of(ANYTHING, st.fixed_dictionaries({}, optional=MEMBERS)).map(json.dumps)
PATHS = [
    f"{CONTACTS}/search",
    f"{CONTACTS}/batch/read",
    "/crm/objects/2026-09/deals/search",
    "/crm/associations/2026-09/contacts/companies/batch/read",
    "/crm/v3/associations/companies/contacts/batch/read",
    "/crm/properties/2026-09/contacts/batch/read",
    "/sandbox/token",
    "/sandbox/faults",
]
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(["limit", "after", "properties", "archived", "associations", "idProperty", "email", "locale"]),
        st.text(max_size=12),
    ),
    max_size=4,
)
NO_CHECKS = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("path", PATHS)
def test_no_body_makes_it_fail(client, path):
    @NO_CHECKS
    @given(BODIES)
    def hold(body):
        answer = client.http.post(path, content=body, headers=client.headers())
        assert answer.status_code < 500, answer.text
        assert answer.headers["x-hubspot-correlation-id"]

    hold()
    client.faults()


@pytest.mark.parametrize("path", [CONTACTS, f"{CONTACTS}/1", f"{CONTACTS}/1/associations/deals", "/crm/owners/2026-09"])
def test_no_query_makes_it_fail(client, path):
    @NO_CHECKS
    @given(QUERIES)
    def hold(query):
        assert client.http.get(path, params=query, headers=client.headers()).status_code < 500

    hold()


@pytest.mark.parametrize("limit", ["٣", "²", "+5", " 5", "5.0", "1e1", "0x5", "9" * 30])
def test_a_number_is_written_in_ascii_digits(client, limit):
    assert client.get(CONTACTS, limit=limit).status_code == 400
    assert client.get("/crm/owners/2026-09", limit=limit).status_code == 400


@pytest.mark.parametrize("body", [b"", b"client_id", b"client_id=%ff&client_secret=%00", b"=&=&&;", b"\xff\xfe"])
def test_no_form_makes_a_token_endpoint_fail(client, body):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    for end in ("token", "token/introspect", "token/revoke"):
        assert client.http.post(f"/oauth/2026-09/{end}", content=body, headers=headers).status_code == 400


def test_names_that_are_no_property_find_no_record(client):
    for record_id in ("%00", "%F0%9F%A6%8A", "..%2F1", "-1", "1.0"):
        assert client.http.get(f"{CONTACTS}/{record_id}", headers=client.headers()).status_code in {400, 404}
