"""The two portals of a sandbox, their users and their owners."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """One owner; `archived` means deactivated."""

    id: int
    user_id: int
    first_name: str
    last_name: str
    team: str
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalFacts:
    """What is fixed about a portal; `share` is its part of the configured sizes.

    `user_id` and `user` are the person who connects when this account is chosen; `weights` make some countries
    more common than others here; `unavailable_scopes` are beyond this account's subscription.
    """

    hub_id: int
    name: str
    domain: str
    time_zone: str
    currency: str
    other_currencies: tuple[str, ...]
    user_id: int
    user: str
    owners: tuple[OwnerFacts, ...]
    share: float = 1.0
    weights: Mapping[str, float] = field(default_factory=dict)
    unavailable_scopes: frozenset[str] = frozenset()

    def details(self, now: datetime) -> dict[str, object]:
        """Return the body of account-info details; the UTC offset is the one at `now`.

        Source: https://developers.hubspot.com/docs/api-reference/latest/account/account-information/guide
        """
        offset = now.astimezone(ZoneInfo(self.time_zone)).utcoffset()
        seconds = int(offset.total_seconds()) if offset else 0
        hours, minutes = divmod(abs(seconds) // 60, 60)
        return {
            "portalId": self.hub_id,
            "portalName": self.name,
            "accountType": "STANDARD",
            "timeZone": self.time_zone,
            "companyCurrency": self.currency,
            "additionalCurrencies": list(self.other_currencies),
            "utcOffset": f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}",
            "utcOffsetMilliseconds": seconds * 1000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }

    def owner_records(self, *, archived: bool) -> list[dict[str, object]]:
        """Return the owners, active or deactivated, in order of id, as HubSpot writes them."""
        return [self._owner_record(owner) for owner in self.owners if owner.archived is archived]

    def _owner_record(self, owner: OwnerFacts) -> dict[str, object]:
        # HubSpot hides the user of a deactivated owner: https://developers.hubspot.com/docs/api-reference/latest/crm/owners
        user = {} if owner.archived else {"userId": owner.user_id}
        return {
            "id": str(owner.id),
            "email": f"{owner.first_name}.{owner.last_name}".lower().replace("ø", "o") + f"@{self.domain}",
            "type": "PERSON",
            "firstName": owner.first_name,
            "lastName": owner.last_name,
            **user,
            "userIdIncludingInactive": owner.user_id,
            "createdAt": "2022-08-15T09:12:44.318Z",
            "updatedAt": "2026-02-03T14:01:09.552Z",
            "archived": owner.archived,
            "teams": [{"id": str(sum(map(ord, owner.team))), "name": owner.team, "primary": True}],
        }


NORTHWIND = PortalFacts(
    hub_id=26_107_341,
    name="Northwind Trading",
    domain="northwind.example",
    time_zone="Europe/Berlin",
    currency="EUR",
    other_currencies=("USD", "GBP"),
    user_id=48_120_553,
    user="mara.lindqvist@northwind.example",
    weights={"Germany": 6, "Austria": 2, "Switzerland": 2, "France": 2.5, "United Kingdom": 2.5, "United States": 2},
    owners=(
        OwnerFacts(412_034_871, 48_120_553, "Mara", "Lindqvist", "Sales DACH"),
        OwnerFacts(412_034_902, 48_120_609, "Jonas", "Weber", "Sales DACH"),
        OwnerFacts(418_772_310, 48_977_214, "Aylin", "Demir", "Sales DACH"),
        OwnerFacts(431_550_127, 50_113_876, "Tom", "Ashworth", "Sales International"),
        OwnerFacts(431_550_260, 50_113_920, "Chiara", "Conti", "Sales International", archived=True),
        OwnerFacts(447_208_915, 52_640_031, "Nils", "Bjørnstad", "Sales International"),
        OwnerFacts(460_914_338, 54_001_772, "Priya", "Raman", "Customer Success"),
        OwnerFacts(473_381_006, 55_318_649, "Paul", "Okafor", "Customer Success", archived=True),
    ),
)

ALDER = PortalFacts(
    hub_id=44_810_926,
    name="Alder & Finch",
    domain="alderfinch.example",
    time_zone="US/Eastern",
    currency="USD",
    other_currencies=("CAD",),
    user_id=61_205_118,
    user="grace.holloway@alderfinch.example",
    share=0.25,
    weights={"United States": 14, "Canada": 4, "Mexico": 2, "United Kingdom": 2, "Germany": 0.5},
    unavailable_scopes=frozenset({"crm.lists.read"}),
    owners=(
        OwnerFacts(705_118_226, 61_205_118, "Grace", "Holloway", "Studio"),
        OwnerFacts(705_118_240, 61_205_164, "Mateo", "Vargas", "Studio"),
        OwnerFacts(711_902_553, 61_880_402, "Hannah", "Kim", "Trade"),
        OwnerFacts(711_902_614, 61_880_455, "Darius", "Cole", "Trade"),
        OwnerFacts(719_340_087, 62_417_930, "Elena", "Marsh", "Trade", archived=True),
        OwnerFacts(724_655_131, 63_002_218, "Wes", "Tanaka", "Online"),
        OwnerFacts(730_291_744, 63_770_509, "Bea", "Nguyen", "Online"),
        OwnerFacts(738_466_902, 64_118_377, "Owen", "Pratt", "Online", archived=True),
    ),
)

PORTALS = (NORTHWIND, ALDER)
