"""HubSpot's CRM endpoints, one function each. Reading only.

Source: https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any, TypeVar
from urllib.parse import quote

from hubspot.api import protocol
from hubspot.api.client import Client
from hubspot.api.decoder import NOT_DOCUMENTED
from hubspot.api.limits import Lane, Permit
from hubspot.api.protocol import Page, RawPage, Record
from hubspot.errors import UnreadableResponse
from hubspot.portal import Account, Owner, Property

T = TypeVar("T")
SAME_PAGE = "HubSpot's pages come again and again, so the load was ended. Try again in a minute."
LIST_LIMIT = 100
SEARCH_LIMIT = 200
FILTER_GROUPS = 5
BATCH_LIMIT = 100
# Of one walk: 20 million records, and more than HubSpot lets one account hold.
MOST_PAGES = 200_000
# Pages in succession that bring nothing new and still name another one; a few are empty where records were deleted.
MOST_BARREN = 20
LINKS_LIMIT = 1_000
OWNERS_LIMIT = 100
# HubSpot's edge answers 414 to URLs of about 8 kB; this leaves room for everything else in it.
PROPERTIES_BYTES = 5_000


def account(client: Client) -> Account:
    """Return the account behind the token. Needs the scope `oauth` only."""
    return client.get(protocol.ACCOUNT_PATH, protocol.read_account)


def properties(client: Client, object_type: str) -> tuple[Property, ...]:
    """Return every property definition of an object type, HubSpot's own and the portal's."""
    return client.get(protocol.properties_path(object_type), protocol.read_properties)


def property_groups(client: Client, object_type: str) -> dict[str, str]:
    """Return the labels of the groups in which an object type's properties are shown, by internal name, in order."""
    return client.get(protocol.groups_path(object_type), protocol.read_groups)


def owners(client: Client, *, archived: bool = False) -> tuple[Owner, ...]:
    """Return the owners, or the deactivated ones, to whom records may still be assigned. Raises MissingScopes."""
    path = f"{protocol.OWNERS_PATH}?limit={OWNERS_LIMIT}&archived={_word(archived)}"

    def page(after: str | None) -> Page[Owner]:
        return client.get(f"{path}{_cursor(after)}", protocol.read_owners)

    return tuple(owner for each in _pages(page, attrgetter("id")) for owner in each.results)


def list_page(  # noqa: PLR0913 - each is a parameter of the endpoint
    client: Client,
    object_type: str,
    *,
    properties: Sequence[str],
    after: str | None = None,
    limit: int = LIST_LIMIT,
    archived: bool = False,
) -> Page[Record]:
    """Return one page of records, ascending by id.

    HubSpot ignores names it does not know, and answers 414 to more than about 5 kB of them: `fitting` cuts a list.
    """
    path = _list_path(object_type, properties, after=after, limit=limit, archived=archived)
    return client.get(path, protocol.read_page)


def iter_pages(
    client: Client, object_type: str, *, properties: Sequence[str], archived: bool = False
) -> Iterator[Page[Record]]:
    """Walk through all records of an object type, page by page.

    Raises UnreadableResponse when HubSpot repeats a cursor or brings nothing new, instead of turning round for ever.
    """

    def page(after: str | None) -> Page[Record]:
        return list_page(client, object_type, properties=properties, after=after, archived=archived)

    return _pages(page, itemgetter("id"))


def list_raw(  # noqa: PLR0913 - each is a parameter of the endpoint
    client: Client,
    object_type: str,
    *,
    properties: Sequence[str],
    after: str | None = None,
    limit: int = LIST_LIMIT,
    permit: Permit | None = None,
) -> RawPage:
    """Return one page as `list_page` does, its records unread."""
    return client.get(
        _list_path(object_type, properties, after=after, limit=limit), protocol.read_raw_page, permit=permit
    )


def search_raw(  # noqa: PLR0913 - each is a field of the endpoint's body
    client: Client,
    object_type: str,
    *,
    groups: Sequence[Sequence[Mapping[str, Any]]],
    properties: Sequence[str],
    after: int = 0,
    permit: Permit | None = None,
) -> RawPage:
    """Return one full page as `search_page` does, ascending by id, its records unread.

    They match all filters of one of the up to five groups.
    """
    body = _question(groups, sort="hs_object_id", descending=False, properties=properties, limit=SEARCH_LIMIT)
    body["after"] = str(after)
    path = protocol.search_path(object_type)
    return client.post(path, body, protocol.read_raw_page, lane=Lane.SEARCH, permit=permit)


def search_page(  # noqa: PLR0913 - each is a field of the endpoint's body
    client: Client,
    object_type: str,
    *,
    filters: Sequence[Mapping[str, Any]] = (),
    sort: str = "hs_object_id",
    descending: bool = False,
    properties: Sequence[str] = (),
    after: str | None = None,
    limit: int = SEARCH_LIMIT,
) -> Page[Record]:
    """Return one page of the records that match all filters, and their `total`.

    HubSpot's index lags behind edits, and pages end at 10,000 records.
    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
    """
    body = _question([filters] if filters else [], sort=sort, descending=descending, properties=properties, limit=limit)
    if after is not None:
        body["after"] = after
    return client.post(protocol.search_path(object_type), body, protocol.read_page, lane=Lane.SEARCH)


