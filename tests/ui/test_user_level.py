"""An app with user-level access: refused at connecting, since everybody who connects a portal shares its one copy."""

import pytest

from hubspot.connections.grants import USER_LEVEL
from hubspot.errors import NotConnected
from tests.running import wait_until

SANDBOX = ("--contacts", 20, "--companies", 5, "--user-level")


def test_it_is_refused_with_a_sentence_that_says_what_to_change(house, wire, someone):
    destination = someone.open(**wire.consent(someone.ask_to_connect("contacts"))).jump

    (said,) = someone.follow(destination).alerts
    assert said == f"{USER_LEVEL} Nothing was connected."
    assert "isUserLevel: false" in said
    assert house.grants.portals() == {}


def test_what_hubspot_granted_it_is_given_back(house, wire):
    token = wire.token()

    with pytest.raises(NotConnected, match="user-level access"):
        house.grants.save(token)

    assert wait_until(lambda: not house.oauth.introspect(token.refresh_token).active)
