"""What HubSpot's good answers mean. Pure: bytes in, values out.

Every reader raises UnreadableResponse for a body that is not what HubSpot documents.
Source: https://developers.hubspot.com/docs/api-reference/latest/overview
"""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hubspot.api.decoder import NOT_DOCUMENTED, NOT_JSON, decode, decode_as, mended
from hubspot.errors import UnreadableResponse
from hubspot.portal import Account, Option, Owner, Property

VERSION = "2026-09"
TOKEN_PATH = f"/oauth/{VERSION}/token"
INTROSPECT_PATH = f"{TOKEN_PATH}/introspect"
REVOKE_PATH = f"{TOKEN_PATH}/revoke"
ACCOUNT_PATH = f"/account-info/{VERSION}/details"
OWNERS_PATH = f"/crm/owners/{VERSION}"

Record = dict[str, Any]
T = TypeVar("T")
_log = logging.getLogger(__name__)
_ID_DIGITS = 18  # what a 64-bit number holds for certain
_PRIMARY = {1, 2}  # contact to its primary company, and the other way round
_UI_DOMAIN = re.compile(r"[a-z0-9-]+\.hubspot\.com")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of results; `after` is the cursor of the next page, None on the last; only search tells `total`."""

    results: tuple[T, ...]
    after: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page of records whose properties nobody has read yet: the bytes, and the records' ids in their order."""

    content: bytes
    ids: tuple[int, ...]
    after: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """Which records belong to others: (from, to, whether it is the primary one), and where a long list goes on."""

    links: tuple[tuple[int, int, bool], ...]
    after: Mapping[str, str]


def objects_path(object_type: str) -> str:
    """Return the path that lists the records of an object type."""
    return f"/crm/objects/{VERSION}/{object_type}"


def search_path(object_type: str) -> str:
    """Return the path that searches the records of an object type."""
    return f"{objects_path(object_type)}/search"


def batch_read_path(object_type: str) -> str:
    """Return the path that reads records by id."""
    return f"{objects_path(object_type)}/batch/read"


def associations_path(from_type: str, to_type: str) -> str:
    """Return the path that reads which records of one object type belong to records of another."""
    return f"/crm/associations/{VERSION}/{from_type}/{to_type}/batch/read"


def properties_path(object_type: str) -> str:
    """Return the path of an object type's property definitions."""
    return f"/crm/properties/{VERSION}/{object_type}"


def groups_path(object_type: str) -> str:
    """Return the path of the groups in which an object type's properties are shown."""
    return f"{properties_path(object_type)}/groups"


def subject(path: str) -> str:
    """Return what a path is about: the object type, else `associations`, `owners` or `account-info`."""
    parts = path.partition("?")[0].strip("/").split("/")
    if parts[:2] in (["crm", "objects"], ["crm", "properties"]):
        return parts[3]
    return parts[1] if parts[0] == "crm" else parts[0]


def read_object(content: bytes) -> dict[str, Any]:
    """Read a JSON object; anything else (HTML, nothing, a part of one) is unreadable."""
    body = decode(content)
    if not isinstance(body, dict):
        raise UnreadableResponse(NOT_JSON)
    return body


def read_page(content: bytes) -> Page[Record]:
    """Read a page of records: list, search and batch read answer alike.

    A record keeps HubSpot's shape; `id` (digits) and `properties` (name → string or None) are there for certain.
    """
    body = read_object(content)
    results = _results(body, _is_record)
    return Page(results, _after(body), _possible(body.get("total"), len(results)))


def read_raw_page(content: bytes) -> RawPage:
    """Read only the ids, the cursor and the total of a page of records, which is much cheaper than `read_page`."""
    # Mended here, as whoever reads the properties later is to find valid Unicode.
    content = mended(content)
    page = decode_as(_decode_ids, content)
    following = page.paging.next if page.paging else None
    ids = tuple(int(each.id) for each in page.results)
    after = str(following.after) if following else None
    return RawPage(content, ids, after, _possible(page.total, len(ids)))


def read_links(content: bytes) -> Links:
    """Read associations; records without any are missing, and a pair with several labels is there once.

    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
    """
    results = decode_as(_decode_links, content).results
    links = tuple(
        (int(each.source.id), int(to.id), any(kind.is_primary for kind in to.kinds))
        for each in results
        for to in each.to
    )
    after = {each.source.id: str(each.paging.next.after) for each in results if each.paging and each.paging.next}
    return Links(links, after)


def read_owners(content: bytes) -> Page[Owner]:
    """Read a page of owners, people and queues alike."""
    body = read_object(content)
    return Page(tuple(_owner(each) for each in _results(body, _is_owner)), _after(body))


def read_properties(content: bytes) -> tuple[Property, ...]:
    """Read an object type's property definitions, without archived ones."""
    definitions = _results(read_object(content), _has_name)
    return tuple(_property(each) for each in definitions if each.get("archived") is not True)


def read_groups(content: bytes) -> dict[str, str]:
    """Read groups of properties: internal names to labels, in HubSpot's order, in which -1 comes after every number.

    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide
    """
    groups = [each for each in _results(read_object(content), _has_name) if each.get("archived") is not True]
    groups.sort(key=_display_order)
    return {each["name"]: _text(each, "label") or each["name"] for each in groups}


