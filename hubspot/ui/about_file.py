"""What a file says of itself: whose records, which of them, as of when, and what HubSpot calls each column."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hubspot.analysis.filters import Filters
from hubspot.analysis.filters.wording import Wording
from hubspot.analysis.ordering import Sort
from hubspot.analysis.questions import Question
from hubspot.analysis.records import DERIVED_LABELS
from hubspot.portal import Portal
from hubspot.ui.tables import headers
from hubspot.ui.words import ROW_NOUNS

TITLE = "About this file"
PARTIAL = (
    "Made while the portal was still arriving from HubSpot: records are missing, and what is joined or counted from "
    "them. Download it again when everything is loaded"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A file's own description. `columns` are internal names, `count` its records, `loaded_at` the age of the copy.

    `is_partial` where it was made while the portal was still arriving.
    """

    portal: Portal
    object_type: str
    filters: Filters
    sort: Sort
    columns: Sequence[str]
    count: int
    loaded_at: datetime
    question: Question | None = None
    is_masked: bool = False
    is_partial: bool = False

    def facts(self) -> dict[str, str]:
        """Return everything but the columns, in words."""
        account = self.portal.account
        local = self.loaded_at.astimezone(ZoneInfo(account.time_zone))
        facts = {
            "Portal": f"{account.name} ({account.hub_id})" if account.name else str(account.hub_id),
            "Records": self._counted(),
            **({"Partial": PARTIAL} if self.is_partial else {}),
            **self._chosen(),
            "Pulled from HubSpot": f"{local:%Y-%m-%d %H:%M}",
            "Time zone": account.time_zone,
            "Currency": account.currency,
        }
        if self.is_masked:
            facts["Masked"] = "Names, e-mail addresses and phone numbers: the file was made in presentation mode"
        return facts

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Return the facts, then each column with its internal name and type in HubSpot, as rows of a sheet."""
        labels = headers(self.portal, self.object_type, self.columns)
        listed = tuple((labels[column], self._internal(column), self._type(column)) for column in self.columns)
        return (
            (TITLE,),
            *self.facts().items(),
            ("",),
            ("Column", "Internal name in HubSpot", "Type in HubSpot"),
            *listed,
        )

    def _counted(self) -> str:
        _, many = ROW_NOUNS.get(self.question.name if self.question else "", ("", self.object_type))
        return f"{self.count:,} {many}"

    def _chosen(self) -> dict[str, str]:
        if self.question:
            details = ", ".join(map(str, self.question.details))
            return {"List": f"{self.question.name} {details}".strip()}
        said = Wording(self.portal, self.object_type, zone=True, is_masked=self.is_masked).sentences(self.filters)
        order = headers(self.portal, self.object_type, [self.sort.column])[self.sort.column]
        way = "descending" if self.sort.descending else "ascending"
        return {"Filters": "; ".join(said) or "None: all records", "Order": f"{order}, {way}"}

    def _internal(self, column: str) -> str:
        return "(computed by this dashboard)" if column in DERIVED_LABELS else column

    def _type(self, column: str) -> str:
        definition = self.portal.property_named(self.object_type, column)
        return definition.type if definition else ""
