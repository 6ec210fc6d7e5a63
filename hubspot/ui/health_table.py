"""The tables of data health, in which a cell can be chosen."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler
from streamlit.elements.arrow import DataframeSelectionState

from hubspot.ui.numbers import EMPTY
from hubspot.ui.tables import ROW_HEIGHT

_HEADER_HEIGHT, _BORDERS = 34, 2
_MOST_ROWS = 20


def choose(
    shown: pd.DataFrame | Styler,
    *,
    rows: int,
    key: str,
    config: Mapping[str, Any],
    alt: str,
) -> DataframeSelectionState:
    """Show a table of so many rows, as high as they are or as twenty of them, and return what is chosen in it."""
    return st.dataframe(
        shown,
        hide_index=True,
        key=key,
        on_select="rerun",
        selection_mode="single-cell",
        row_height=ROW_HEIGHT,
        height=_HEADER_HEIGHT + ROW_HEIGHT * min(max(rows, 1), _MOST_ROWS) + _BORDERS,
        column_config=dict(config),
        placeholder=EMPTY,
        alt=alt,
    ).selection
