"""A HubSpot whose pages never end: every walk stops by proof, after few requests."""

import itertools

import httpx
import pytest

from hubspot.api import crm
from hubspot.api.client import HubSpot
from hubspot.errors import UnreadableResponse
from hubspot.sync.links import LinkReader
from tests.answering import Answering

CURSORS = {
    "one cursor": lambda: itertools.repeat("A"),
    "A, B, A": lambda: itertools.cycle("AB"),
    "ever new ones": lambda: map(str, itertools.count()),
    "backwards": lambda: map(str, itertools.count(10**6, -1)),
}


class Endless:
    """Answers of one body whose every page names another one."""

    def __init__(self, body, cursors):
        self.body, self.cursors, self.requests = body, cursors(), 0

    def __call__(self, _request):
        self.requests += 1
        assert self.requests < 100, "an endless walk"
        return httpx.Response(200, json=self.body({"next": {"after": next(self.cursors)}}))

    def client(self):
        http = httpx.Client(transport=Answering(self))
        return HubSpot("https://api.example", http=http).client(42, lambda _rejected: "token")


@pytest.fixture(params=CURSORS.values(), ids=CURSORS)
def cursors(request):
    return request.param


@pytest.mark.parametrize("results", [[], [{"id": "7"}]])
def test_owners_without_an_end_are_unreadable(cursors, results):
    with pytest.raises(UnreadableResponse, match="again and again"):
        crm.owners(Endless(lambda paging: {"results": results, "paging": paging}, cursors).client())


@pytest.mark.parametrize("results", [[], [{"id": "7", "properties": {}}]])
def test_records_without_an_end_are_unreadable(cursors, results):
    client = Endless(lambda paging: {"results": results, "paging": paging}, cursors).client()

    with pytest.raises(UnreadableResponse, match="again and again"):
        list(crm.iter_pages(client, "contacts", properties=(), archived=True))


@pytest.mark.parametrize("to", [[], [{"toObjectId": 11}]])
def test_links_without_an_end_are_unreadable(cursors, to):
    portal = Endless(lambda paging: {"results": [{"from": {"id": "1"}, "to": to, "paging": paging}]}, cursors)

    with LinkReader(portal.client()) as links:
        links.add([1])
        with pytest.raises(UnreadableResponse, match="again and again"):
            links.table()


def test_links_of_records_nobody_asked_for_are_unreadable(cursors):
    portal = Endless(lambda paging: {"results": [{"from": {"id": "2"}, "to": [], "paging": paging}]}, cursors)

    with LinkReader(portal.client()) as links:
        links.add([1])
        with pytest.raises(UnreadableResponse, match="form HubSpot documents"):
            links.table()


@pytest.mark.parametrize("read", [crm.batch_read, crm.batch_raw])
def test_a_batch_with_more_records_than_were_asked_for_is_unreadable(read):
    results = [{"id": str(each), "properties": {}} for each in (1, 2, 3)]
    client = Endless(lambda _paging: {"results": results}, CURSORS["one cursor"]).client()

    with pytest.raises(UnreadableResponse, match="more than was asked for"):
        read(client, "contacts", ids=(1, 2), properties=())
