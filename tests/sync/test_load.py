import json
import re
import threading
import time

import httpx
import pytest

from hubspot.api.client import HubSpot
from hubspot.errors import LoadStopped, MissingScopes, ResponseError, Unauthorized
from hubspot.sync.load import load
from tests.answering import Answering
from tests.sync.notebook import Notebook, Nowhere

MISSING = httpx.Response(403, json={"category": "MISSING_SCOPES"})
BOTH = ("contacts", "companies")


class Portal:
    """A HubSpot of five contacts and three companies, two to a page; `overrides` answer instead, by path's end."""

    def __init__(self, **overrides):
        self.overrides = overrides
        self.numbers = {"contacts": 5, "companies": 3}
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        name, object_type = route(request.url.path)
        override = self.overrides.get(f"{name}_{object_type}", self.overrides.get(name))
        if override is not None:
            return override(request) if callable(override) else override
        return httpx.Response(200, json=getattr(self, name)(request, object_type))

    def account(self, _request, _object_type):
        return {"portalId": 42, "timeZone": "Europe/Berlin"}

    def owners(self, request, _object_type):
        archived = request.url.params["archived"] == "true"
        return {"results": [{"id": "8" if archived else "7", "archived": archived}]}

    def properties(self, _request, _object_type):
        return {"results": [{"name": "hubspotscore", "label": "Score", "type": "number", "hubspotDefined": True}]}

    def groups(self, _request, object_type):
        return {"results": [{"name": "scores", "label": f"Scores of {object_type}", "displayOrder": 0}]}

    def links(self, request, _object_type):
        kinds = [{"category": "HUBSPOT_DEFINED", "typeId": 2}]
        companies = [each["id"] for each in json.loads(request.content)["inputs"]]
        first = (
            [{"from": {"id": "1"}, "to": [{"toObjectId": 5, "associationTypes": kinds}]}] if "1" in companies else []
        )
        return {"results": first}

    def search(self, _request, object_type):
        return {"results": [], "total": self.numbers[object_type]}

    def list(self, request, object_type):
        first, end = int(request.url.params.get("after", 1)), self.numbers[object_type]
        results = [
            {"id": str(each), "properties": {"hubspotscore": "many" if each == 1 else str(each)}}
            for each in range(first, min(first + 2, end + 1))
        ]
        return {"results": results} | ({"paging": {"next": {"after": str(first + 2)}}} if first + 2 <= end else {})


def test_everything_is_loaded_once_and_told():
    notebook = Notebook()

    loaded = run(Portal(), notebook)

    assert loaded.tables["contacts"]["hs_object_id"].to_pylist() == [1, 2, 3, 4, 5]
    assert loaded.tables["companies"]["hs_object_id"].to_pylist() == [1, 2, 3]
    assert loaded.tables["contacts"].schema.names == ["hs_object_id", "createdate", "lastmodifieddate", "hubspotscore"]
    assert loaded.tables["links"].to_pylist() == [{"contact_id": 5, "company_id": 1, "is_primary": True}]
    assert loaded.verbatim == {name: {"hubspotscore": {1: "many"}} for name in BOTH}
    assert [owner.id for owner in loaded.portal.owners] == ["7", "8"]
    assert loaded.portal.account.time_zone == "Europe/Berlin"
    assert loaded.portal.groups["companies"] == {"scores": "Scores of companies"}
    assert notebook.facts == loaded.portal
    assert sorted(notebook.arrivals) == [
        ("companies", 1),
        ("companies", 2),
        *[("contacts", each) for each in (1, 2, 2)],
    ]
    assert set(notebook.builders) == set(BOTH)


def test_totals_are_told_before_the_load_ends():
    notebook = Notebook()
    counted = threading.Event()
    notebook.total = lambda *_: counted.set()
    portal = Portal()
    portal.overrides["list_companies"] = lambda request: (
        httpx.Response(200, json=portal.list(request, "companies"))
        if request.url.params["properties"] == "hs_object_id" or counted.wait(5)
        else httpx.Response(400)
    )

    run(portal, notebook)

    assert counted.is_set()


def test_a_portal_whose_search_is_broken_is_loaded_without_totals():
    notebook = Notebook()

    loaded = run(Portal(search=httpx.Response(400)), notebook)

    assert loaded.tables["contacts"].num_rows == 5
    assert notebook.totals == {}