def count(client: Client, object_type: str, *, filters: Sequence[Mapping[str, Any]] = ()) -> int | None:
    """Return how many records match all filters, within the index's lag; None where HubSpot does not say."""
    return search_page(client, object_type, filters=filters, properties=("hs_object_id",), limit=1).total


def batch_read(
    client: Client, object_type: str, *, ids: Sequence[int], properties: Sequence[str]
) -> tuple[Record, ...]:
    """Return up to 100 records by id. Ids HubSpot does not know are missing; a merged one comes under its new id."""
    body = {"inputs": [{"id": str(each)} for each in ids], "properties": list(properties)}
    page = client.post(protocol.batch_read_path(object_type), body, protocol.read_page)
    _at_most(len(ids), page.results)
    return page.results


def batch_raw(client: Client, object_type: str, *, ids: Sequence[int], properties: Sequence[str]) -> RawPage:
    """Return up to 100 records by id as `batch_read` does, unread; in no order."""
    body = {"inputs": [{"id": str(each)} for each in ids], "properties": list(properties)}
    page = client.post(protocol.batch_read_path(object_type), body, protocol.read_raw_page)
    _at_most(len(ids), page.ids)
    return page


def links(
    client: Client, from_type: str, to_type: str, *, inputs: Sequence[Mapping[str, str]]
) -> tuple[tuple[tuple[int, int, bool], ...], list[dict[str, str]]]:
    """Return which records belong to up to 1,000 others, as (from, to, is the primary one), and what is left.

    Inputs are {"id"}, or {"id", "after"} to go on: HubSpot sends the first 100 of each. The second value is the inputs
    that ask for the rest, none where there is none; a `Walk` of each proves that they end. Raises UnreadableResponse
    for records that were not asked for, and when HubSpot repeats a cursor.
    """
    path = protocol.associations_path(from_type, to_type)
    page = client.post(path, {"inputs": list(inputs)}, protocol.read_links, lane=Lane.ASSOCIATIONS)
    asked = {each["id"]: each.get("after") for each in inputs}
    if not {*page.after, *(str(source) for source, _, _ in page.links)} <= asked.keys():
        raise UnreadableResponse(NOT_DOCUMENTED)
    if any(asked[record_id] == after for record_id, after in page.after.items()):
        raise UnreadableResponse(SAME_PAGE)
    following = [{"id": record_id, "after": after} for record_id, after in page.after.items()]
    return page.links, following


def fitting(names: Iterable[str]) -> tuple[str, ...]:
    """Return the first of these property names that fit into one URL."""
    fitted, size = [], 0
    for name in names:
        size += len(quote(name, safe="")) + 1
        if size > PROPERTIES_BYTES:
            break
        fitted.append(name)
    return tuple(fitted)


def _list_path(
    object_type: str, properties: Sequence[str], *, after: str | None, limit: int, archived: bool = False
) -> str:
    # Commas stay raw: written as %2C each would take three bytes of the URL.
    names = ",".join(quote(name, safe="") for name in properties)
    path = f"{protocol.objects_path(object_type)}?limit={limit}&archived={_word(archived)}&properties={names}"
    return f"{path}{_cursor(after)}"


def _question(
    groups: Sequence[Sequence[Mapping[str, Any]]],
    *,
    sort: str,
    descending: bool,
    properties: Sequence[str],
    limit: int,
) -> dict[str, Any]:
    return {
        "filterGroups": [{"filters": list(filters)} for filters in groups],
        "sorts": [{"propertyName": sort, "direction": "DESCENDING" if descending else "ASCENDING"}],
        "properties": list(properties),
        "limit": limit,
    }


class Walk:
    """The proof that a walk from cursor to cursor ends, after `most` pages at the latest.

    No cursor comes twice, and pages bring what was not there before.
    """

    def __init__(self, most: int = MOST_PAGES) -> None:
        self._most = most
        self._cursors: set[str] = set()
        self._met: set[object] = set()
        self._pages = self._barren = 0

    def goes_on(self, after: str, ids: Iterable[object]) -> None:
        """Take a page that names another one. Raises UnreadableResponse where the walk would never end."""
        before = len(self._met)
        self._met.update(ids)
        self._pages += 1
        self._barren = 0 if len(self._met) > before else self._barren + 1
        if after in self._cursors or self._barren >= MOST_BARREN or self._pages >= self._most:
            raise UnreadableResponse(SAME_PAGE)
        self._cursors.add(after)


def _pages(page: Callable[[str | None], Page[T]], identify: Callable[[T], object]) -> Iterator[Page[T]]:
    after, walk = None, Walk()
    while True:
        found = page(after)
        yield found
        if found.after is None:
            return
        after = found.after
        walk.goes_on(after, map(identify, found.results))


def _at_most(asked: int, found: Sequence[object]) -> None:
    if len(found) > asked:
        raise UnreadableResponse("HubSpot's answer holds more than was asked for. Trying again may help.")


def _cursor(after: str | None) -> str:
    return "" if after is None else f"&after={quote(after, safe='')}"


def _word(flag: bool) -> str:  # noqa: FBT001 - it only spells the flag
    return "true" if flag else "false"
