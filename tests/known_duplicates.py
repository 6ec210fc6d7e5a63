"""Portals with known duplicates as the frames that are searched, and how much of them a search finds."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import pandas as pd

from hubspot.portal import COMPANIES, CONTACTS
from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.portal import Portal
from hubspot.sandbox.portals import NORTHWIND
from hubspot.sandbox.truth import truth_lines

TODAY = date(2026, 11, 23)
PROPERTIES = (
    *("hs_object_id", "createdate", "hs_merged_object_ids", "firstname", "lastname", "email", "hs_additional_emails"),
    *("phone", "mobilephone", "company", "associatedcompanyid", "name", "domain", "hs_additional_domains", "website"),
    *("country", "hs_country_code", "hs_parent_company_id"),
)
IDS = ("associatedcompanyid", "hs_parent_company_id")
# What gives a duplicate away, by the rule that is meant to find it.
MEANT_FOR = {
    "email": {"email", "additional_email"},
    "phone": {"phone_and_last_name"},
    "name": {"name_and_company"},
    "domain": {"domain", "additional_domain"},
    "company_name": {"name_and_country"},
}


@dataclass(frozen=True)
class Quality:
    """How many of the pairs found are known ones, and how many of the known ones were found."""

    right: int
    found: int
    met: int
    known: int

    @property
    def precision(self):
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self):
        return self.met / self.known if self.known else 1.0

    def __str__(self):
        return f"precision {self.precision:.4f} of {self.found:,}, recall {self.recall:.4f} of {self.known:,}"


def portal_of(seed, contacts, companies):
    """Return the frames of a portal by object type, and its known pairs: what gives each away, by its two ids."""
    drawn = Portal(NORTHWIND, SandboxConfig(seed=seed, contacts=contacts, companies=companies, today=TODAY))
    records, known = defaultdict(list), defaultdict(dict)
    for line in map(json.loads, truth_lines(drawn, ("record", "duplicate"), PROPERTIES)):
        if line["kind"] == "duplicate":
            known[line["object_type"]][frozenset(map(int, line["ids"]))] = line["reason"]
        elif not line["archived"]:
            records[line["object_type"]].append(line["properties"])
    return {kind: frame_of(records[kind]) for kind in (CONTACTS, COMPANIES)}, known


def frame_of(records):
    """Return records in the types that a loaded portal has."""
    frame = pd.DataFrame(records).dropna(axis="columns", how="all")
    frame = frame.astype("str")
    ids = {name: "Int64" for name in IDS if name in frame}
    frame = frame.astype(ids | {"hs_object_id": "int64"})
    frame["createdate"] = pd.to_datetime(frame["createdate"], format="ISO8601", utc=True).astype("datetime64[us, UTC]")
    return frame


def quality(found, known, *, rule=None):
    """Return how good a search was; with a rule, of its pairs and of the duplicates that are meant for it."""
    pairs = found.only((rule,) if rule else ())
    told = {frozenset(pair) for pair in zip(pairs["first"].tolist(), pairs["second"].tolist(), strict=True)}
    meant = {pair for pair, reason in known.items() if rule is None or reason in MEANT_FOR[rule]}
    return Quality(len(told & known.keys()), len(told), len(told & meant), len(meant))