def read_account(content: bytes) -> Account:
    """Read the account behind a token.

    A host that is not HubSpot's never becomes part of a link, and an unknown time zone becomes UTC.
    """
    body = read_object(content)
    defaults = Account(hub_id=_integer(body, "portalId"))
    ui_domain = _text(body, "uiDomain")
    return Account(
        hub_id=defaults.hub_id,
        time_zone=_time_zone(_text(body, "timeZone")) or defaults.time_zone,
        currency=_text(body, "companyCurrency") or defaults.currency,
        ui_domain=ui_domain if _UI_DOMAIN.fullmatch(ui_domain) else defaults.ui_domain,
        account_type=_text(body, "accountType") or defaults.account_type,
        name=_text(body, "portalName"),
    )


_Digits = Annotated[str, msgspec.Meta(pattern=rf"^[0-9]{{1,{_ID_DIGITS}}}\Z")]
_Whole = Annotated[int, msgspec.Meta(ge=0, lt=10**_ID_DIGITS)]


class _Id(msgspec.Struct, gc=False):
    id: _Digits


class _Next(msgspec.Struct):
    after: str | int


class _Paging(msgspec.Struct):
    next: _Next | None = None


class _Ids(msgspec.Struct):
    results: list[_Id]
    paging: _Paging | None = None
    total: int | None = None


class _Kind(msgspec.Struct, rename={"type_id": "typeId"}):
    category: str = ""
    type_id: int = 0

    @property
    def is_primary(self) -> bool:
        return self.category == "HUBSPOT_DEFINED" and self.type_id in _PRIMARY


class _To(msgspec.Struct, rename={"id": "toObjectId", "kinds": "associationTypes"}):
    # A number in HubSpot's samples, a text in its specification.
    id: _Whole | _Digits
    kinds: list[_Kind] = []


class _Source(msgspec.Struct):
    id: _Digits


class _From(msgspec.Struct, rename={"source": "from"}):
    source: _Source
    to: list[_To] = []
    paging: _Paging | None = None


class _Links(msgspec.Struct):
    results: list[_From]


_decode_links = msgspec.json.Decoder(_Links).decode
_decode_ids = msgspec.json.Decoder(_Ids).decode


def _results(body: Mapping[str, Any], is_valid: Any) -> tuple[Record, ...]:
    results = body.get("results")
    if not isinstance(results, list) or not all(isinstance(each, dict) and is_valid(each) for each in results):
        raise UnreadableResponse(NOT_DOCUMENTED)
    return tuple(results)


def _is_object(each: Any) -> bool:
    return isinstance(each, dict)


def _is_record(each: Record) -> bool:
    return (
        _has_id(each)
        and each["id"].isdecimal()
        and len(each["id"]) <= _ID_DIGITS
        and isinstance(each.get("properties"), dict)
    )


def _has_id(each: Record) -> bool:
    return isinstance(each.get("id"), str)


def _is_owner(each: Record) -> bool:
    return _has_id(each) or type(each.get("id")) is int


def _has_name(each: Record) -> bool:
    return isinstance(each.get("name"), str)


def _after(body: Mapping[str, Any]) -> str | None:
    paging = body.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    after = following.get("after") if isinstance(following, dict) else None
    return None if after is None else str(after)


def _possible(total: Any, results: int) -> int | None:
    """Return a search's total, None where there is none. Raises UnreadableResponse for a count that can't be."""
    if total is not None and (type(total) is not int or not results <= total < 10**_ID_DIGITS):
        raise UnreadableResponse("HubSpot's answer holds a count that can't be. Trying again may help.")
    return total


def _owner(each: Record) -> Owner:
    return Owner(
        id=str(each["id"]),
        first_name=_text(each, "firstName"),
        last_name=_text(each, "lastName"),
        email=_text(each, "email"),
        archived=each.get("archived") is True,
    )


def _display_order(each: Record) -> tuple[bool, int]:
    order = each.get("displayOrder")
    return (False, order) if isinstance(order, int) and order >= 0 else (True, 0)


def _property(each: Record) -> Property:
    return Property(
        name=each["name"],
        label=_text(each, "label") or each["name"],
        type=_text(each, "type"),
        field_type=_text(each, "fieldType"),
        group=_text(each, "groupName"),
        description=_text(each, "description"),
        options=tuple(_options(each.get("options"))),
        references=_text(each, "referencedObjectType"),
        calculated=each.get("calculated") is True,
        hidden=each.get("hidden") is True,
        hubspot_defined=each.get("hubspotDefined") is True,
        shows_currency=each.get("showCurrencySymbol") is True,
    )


def _options(options: Any) -> Iterable[Option]:
    for each in filter(_is_object, options if isinstance(options, list) else ()):
        value = _text(each, "value")
        order = each.get("displayOrder")
        yield Option(
            value=value,
            label=_text(each, "label") or value,
            display_order=order if isinstance(order, int) else -1,
            hidden=each.get("hidden") is True,
        )


def _text(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    return found if isinstance(found, str) else ""


def _integer(body: Mapping[str, Any], name: str) -> int:
    found = body.get(name)
    if type(found) is not int or not 0 < found < 10**_ID_DIGITS:
        raise UnreadableResponse(f"HubSpot's answer lacks {name}. Trying again may help.")
    return found


def _time_zone(name: str) -> str:
    if not name:
        return ""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        _log.warning("HubSpot named a time zone this system does not know; days are cut at midnight UTC")
        return ""
    return name
