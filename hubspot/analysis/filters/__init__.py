"""One model of filters for every page: which records, counted how, as a link, in words, out of an empty result."""

from hubspot.analysis.filters.conditions import (
    Between,
    Condition,
    Contains,
    Days,
    Holds,
    Known,
    OneOf,
    OrUnknown,
    Within,
    Words,
)
from hubspot.analysis.filters.evaluation import Relief, Selection, select
from hubspot.analysis.filters.facets import option_counts
from hubspot.analysis.filters.model import Filters, Place
from hubspot.analysis.filters.stored import from_json, to_json

__all__ = [
    "Between",
    "Condition",
    "Contains",
    "Days",
    "Filters",
    "Holds",
    "Known",
    "OneOf",
    "OrUnknown",
    "Place",
    "Relief",
    "Selection",
    "Within",
    "Words",
    "from_json",
    "option_counts",
    "select",
    "to_json",
]
