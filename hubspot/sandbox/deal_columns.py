"""How the properties of deals are drawn."""

import numpy as np

from hubspot.sandbox import common_columns as common
from hubspot.sandbox.columns import Coded, Joined, Moments
from hubspot.sandbox.deal_definitions import STAGES
from hubspot.sandbox.tables import DAY_MS, Builder, Table, created_column, modified_column

FEWEST_DAYS, MOST_DAYS = 20, 120


def _name(table: Table) -> Joined:
    return Joined([(np.arange(table.size) + 1, b"Order %05d")], np.ones(table.size, dtype=bool))


def _stage_texts(*texts: str) -> Builder:
    """Return the builder of a column whose value follows from the stage, written in the order of the stages."""
    return lambda table: Coded(table.pick("dealstage", [3, 3, 2, 2, 1, 6, 4]), texts)


def _closes(table: Table) -> Moments:
    days = FEWEST_DAYS + table.uniform("closedate") * (MOST_DAYS - FEWEST_DAYS)
    return Moments(table.created + (days * DAY_MS).astype(np.int64))


DEAL_BUILDERS: dict[str, Builder] = {
    "dealname": _name,
    "amount": common.amount("amount", median=8_000, present=0.9, decimals=2),
    "closedate": _closes,
    "pipeline": _stage_texts(*("default" for _ in STAGES)),
    "dealstage": _stage_texts(*(stage for stage, _, _ in STAGES)),
    "dealtype": common.enumeration("dealtype", ("newbusiness", "existingbusiness"), (3, 2), present=0.8),
    "description": common.nothing,
    "hubspot_owner_id": common.owner,
    "hs_is_closed": _stage_texts(*(str(stage.startswith("closed")).lower() for stage, _, _ in STAGES)),
    "hs_is_closed_won": _stage_texts(*(str(stage == "closedwon").lower() for stage, _, _ in STAGES)),
    "hs_deal_stage_probability": _stage_texts(*(str(probability) for _, _, probability in STAGES)),
    "createdate": created_column,
    "hs_lastmodifieddate": modified_column,
}
