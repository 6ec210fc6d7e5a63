"""Associations: inline with a record, for one record, and in batches; labelled as v4 writes them or typed as v3 does.

Source: https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from hubspot.sandbox import answers
from hubspot.sandbox.answers import JSON, Answer
from hubspot.sandbox.batches import batch_answer, read_inputs
from hubspot.sandbox.links import Link
from hubspot.sandbox.lookup import find_rows
from hubspot.sandbox.objects import find_object_type, object_type
from hubspot.sandbox.paging import next_page, read_limit, read_names, read_position
from hubspot.sandbox.portal import Portal
from hubspot.sandbox.tables import Table
from hubspot.sandbox.wire import Call

LARGEST_BATCH = 1000
BATCH_PAGE = 100
INLINE_PAGE = 100
RECORD_PAGE = 500
SINGULAR = {"contacts": "contact", "companies": "company", "deals": "deal"}
# Type ids from one object type to another: unlabelled, and primary where there is one.
LINK_TYPES: Mapping[tuple[str, str], tuple[int, ...]] = {
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("contacts", "deals"): (4,),
    ("deals", "contacts"): (3,),
    ("companies", "deals"): (342, 6),
    ("deals", "companies"): (341, 5),
}

LinksOf = Callable[[int], Sequence[Link]]
Write = Callable[[Table, tuple[str, str], Sequence[Link]], list[dict[str, Any]]]


def links_of(portal: Portal, pair: tuple[str, str]) -> LinksOf:
    """Return what gives a row's links, in ascending order of id; deals are linked with nothing in a sandbox."""
    if pair == ("contacts", "companies"):
        return lambda row: sorted(portal.companies_of(row))
    return portal.contacts_of if pair == ("companies", "contacts") else lambda _row: ()


def read_batch(call: Call) -> Answer:
    """Answer the labelled links of up to 1,000 records, 100 links each; records without links are absent."""
    return _batch(call, labelled)


def read_typed_batch(call: Call) -> Answer:
    """Answer the same as v3 did: ids with the names of their types."""
    return _batch(call, typed)


def list_labelled(call: Call) -> Answer:
    """Answer one record's labelled links, up to 500 a page."""
    return _list(call, labelled)


def list_typed(call: Call) -> Answer:
    """Answer one record's links as v3 did."""
    return _list(call, typed)


def list_labels(call: Call) -> Answer:
    """Answer the types of links between two object types."""
    return answers.json_answer({"results": [_label(type_id) for type_id in LINK_TYPES.get(_pair(call), ())]})


def _pair(call: Call) -> tuple[str, str]:
    names = call.request.path_params
    return object_type(names.get("from_type") or names["object_type"]), object_type(names["to_type"])


def _batch(call: Call, write: Write) -> Answer:
    pair = _pair(call)
    table, peers = call.place.table(pair[0]), call.place.table(pair[1])
    inputs = {each["id"]: each.get("after", "") for each in read_inputs(call.json(), LARGEST_BATCH)}
    rows = find_rows(table, inputs, archived=False)
    links = links_of(call.place.portal, pair)
    results = []
    for text, row in rows.items():
        found, after = _page(peers, links(row) if row is not None else (), inputs[text], BATCH_PAGE)
        if found:
            paging = {"paging": {"next": {"after": after}}} if after else {}
            results.append(orjson.dumps({"from": {"id": text}, "to": write(peers, pair, found), **paging}))
    return batch_answer(results, started=call.now, missing=[text for text, row in rows.items() if row is None])


def _list(call: Call, write: Write) -> Answer:
    pair, query = _pair(call), call.request.query_params
    table, peers = call.place.table(pair[0]), call.place.table(pair[1])
    limit = read_limit(query.get("limit"), default=RECORD_PAGE, largest=RECORD_PAGE)
    (row,) = find_rows(table, [call.request.path_params["record_id"]], archived=False).values()
    if row is None:
        raise answers.not_found(category="OBJECT_NOT_FOUND")
    found, after = _page(peers, links_of(call.place.portal, pair)(row), query.get("after", ""), limit)
    paging = b',"paging":' + next_page(call, after) if after else b""
    return Answer(200, b'{"results":%b%b}' % (orjson.dumps(write(peers, pair, found)), paging), JSON)


def _page(peers: Table, links: Sequence[Link], after: str, size: int) -> tuple[Sequence[Link], str]:
    """Return a page of links and the cursor of the next one, empty on the last; a cursor is the id it begins with."""
    first = read_position(after) if after else 0
    left = [link for link in links if peers.ids[link[0]] >= first] if first else links
    return left[:size], str(peers.ids[left[size][0]]) if len(left) > size else ""


def labelled(peers: Table, pair: tuple[str, str], links: Sequence[Link]) -> list[dict[str, Any]]:
    """Return links with the ids and labels of their types; the primary one has two."""
    plain, *labels = (_label(type_id) for type_id in LINK_TYPES[pair]) if links else ({},)
    return [
        {"toObjectId": int(peers.ids[row]), "associationTypes": [*(labels if primary else ()), plain]}
        for row, primary in links
    ]


def typed(peers: Table, pair: tuple[str, str], links: Sequence[Link]) -> list[dict[str, Any]]:
    """Return links with the names of their types: the primary one comes twice, typed and unlabelled."""
    kind = f"{SINGULAR[pair[0]]}_to_{SINGULAR[pair[1]]}"
    return [
        {"id": str(peers.ids[row]), "type": name}
        for row, primary in links
        for name in (*((kind,) if primary else ()), f"{kind}_unlabeled")
    ]


def _label(type_id: int) -> dict[str, Any]:
    is_primary = any(type_id in types[1:] for types in LINK_TYPES.values())
    return {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": "Primary" if is_primary else None}


def inline(call: Call, table: Table, rows: Sequence[int], *, collection: str) -> list[bytes] | None:
    """Return the `associations` member of each row, empty for a row without links; None where nobody asked.

    Names of object types that do not exist are ignored, as HubSpot's specification says. Past 100 links a member has
    a `paging` that leads to the rest; `collection` is the address of the object type.
    """
    targets = {find_object_type(name) for name in read_names(call, "associations")} - {""}
    if not targets:
        return None
    ways = [(pair, links_of(call.place.portal, pair)) for pair in LINK_TYPES if pair[0] == table.object_type]
    wanted = [(pair, links) for pair, links in ways if pair[1] in targets]
    return [_inline(call, wanted, row, f"{collection}/{table.ids[row]}/associations") for row in rows]


def _inline(call: Call, ways: Sequence[tuple[tuple[str, str], LinksOf]], row: int, address: str) -> bytes:
    members = {}
    for pair, links in ways:
        peers = call.place.table(pair[1])
        found, after = _page(peers, links(row), "", INLINE_PAGE)
        paging = {"after": after, "link": f"{address}/{pair[1]}?after={after}"}
        if found:
            members[pair[1]] = {"results": typed(peers, pair, found), **({"paging": {"next": paging}} if after else {})}
    return b'"associations":' + orjson.dumps(members) if members else b""
