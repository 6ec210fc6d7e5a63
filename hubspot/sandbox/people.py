"""Who the contacts of a portal are: companies, mail hosts, names, and which are known duplicates."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubspot.sandbox import firms
from hubspot.sandbox.columns import Mask
from hubspot.sandbox.tables import Table
from hubspot.sandbox.twins import Twins, draw_twins
from hubspot.sandbox.vocabulary import COUNTRIES, FIRST_NAMES, FREEMAIL_DOMAINS, LAST_NAMES, TEST_NAMES

Codes = npt.NDArray[np.int64]

SAME_EMAIL, ADDITIONAL_EMAIL, SAME_PHONE, SAME_NAME = TWIN_KINDS = (
    "email",
    "additional_email",
    "phone_and_last_name",
    "name_and_company",
)
TWIN_WEIGHTS = (0.3, 0.1, 0.25, 0.35)
LINKED_SHARE = 0.83
ORPHAN_SHARE = 0.14
GROUPS = sorted(FIRST_NAMES)
COUNTRY_GROUPS = np.array([GROUPS.index(country.names) for country in COUNTRIES])


@dataclass(frozen=True)
class Vocabulary:
    """The words of all groups of names in one list, with where each group begins and how many it has."""

    words: tuple[str, ...]
    starts: Codes
    counts: Codes

    @classmethod
    def of(cls, groups: Mapping[str, str]) -> "Vocabulary":
        """Return the words of groups in the order of GROUPS, and the names of test records at the end."""
        split = [groups[name].split() for name in GROUPS]
        counts = np.array([len(words) for words in split])
        words = tuple(word for words in split for word in words)
        return cls((*words, *TEST_NAMES), np.cumsum(counts) - counts, counts)


FIRST, LAST = Vocabulary.of(FIRST_NAMES), Vocabulary.of(LAST_NAMES)


@dataclass(frozen=True)
class Names:
    """Codes into the words of FIRST and LAST; a second name of -1 is none."""

    first: npt.NDArray[np.int16]
    second_first: npt.NDArray[np.int16]
    last: npt.NDArray[np.int16]
    second_last: npt.NDArray[np.int16]


@dataclass(frozen=True)
class Work:
    """The row of each contact's primary company, -1 for none, and the known duplicates among contacts."""

    primary: npt.NDArray[np.int32]
    twins: Twins


