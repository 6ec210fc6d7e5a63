"""One of a few, kept in the address."""

from collections.abc import Iterable

import streamlit as st

from hubspot.portal import OBJECT_TYPES


def one_of(label: str, options: Iterable[str], *, key: str, default: str = "", is_labelled: bool = False) -> str:
    """Return the option that the person or the address has chosen; `default`, or the first, where neither has."""
    listed = list(options)
    usual = default or listed[0]
    chosen = st.segmented_control(
        label,
        listed,
        default=usual,
        required=True,
        key=key,
        bind="query-params",
        label_visibility="visible" if is_labelled else "collapsed",
        wrap=True,
    )
    # An address that names it without a value leaves nothing chosen.
    return chosen or usual


def picked(label: str, options: Iterable[str], *, key: str, width: int) -> str:
    """Return as `one_of` the chosen option, the first by default, from a list that opens."""
    listed = list(options)
    chosen = st.selectbox(label, listed, key=key, bind="query-params", label_visibility="collapsed", width=width)
    return chosen or listed[0]


def object_type(offered: Iterable[str], *, key: str = "object", is_labelled: bool = False) -> str:
    """Return the object type of the `offered` ones, at least one, that the person looks at."""
    names = {name.capitalize(): name for name in OBJECT_TYPES if name in set(offered)}
    return names[one_of("Records", names, key=key, is_labelled=is_labelled)]
