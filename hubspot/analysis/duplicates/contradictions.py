"""What speaks against a pair, however alike its texts are: another given name, another place."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from hubspot.analysis.duplicates import spelling
from hubspot.analysis.duplicates.blocks import Pairs
from hubspot.analysis.duplicates.evidence import alike, initials, sides

Mask = NDArray[np.bool_]
# Two names are of two people where one has a man's ending and the other a woman's on the same stem: Jan, Jana; Mario,
# Maria; Andreas, Andrea; Julian, Julia; Christian, Christina; Nicolas, Nicole; Alexander, Alexandra.
_MALE, _FEMALE = ("", "o", "os", "us", "as", "an", "er", "i"), ("a", "e", "ia", "na", "ne", "le", "ra", "ina", "ine")
_SHORTEST_STEM = 2
# Below that, two names have hardly a letter in common.
_ALIKE = 0.5
# Where firms have branches of one name. The portal's own countries, states and cities come to these.
_PLACES = """
africa albania algeria america americas andorra angola apac arabia argentina armenia asia asean australia austria
azerbaijan bahrain bangladesh belarus belgie belgien belgique belgium benelux bolivia bosnia brasil brazil britain
bulgaria cambodia cameroon canada caribbean chile china colombia croatia cuba cyprus czech czechia dach danmark
denmark deutschland east ecuador egypt emea england espana estonia ethiopia eu eurasia europa europe finland
france frankreich georgia germany ghana global greece guatemala hellas holland honduras hong hungary iberia iceland
india indonesia international iran iraq ireland israel italia italien italy jamaica japan jordan kazakhstan kenya kong
korea kuwait latam latvia lebanon liechtenstein lithuania luxembourg macedonia malaysia malta mea mena mexico middle
moldova monaco mongolia montenegro morocco mozambique myanmar nepal nederland netherlands nigeria nordic nordics norge
north norway oceania oesterreich oman osterreich pacific pakistan panama paraguay peru philippines poland polska
portugal qatar romania russia saudi scandinavia schweiz scotland senegal serbia singapore slovakia slovenia south
southeast spain spanien suisse suomi sverige svizzera sweden switzerland taiwan tanzania thailand tunisia turkey
turkiye uae uganda uk ukraine uruguay us usa uzbekistan venezuela vietnam wales west zambia zimbabwe
"""
_PLACE_COLUMNS = ("country", "hs_country_code", "state", "city")


def other_people(first: pa.Array, last: pa.Array, pairs: Pairs) -> Mask:
    """Return which pairs have two full names of two people; a missing name contradicts nothing.

    Another last name alone is no contradiction: people marry.
    """
    forenames, surnames = alike(first, pairs), alike(last, pairs)
    apart = ((forenames < _ALIKE) & ~initials(first, pairs)) | other_given_names(first, pairs)
    return apart & ~np.isnan(surnames)


def other_given_names(first: pa.Array, pairs: Pairs) -> Mask:
    """Return which pairs have given names of two people, although hardly a letter differs: Jan and Jana."""
    return _judged(first, pairs, _are_of_two_genders)


def other_places(frame: pd.DataFrame, names: pa.Array, pairs: Pairs) -> Mask:
    """Return which pairs of firms differ by the words for two places alone: Globex Germany and Globex France."""
    places = frozenset(_PLACES.split()) | frozenset(_words_of(frame))
    return _judged(names, pairs, lambda one, other: _differ_by(places, one.split(), other.split()))


def _are_of_two_genders(one: str, other: str) -> bool:
    words = [pair for pair in zip(one.split(), other.split(), strict=False) if pair[0] != pair[1]]
    return any(_is_man_and_woman(*pair) or _is_man_and_woman(*reversed(pair)) for pair in words)


def _is_man_and_woman(man: str, woman: str) -> bool:
    stems = {man.removesuffix(ending) for ending in _MALE if man.endswith(ending)}
    return any(
        len(stem) >= _SHORTEST_STEM and stem in stems
        for stem in (woman.removesuffix(ending) for ending in _FEMALE if woman.endswith(ending))
    )


def _differ_by(places: frozenset[str], one: list[str], other: list[str]) -> bool:
    left, right = set(one) - set(other), set(other) - set(one)
    return bool(left) and bool(right) and (left | right) <= places


def _words_of(frame: pd.DataFrame) -> list[str]:
    found = [spelling.folded(spelling.texts(frame, column).unique()).to_pylist() for column in _PLACE_COLUMNS]
    return [word for column in found for text in column if text for word in text.split()]


def _judged(texts: pa.Array, pairs: Pairs, test: Callable[[str, str], bool]) -> Mask:
    """Ask a test of each pair whose texts are both there and differ."""
    left, right = sides(texts, pairs)
    told = [bool(a and b and a != b and test(a, b)) for a, b in zip(left, right, strict=True)]
    return np.array(told, dtype=bool)
