"""What a person without a connection sees on every page, and how an operator makes a HubSpot app."""

import json
from typing import Literal
from urllib.parse import urlencode

import streamlit as st

from hubspot.settings import Settings
from hubspot.ui import elements, state, words
from hubspot.ui.destinations import connect_to
from hubspot.ui.services import Services

Width = Literal["content", "stretch"]
CONNECT = "Connect HubSpot"
EXPLORE_SAMPLE = "Explore the sample portal"


def show(house: Services, page: str, *, redirect_uri: str) -> None:
    """Show the screen; `page` is where the person lands after connecting."""
    given = house.settings
    with st.container(horizontal_alignment="center"), st.container(width=680):
        st.title(words.HEADLINE, anchor=False)
        st.markdown(words.PROMISE)
        with st.container(horizontal=True, gap="small"):
            main_link(house, page)
            if house.is_sample and st.button(CONNECT, key="setup.page"):
                setup_steps(given, redirect_uri)
        _asked_for(given)
        left, right = st.columns(2, gap="medium")
        with left:
            st.subheader("What happens to your data", anchor=False)
            st.markdown(f":small[:gray[{words.retention(given)}]]")
        with right:
            st.subheader("Good to know", anchor=False)
            st.markdown(f":small[:gray[{words.GOOD_TO_KNOW}]]")


def main_link(house: Services, page: str, *, width: Width = "content") -> None:
    """Show the one filled link of a disconnected view."""
    label = EXPLORE_SAMPLE if house.is_sample else CONNECT
    # What the person came to see, so that it is there after connecting.
    view = urlencode({name: value for name, value in st.query_params.to_dict().items() if name != state.SAID})
    elements.link(label, connect_to(page) + (f"&{urlencode({'view': view})}" if view else ""), width=width)


def _asked_for(given: Settings) -> None:
    with st.container(border=True, gap="xxsmall"):
        st.subheader("You will be asked to allow reading", anchor=False)
        for scope in given.scopes:
            subject, detail = words.scope_words(scope)
            st.markdown(f":green[:material/check:] {subject} :gray[{detail}]")
        for scope in given.optional_scopes:
            subject, detail = words.scope_words(scope)
            st.markdown(f":gray[:material/check:] {subject} :gray[{detail} (you may leave this out)]")
        if set(given.scopes + given.optional_scopes) <= set(words.SCOPES):
            st.markdown(":small[:gray[Nothing else: no writing, no deals, no conversations.]]")


@st.dialog("Connect your own HubSpot", width="medium")
def setup_steps(given: Settings, redirect_uri: str) -> None:
    """Explain in three steps how to make a HubSpot app, with what to paste."""
    st.markdown(
        "**1. Make an app in HubSpot.** Under Development, Projects, create a project with an app. "
        "Put this into its `app-hsmeta.json` and upload the project:"
    )
    st.code(json.dumps(_app_config(given, redirect_uri), indent=2), language="json")
    st.markdown("The redirect URL, to the letter:")
    st.code(redirect_uri, language=None)
    st.markdown("The required scopes:")
    st.code(" ".join(given.scopes), language=None)
    st.markdown(
        "**2. Tell the dashboard.** The app's Auth tab shows the client id and secret. "
        "Set them in the environment, or in `.streamlit/secrets.toml`:"
    )
    st.code('HUBSPOT_CLIENT_ID = "…"\nHUBSPOT_CLIENT_SECRET = "…"', language="toml")
    st.markdown("**3. Start the dashboard again** and use Connect HubSpot. The sample portal is gone from then on.")


def _app_config(given: Settings, redirect_uri: str) -> dict[str, object]:
    return {
        "uid": "hubspot-dashboard",
        "type": "app",
        "config": {
            "name": "HubSpot dashboard",
            "distribution": "private",
            "auth": {
                "type": "oauth",
                "redirectUrls": [redirect_uri],
                "requiredScopes": list(given.scopes),
                "optionalScopes": list(given.optional_scopes),
            },
        },
    }
