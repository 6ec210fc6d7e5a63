"""Records that may stand for the same person or firm: pairs with their reasons and scores, in clusters.

Records are only compared where they share something exactly (an address, a number, a company, a domain, a country),
so a similar name alone never makes a pair. Finding is all: nothing is merged.
"""

from hubspot.analysis.duplicates.difference import DIFFERENT, EQUAL, ONE_SIDED, difference
from hubspot.analysis.duplicates.search import REASONS, RULES, Duplicates, found_in, pair_rows

__all__ = [
    "DIFFERENT",
    "EQUAL",
    "ONE_SIDED",
    "REASONS",
    "RULES",
    "Duplicates",
    "difference",
    "found_in",
    "pair_rows",
]
