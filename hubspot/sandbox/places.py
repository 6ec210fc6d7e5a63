"""A portal as the wire sees it: facts at once, records when a request first needs them."""

from dataclasses import replace
from functools import cached_property

from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.deal_columns import DEAL_BUILDERS
from hubspot.sandbox.deal_definitions import DEAL_DEFINITIONS
from hubspot.sandbox.portal import Portal
from hubspot.sandbox.portals import PORTALS
from hubspot.sandbox.records import Renderer
from hubspot.sandbox.tables import Table

FIRST_DEAL_ID = 11_204_530_118


class Place:
    """A portal as the wire sees it; the records are drawn when first asked for."""

    def __init__(self, config: SandboxConfig, number: int) -> None:
        self.config = config
        self.facts = PORTALS[number]

    @cached_property
    def portal(self) -> Portal:
        """Return the portal's records."""
        return Portal(self.facts, self.config)

    @cached_property
    def deals(self) -> Table:
        """Return the portal's deals: a few, linked with nothing, so that clients which also read deals can."""
        companies = self.portal.companies.origin
        origin = replace(companies, object_type="deals", size=companies.size // 4, first_id=FIRST_DEAL_ID)
        return Table(origin, DEAL_DEFINITIONS, DEAL_BUILDERS)

    def table(self, object_type: str) -> Table:
        """Return the records of an object type."""
        return self.deals if object_type == "deals" else self.portal.tables[object_type]

    @cached_property
    def renderer(self) -> Renderer:
        """Return what writes its records."""
        return Renderer(self.portal)