class People:
    """Draws who the contacts of one portal are, beside the companies they work for."""

    def __init__(self, companies: Table) -> None:
        self.companies = companies

    def primary(self, table: Table) -> npt.NDArray[np.int32]:
        """Return the row of each contact's primary company, -1 for none; archived records have no links."""
        return self._work(table).primary

    def twins(self, table: Table) -> Twins:
        """Return the known duplicates among contacts."""
        return self._work(table).twins

    def _work(self, table: Table) -> Work:
        return table.once("work", lambda: self._draw_work(table))

    def _draw_work(self, table: Table) -> Work:
        primary, twins = self._draw_primary(table), draw_twins(table, TWIN_KINDS, TWIN_WEIGHTS)
        # Who shares nothing but a name with somebody is no duplicate; the phone says so instead.
        alone = (twins.kinds == TWIN_KINDS.index(SAME_NAME)) & (primary[twins.originals] < 0)
        kinds = np.where(alone, TWIN_KINDS.index(SAME_PHONE), twins.kinds).astype(np.int8)
        twins = Twins(twins.rows, twins.originals, kinds, TWIN_KINDS)
        primary = twins.spread(primary)
        primary[twins.of_kind(SAME_PHONE)[0]] = -1
        primary[~table.drawn_live] = -1
        return Work(primary, twins)

    def _draw_primary(self, table: Table) -> npt.NDArray[np.int32]:
        live = np.flatnonzero(self.companies.drawn_live)
        if not len(live):
            return np.full(table.size, -1, dtype=np.int32)
        # A few firms have many contacts, most have some, and the last tenth of them has none.
        drawn = (table.uniform("primary").astype(np.float64) ** 1.7 * len(live) * 0.9).astype(np.int64)
        shuffled = self.companies.rng("popular").permutation(live).astype(np.int32)
        linked = table.chance("primary.present", LINKED_SHARE)
        return np.where(linked, shuffled[drawn], np.int32(-1))

    def further(self, table: Table) -> tuple[Codes, Codes]:
        """Return rows of contacts that work for more companies, ascending, and the rows of those companies.

        A contact with two more comes twice.
        """
        primary = self.primary(table)
        drawn = table.uniform("secondary")
        second, third = (np.flatnonzero((drawn < share) & (primary >= 0)) for share in (0.05, 0.012))
        rows = np.concatenate([second, third])
        firms_of = np.concatenate([primary[::-1][second], np.roll(primary, 7)[third]])
        real = (firms_of >= 0) & (firms_of != primary[rows])
        _, unique = np.unique(np.stack([rows[real], firms_of[real]]), axis=1, return_index=True)
        return rows[real][unique], firms_of[real][unique].astype(np.int64)

    def hosts(self, table: Table) -> npt.NDArray[np.int32]:
        """Return whose mail domain each contact uses: the row of a firm, or beyond the firms a free provider.

        Some contacts without a company use a firm's: they are the ones somebody should link.
        """
        return table.once("hosts", lambda: self._draw_hosts(table))

    def _draw_hosts(self, table: Table) -> npt.NDArray[np.int32]:
        primary, firm_count = self.primary(table), np.int32(self.companies.size)
        free = firm_count + table.pick("email.free", [1] * len(FREEMAIL_DOMAINS)).astype(np.int32)
        twins = self.twins(table)
        private = table.chance("email.private", 0.06) & ~twins.mask(table.size, SAME_NAME)
        site = np.append(firms.domain_rows(self.companies), -1).astype(np.int32)
        hosts = np.where((primary < 0) | private, free, site[primary])
        known = np.flatnonzero(self.companies.drawn_live & firms.has_domain(self.companies)).astype(np.int32)
        if len(known):
            orphans = np.flatnonzero(table.chance("orphan", ORPHAN_SHARE) & (primary < 0))
            hosts[orphans] = site[known[(table.uniform("orphan.of")[orphans] * len(known)).astype(np.int64)]]
        strangers, _ = twins.of_kind(ADDITIONAL_EMAIL, SAME_PHONE)
        hosts[strangers] = free[strangers]
        return twins.spread(hosts, SAME_EMAIL)

    def countries(self, table: Table) -> npt.NDArray[np.int16]:
        """Return the country of each contact: the company's, or one of the portal's."""
        return table.once("countries", lambda: self._draw_countries(table))

    def _draw_countries(self, table: Table) -> npt.NDArray[np.int16]:
        own = firms.country_codes(table)
        if self.companies.size:
            primary = self.primary(table)
            own = np.where(primary >= 0, firms.firm_countries(self.companies)[primary], own)
        return self.twins(table).spread(own)

    def place_in_firm(self, table: Table) -> npt.NDArray[np.int32]:
        """Return how many earlier contacts have the same company, or the same mail host, and names of one language."""
        return table.once("place in firm", lambda: rank_within(self._circles(table)).astype(np.int32))

    def _circles(self, table: Table) -> Codes:
        """Return a number for everybody's colleagues: people who must not have the same name by accident."""
        primary = self.primary(table)
        circle = np.where(primary >= 0, primary, self.hosts(table))
        return np.asarray(circle.astype(np.int64) * len(GROUPS) + COUNTRY_GROUPS[self.countries(table)])

    def names(self, table: Table) -> Names:
        """Return everybody's names; colleagues have different ones, duplicates those of their originals.

        People of different companies often share a name, as they do.
        """
        return table.once("names", lambda: self._draw_names(table))

    def _draw_names(self, table: Table) -> Names:
        group, place = COUNTRY_GROUPS[self.countries(table)], self.place_in_firm(table).astype(np.int64)
        start = self._circles(table) * 2_654_435_761 >> 9
        firsts, lasts = FIRST.counts[group], LAST.counts[group]
        around, pair = np.divmod(place, firsts * lasts)
        # Counting both lists at once meets every pair once, where each full turn of both begins one further.
        last = (start + pair) % lasts
        first = (start // 61 + pair + pair // np.lcm(firsts, lasts)) % firsts
        more, again = around % firsts, around // firsts % lasts
        codes = (
            FIRST.starts[group] + first,
            np.where(more > 0, FIRST.starts[group] + (first + more) % firsts, -1),
            LAST.starts[group] + last,
            np.where(again > 0, LAST.starts[group] + (last + again) % lasts, -1),
        )
        return Names(*(self.twins(table).spread(each.astype(np.int16)) for each in codes))

    def tests(self, table: Table) -> Mask:
        """Return which contacts are somebody's test records."""
        return table.chance("test", 0.003) & ~self.twins(table).mask(table.size)


def rank_within(keys: Codes) -> Codes:
    """Return 0 for the first row of each key, 1 for the second and so on."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(keys) else order
    lengths = np.diff(np.r_[starts, len(keys)])
    ranks = np.empty_like(keys)
    ranks[order] = np.arange(len(keys)) - np.repeat(starts, lengths)
    return ranks
