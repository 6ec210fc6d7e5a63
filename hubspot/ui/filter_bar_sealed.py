"""What a page's address can't say of its filters, text that somebody typed: sealed, with its id there as `view=`.

Equal filters have one id, so a tab writes each once, and a reload, a second tab and Back find what was written.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from hubspot.analysis.filters import Filters, from_json, to_json
from hubspot.analysis.filters.fields import Fields, divided
from hubspot.errors import KeyMissing
from hubspot.ui import services

VIEW = "view"  # query parameter: the id of what is kept sealed


def told(filters: Filters, fields: Fields) -> dict[str, str]:
    """Seal the private part of filters; return the query parameter that names it, none without such a part.

    Raises StoreError.
    """
    _, private = divided(filters, fields)
    if not private:
        return {}
    hub_id, name = fields.portal.account.hub_id, f"{fields.object_type}.sealed"
    written = st.session_state.get(name)
    if written is None or written[0] != (hub_id, private):
        kept = {"object_type": fields.object_type, "filters": to_json(private)}
        written = ((hub_id, private), services.services().preferences.keep_view(hub_id, kept))
        st.session_state[name] = written
    return {VIEW: written[1]}


def opened(view_id: str, hub_id: int, object_type: str) -> Mapping[str, Any] | None:
    """Return what is kept under an id for a page, None where that is unknown, of elsewhere, or can't be read.

    Raises StoreError.
    """
    try:
        kept = services.services().preferences.view(hub_id, view_id)
    except KeyMissing:  # sealed with a key that was taken away
        return None
    return kept if isinstance(kept, dict) and kept.get("object_type") == object_type else None


def read(view_id: str, fields: Fields) -> Filters | None:
    """Return the filters that `told` sealed, None where there are none under this id. Raises StoreError."""
    kept = opened(view_id, fields.portal.account.hub_id, fields.object_type)
    try:
        return None if kept is None else from_json(kept.get("filters"))
    except ValueError:
        return None


def joined(shared: Filters, private: Filters) -> Filters:
    """Put together again what `divided` parted."""
    is_one_group = len(shared.groups) == len(private.groups) == 1
    groups = ((*shared.groups[0], *private.groups[0]),) if is_one_group else shared.groups or private.groups
    return Filters((*shared.conditions, *private.conditions), groups)
