"""Which contacts work at which companies: all links, the primary ones marked, not only each contact's own company.

HubSpot does not move a record's date when only its links change, so they are read whole every time: a thousand
companies a call, under a limit of their own.
Source: https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.pool import AsyncResult, ThreadPool
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.api import crm
from hubspot.api.client import Client
from hubspot.portal import COMPANIES, CONTACTS

LINKS = "links"
SCHEMA = pa.schema(
    [
        pa.field("contact_id", pa.int64(), nullable=False),
        pa.field("company_id", pa.int64(), nullable=False),
        pa.field("is_primary", pa.bool_(), nullable=False),
    ]
)
_AT_ONCE = 4
_MOST_PAGES = 2_000  # of one company: 200,000 contacts


class LinkReader:
    """Reads the links of companies while their records still arrive. A context manager, for its threads."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pool = ThreadPool(_AT_ONCE)
        self._waiting: list[int] = []
        self._seen: set[int] = set()
        self._asked: list[AsyncResult[_Answer]] = []
        self._walks: defaultdict[str, crm.Walk] = defaultdict(partial(crm.Walk, _MOST_PAGES))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.terminate()

    def add(self, company_ids: Iterable[int], *, are_last: bool = False) -> None:
        """Take companies whose links are to be read; those given before are not read again.

        A thousand are asked for at once, fewer when these are the last for now.
        """
        new = [each for each in company_ids if each not in self._seen]
        self._seen.update(new)
        self._waiting.extend(new)
        while len(self._waiting) >= crm.LINKS_LIMIT or (are_last and self._waiting):
            self._ask()

    def table(self) -> pa.Table:
        """Return all links, in order of contacts and companies, when they are there.

        Columns: contact_id, company_id (both int64), is_primary. Raises what the client raises.
        """
        self.add((), are_last=True)
        table = pa.concat_tables([SCHEMA.empty_table(), *self._tables()])
        return table.sort_by([("contact_id", "ascending"), ("company_id", "ascending")])

    def _tables(self) -> Iterator[pa.Table]:
        """Yield what is there, then what the first answers left out of large companies, of all of them together.

        Raises UnreadableResponse where a company's contacts would never come to an end.
        """
        while self._asked:
            answers, self._asked = [asked.get() for asked in self._asked], []
            yield from (each.table for each in answers)
            for each in answers:
                self._prove(each)
            left = [each for answer in answers for each in answer.following]
            for start in range(0, len(left), crm.LINKS_LIMIT):
                self._post(left[start : start + crm.LINKS_LIMIT])

    def _prove(self, answer: "_Answer") -> None:
        for each in answer.following:
            self._walks[each["id"]].goes_on(each["after"], answer.contacts[each["id"]])

    def _ask(self) -> None:
        ids, self._waiting = self._waiting[: crm.LINKS_LIMIT], self._waiting[crm.LINKS_LIMIT :]
        self._post([{"id": str(each)} for each in ids])

    def _post(self, inputs: list[dict[str, str]]) -> None:
        self._asked.append(self._pool.apply_async(_read, (self._client, inputs)))


@dataclass(frozen=True, slots=True)
class _Answer:
    """Links, what asks for the rest of them, and the contacts of the companies that have a rest."""

    table: pa.Table
    following: Sequence[dict[str, str]]
    contacts: Mapping[str, Sequence[int]]


def _read(client: Client, inputs: Sequence[dict[str, str]]) -> _Answer:
    links, following = crm.links(client, COMPANIES, CONTACTS, inputs=inputs)
    columns = [contact for _, contact, _ in links], [company for company, _, _ in links], [each[2] for each in links]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)]
    contacts: dict[str, list[int]] = {each["id"]: [] for each in following}
    for company, contact, _ in links if following else ():
        contacts.get(str(company), []).append(contact)
    return _Answer(pa.Table.from_arrays(arrays, schema=SCHEMA), following, contacts)


def with_links(tables: Mapping[str, pa.Table], links: pa.Table) -> dict[str, pa.Table]:
    """Return contacts and companies whose columns about each other say what the links say, and the links beside them.

    These are `associatedcompanyid`, the primary company, and `num_associated_contacts`; the copies of them that HubSpot
    keeps in records are not always of the same moment.
    """
    contacts, companies = tables[CONTACTS], tables[COMPANIES]
    known = links.filter(pc.is_in(links["contact_id"], contacts["hs_object_id"].combine_chunks()))
    primary = known.filter(known["is_primary"])
    at = pc.index_in(contacts["hs_object_id"], primary["contact_id"].combine_chunks())
    own_company = primary["company_id"].combine_chunks().take(at.combine_chunks())
    ids = companies["hs_object_id"].to_numpy()
    linked = np.sort(known["company_id"].to_numpy())
    counts = np.searchsorted(linked, ids, "right") - np.searchsorted(linked, ids, "left")
    return {
        **tables,
        LINKS: known,
        CONTACTS: _replaced(contacts, "associatedcompanyid", own_company),
        COMPANIES: _replaced(companies, "num_associated_contacts", pa.array(counts)),
    }


def _replaced(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    at = table.schema.get_field_index(name)
    if at < 0:
        return table
    field = table.schema.field(at)
    return table.set_column(at, field, values.cast(field.type))
