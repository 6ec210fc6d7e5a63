"""The border at which an expected failure becomes a sentence on the page, for what runs outside the frame's own run."""

import functools
from collections.abc import Callable
from typing import ParamSpec

import streamlit as st

from hubspot.errors import HubSpotError

P = ParamSpec("P")


def tell(error: HubSpotError) -> None:
    """Show what happened."""
    st.error(str(error), icon=":material/cloud_off:")


def guarded(function: Callable[P, None]) -> Callable[P, None]:
    """Return a fragment, dialog or callback whose expected failures are told in its place."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except HubSpotError as error:
            tell(error)

    return run