def test_without_the_scope_for_owners_the_rest_is_loaded_and_a_note_says_so():
    notebook = Notebook()

    loaded = run(Portal(owners=MISSING), notebook)

    assert loaded.portal.owners == ()
    assert loaded.tables["contacts"].num_rows == 5
    assert len(notebook.notes) == 1
    assert "owners" in notebook.notes[0]


@pytest.mark.parametrize("extra", [{}, {"properties_companies": MISSING, "search": MISSING}])
def test_an_object_type_that_was_not_granted_is_left_out_with_a_note(extra):
    notebook = Notebook()

    loaded = run(Portal(list_companies=MISSING, **extra), notebook)

    assert set(loaded.tables) == {"contacts"}
    assert "companies" in notebook.notes[0]


def test_a_load_that_may_read_nothing_fails():
    with pytest.raises(MissingScopes):
        run(Portal(list_contacts=MISSING, list_companies=MISSING), Notebook())


def test_a_failure_in_one_object_type_ends_the_load_at_once():
    portal = Portal(list_contacts=httpx.Response(400))
    portal.overrides["list_companies"] = lambda _request: time.sleep(5) or httpx.Response(200, json={"results": []})

    began = time.monotonic()
    with pytest.raises(ResponseError):
        run(portal, Notebook())

    assert time.monotonic() - began < 4


def test_after_a_failure_the_other_walk_sends_nothing_more():
    portal = Portal(list_contacts=httpx.Response(400))
    endless = {"results": [{"id": "1", "properties": {}}]}
    cursors = iter(range(10**6))
    portal.overrides["list_companies"] = lambda _request: (
        time.sleep(0.01) or httpx.Response(200, json=endless | {"paging": {"next": {"after": str(next(cursors))}}})
    )

    with pytest.raises(ResponseError):
        run(portal, Notebook())
    time.sleep(0.1)
    sent = len(portal.requests)
    time.sleep(0.1)

    assert len(portal.requests) == sent


def test_a_refused_token_ends_the_load():
    with pytest.raises(Unauthorized):
        run(Portal(account=httpx.Response(401)), Notebook())


def test_a_load_is_stopped_between_two_pages():
    portal, notebook = Portal(), Notebook()
    portal.numbers["contacts"] = 500
    stopping = threading.Event()
    notebook.arrived = lambda *_: stopping.set()

    with pytest.raises(LoadStopped):
        run(portal, notebook, stop=stopping.is_set)

    assert sum(request.url.path.endswith("/contacts") for request in portal.requests) < 100


def test_only_the_object_types_asked_for_are_read():
    portal = Portal()

    loaded = run(portal, Notebook(), object_types=("companies",))

    assert set(loaded.tables) == set(loaded.portal.properties) == {"companies"}
    assert not any("contacts" in str(request.url) for request in portal.requests)


def test_no_thread_stays_behind_when_search_never_answers():
    answering = threading.Event()
    portal = Portal()
    portal.overrides["search"] = lambda _request: answering.wait(10) and httpx.Response(400)

    run(portal, Notebook())
    answering.set()

    deadline = time.monotonic() + 5
    while [each for each in threading.enumerate() if "(worker)" in each.name]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_search_bodies_hold_no_filter_when_counting():
    portal = Portal()
    run(portal, Notebook())

    bodies = [json.loads(request.content) for request in portal.requests if request.url.path.endswith("/search")]
    assert all(body["filterGroups"] == [] and body["limit"] == 1 for body in bodies)


def route(path):
    """Return which endpoint a path is, and its object type where it has one."""
    patterns = {
        "account": r"/account-info/[^/]+/details()",
        "owners": r"/crm/owners/[^/]+()",
        "properties": r"/crm/properties/[^/]+/(\w+)",
        "groups": r"/crm/properties/[^/]+/(\w+)/groups",
        "links": r"/crm/associations/[^/]+/(\w+)/\w+/batch/read",
        "search": r"/crm/objects/[^/]+/(\w+)/search",
        "list": r"/crm/objects/[^/]+/(\w+)",
    }
    return next((name, found[1]) for name, pattern in patterns.items() if (found := re.fullmatch(pattern, path)))


def run(portal, notebook, *, object_types=BOTH, **client):
    with httpx.Client(transport=Answering(portal)) as http:
        hubspot = HubSpot("https://api.example", http=http)
        return load(hubspot.client(42, lambda _rejected: "token", **client), object_types, notebook, Nowhere())
