"""Views that everybody has: the questions people ask of every portal, as filters."""

from collections.abc import Mapping

from hubspot.analysis.filters import Between, Filters, Known, OneOf, Within
from hubspot.analysis.filters.quick import CREATE_DATE
from hubspot.analysis.metrics import CUSTOMER
from hubspot.analysis.quality.activity import SILENT_DAYS, silent
from hubspot.analysis.records import CONTACT_COUNT, NO_VALUE
from hubspot.portal import COMPANIES, CONTACTS

_NEW = Filters((Within(CREATE_DATE, "this-week"),))
_UNOWNED = Filters((OneOf("hubspot_owner_id", frozenset({NO_VALUE})),))
_SILENT = silent(SILENT_DAYS)

BUILT_IN: Mapping[str, Mapping[str, Filters]] = {
    CONTACTS: {
        "New this week": _NEW,
        "Customers without a company": Filters(
            (OneOf("lifecyclestage", frozenset({CUSTOMER})), Known("associatedcompanyid", negated=True))
        ),
        "No owner": _UNOWNED,
        f"Silent {SILENT_DAYS} days": _SILENT,
    },
    COMPANIES: {
        "New this week": _NEW,
        "Missing industry": Filters((OneOf("industry", frozenset({NO_VALUE})),)),
        "No owner": _UNOWNED,
        f"Silent {SILENT_DAYS} days": _SILENT,
        "Without primary contacts": Filters((Between(CONTACT_COUNT, 0, 0),)),
    },
}
"""By object type and name."""
