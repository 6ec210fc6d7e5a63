"""Who the companies of a portal are: names, domains, countries, parents, and which are known duplicates."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubspot.sandbox.columns import Mask, Part, fragments
from hubspot.sandbox.portals import PORTALS
from hubspot.sandbox.tables import Table
from hubspot.sandbox.twins import Twins, draw_twins
from hubspot.sandbox.vocabulary import COUNTRIES, FIRM_FIELDS, FIRM_PLACES, FIRM_STEMS, ascii_form, display

Codes = npt.NDArray[np.int64]

SAME_DOMAIN, ADDITIONAL_DOMAIN, SAME_NAME = TWIN_KINDS = ("domain", "additional_domain", "name_and_country")
TWIN_WEIGHTS = (0.4, 0.2, 0.4)
BRANCH_SHARE = 0.3

STEM_HOSTS = fragments([ascii_form(stem) for stem in FIRM_STEMS])
FIELD_HOSTS = fragments([f"-{ascii_form(field)}" for field in FIRM_FIELDS])
PLACE_HOSTS = fragments([f"-{place.lower()}" if place else "" for place in FIRM_PLACES])
OWN, ONLINE, GROUP, SHOP = range(4)
ENDINGS = [b".example", b"-online.example", b"-group.example", b"-shop.example"]

STEM_NAMES = [display(stem) for stem in FIRM_STEMS]
FIELD_NAMES = [f" {field}" for field in FIRM_FIELDS]
PLACE_NAMES = [f" {place}" if place else "" for place in FIRM_PLACES]
BRANCH_NAMES = ["", " Service", " Export", " Holding", " Retail"]


@dataclass(frozen=True)
class Words:
    """Codes of every firm's words: its name is stem, field and place, its domain these and an ending."""

    stem: Codes
    field: Codes
    place: Codes

    def taken(self, rows: Codes) -> "Words":
        """Return the words of these rows; without any company, zeros that nothing shows."""
        if not len(self.stem):
            nothing = np.zeros(len(rows), dtype=np.int64)
            return Words(nothing, nothing, nothing)
        return Words(self.stem[rows], self.field[rows], self.place[rows])

    def name_parts(self) -> list[Part]:
        """Return the parts of the name without its legal form."""
        words = ((self.stem, STEM_NAMES), (self.field, FIELD_NAMES), (self.place, PLACE_NAMES))
        return [(codes, fragments(names)) for codes, names in words]

    def host_parts(self) -> list[tuple[Codes, list[bytes]]]:
        """Return the parts of the domain without its ending."""
        return [(self.stem, STEM_HOSTS), (self.field, FIELD_HOSTS), (self.place, PLACE_HOSTS)]


def twins(table: Table) -> Twins:
    """Return the known duplicates among companies."""
    return table.once("twins", lambda: draw_twins(table, TWIN_KINDS, TWIN_WEIGHTS))


def name_words(table: Table) -> Words:
    """Return the words of every name: unique, but for duplicates and for branches, which have their parent's."""
    return table.once("name words", lambda: _draw_words(table)[0])


def domain_words(table: Table) -> Words:
    """Return the words of every domain: those of the name, and for branches and duplicates those of the other firm."""
    return table.once("domain words", lambda: _draw_words(table)[1])


def _draw_words(table: Table) -> tuple[Words, Words]:
    rows = np.arange(table.size)
    named = twins(table).spread(rows, SAME_NAME, ADDITIONAL_DOMAIN)
    hosted = np.where(branches(table), parent_rows(table), twins(table).spread(rows))
    return _words(np.where(branches(table), hosted, named), table), _words(hosted, table)


def _words(rows: Codes, table: Table) -> Words:
    """Return the words that belong to rows: different ones for different rows, in an order that looks like none."""
    pairs = len(FIRM_STEMS) * len(FIRM_FIELDS)
    step = next(number for number in range(1009, 2 * 1009) if math.gcd(number, pairs) == 1)
    number = rows * step + table.origin.seed
    return Words(number % pairs // len(FIRM_FIELDS), number % len(FIRM_FIELDS), rows // pairs % len(FIRM_PLACES))


def country_codes(table: Table) -> npt.NDArray[np.int16]:
    """Return the country of every drawn row; some are more common in this portal."""
    usual = next(portal.weights for portal in PORTALS if portal.hub_id == table.origin.hub_id)
    return table.pick("country", [usual.get(country.name, country.weight) for country in COUNTRIES])


def firm_countries(table: Table) -> npt.NDArray[np.int16]:
    """Return the country of every company; duplicates are where their originals are."""
    return table.once("countries", lambda: twins(table).spread(country_codes(table)))


def has_domain(table: Table) -> Mask:
    """Return which firms have a domain: nearly all, but only half of those that duplicate a name."""
    known = table.chance("domain", 0.95)
    rows, _ = twins(table).of_kind(SAME_NAME)
    known[rows] = table.chance("domain.twin", 0.5)[rows]
    return known | twins(table).mask(table.size, SAME_DOMAIN, ADDITIONAL_DOMAIN) | branches(table)


def domain_rows(table: Table) -> Codes:
    """Return the row of the firm whose domain each firm uses: its own, or its parent's or its original's."""
    own = twins(table).spread(np.arange(table.size), SAME_DOMAIN)
    return np.where(branches(table), parent_rows(table), own)


def endings(table: Table) -> npt.NDArray[np.int8]:
    """Return the ending of every domain: duplicates of other kinds than the same domain have one of their own."""
    codes = np.zeros(table.size, dtype=np.int8)
    codes[twins(table).of_kind(ADDITIONAL_DOMAIN)[0]] = ONLINE
    codes[twins(table).of_kind(SAME_NAME)[0]] = GROUP
    return codes


def parent_rows(table: Table) -> Codes:
    """Return the row of each firm's parent company, -1 for most; parents are live and have no parent themselves."""
    return table.once("parents", lambda: _draw_parents(table))


def _draw_parents(table: Table) -> Codes:
    if not table.size:
        return np.arange(0)
    rows = np.arange(table.size)
    # Families and duplicates stay apart, so that what looks like a duplicate of a family's is none.
    free = table.drawn_live & ~twins(table).mask(table.size)
    parents = (table.uniform("parent.of").astype(np.float64) * (table.size // 5)).astype(np.int64) * 5
    is_child = table.chance("parent", 0.04) & (rows % 5 != 0) & free & free[np.minimum(parents, table.size - 1)]
    return np.where(is_child, parents, -1)


def branches(table: Table) -> Mask:
    """Return which firms share the name and the domain of their parent; at most one of each parent's does."""
    return table.once("branches", lambda: _draw_branches(table))


def _draw_branches(table: Table) -> Mask:
    shares = np.zeros(table.size, dtype=bool)
    parents = parent_rows(table)
    rows = np.flatnonzero((parents >= 0) & table.chance("branch", BRANCH_SHARE))
    _, first = np.unique(parents[rows], return_index=True)
    shares[rows[first]] = True
    return shares
