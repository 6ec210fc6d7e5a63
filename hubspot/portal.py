"""Frozen facts of a portal: what HubSpot says of the account, its properties, stages and owners."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

CONTACTS = "contacts"
COMPANIES = "companies"
OBJECT_TYPES = (CONTACTS, COMPANIES)
OBJECT_TYPE_IDS = {CONTACTS: "0-1", COMPANIES: "0-2"}
READ_SCOPES = {CONTACTS: "crm.objects.contacts.read", COMPANIES: "crm.objects.companies.read"}
OWNERS_SCOPE = "crm.objects.owners.read"
# The properties that say when a record entered a lifecycle stage, by the stage's internal value. The newest generation
# comes first; a portal has some of them, and keeps the older ones for as long as it likes.
STAGE_DATES = ("hs_v2_date_entered_{}", "hs_lifecyclestage_{}_date", "hs_date_entered_{}")


@dataclass(frozen=True, slots=True)
class Account:
    """A HubSpot account ("portal").

    `time_zone` is an IANA name, possibly a legacy alias such as US/Eastern; `currency` an ISO 4217 code;
    `ui_domain` the host of record links; `account_type` STANDARD, DEVELOPER_TEST, SANDBOX or APP_DEVELOPER.
    """

    hub_id: int
    time_zone: str = "UTC"
    currency: str = "USD"
    ui_domain: str = "app.hubspot.com"
    account_type: str = "STANDARD"
    name: str = ""

    def record_url(self, object_type: str, record_id: int) -> str:
        """Return the address of a record in HubSpot."""
        return f"https://{self.ui_domain}/contacts/{self.hub_id}/record/{OBJECT_TYPE_IDS[object_type]}/{record_id}"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration: `value` is stored on records, `label` is shown."""

    value: str
    label: str
    display_order: int = -1
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Property:
    """A property definition.

    `type` is HubSpot's: bool, enumeration, date, datetime, string, number, phone_number, object_coordinates, json.
    `references` names another object whose ids the property holds: OWNER, COMPANY or empty.
    """

    name: str
    label: str
    type: str
    field_type: str = ""
    group: str = ""
    description: str = ""
    options: tuple[Option, ...] = ()
    references: str = ""
    calculated: bool = False
    hidden: bool = False
    hubspot_defined: bool = True
    shows_currency: bool = False

    @property
    def is_multiple(self) -> bool:
        """True where one record can hold several options, joined by semicolons on the wire."""
        return self.type == "enumeration" and self.field_type == "checkbox"


@dataclass(frozen=True, slots=True)
class Owner:
    """A HubSpot user or queue that records are assigned to; `archived` means deactivated."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = field(default="", repr=False)
    archived: bool = False

    @property
    def name(self) -> str:
        """Return the name to show: full name, else e-mail address, else the id."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or f"Owner {self.id}"


@dataclass(frozen=True, slots=True)
class Stage:
    """One lifecycle stage of a portal; its `order` is the portal's own."""

    value: str
    label: str
    order: int


@dataclass(frozen=True, slots=True)
class Portal:
    """Everything about a portal that is not a record. Object types that were not granted have no properties.

    `groups` map, by object type, the internal names of groups of properties to HubSpot's labels, in HubSpot's order.
    """

    account: Account
    properties: Mapping[str, tuple[Property, ...]] = field(default_factory=dict)
    owners: tuple[Owner, ...] = ()
    read_at: datetime | None = None
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Tell properties of one label apart at the root, for every table, dialog, chip and file shows these labels."""
        told = {each: _with_own_labels(definitions) for each, definitions in self.properties.items()}
        object.__setattr__(self, "properties", told)

    def property_named(self, object_type: str, name: str) -> Property | None:
        """Return a definition by internal name, None where the portal has no such property."""
        return next((p for p in self.properties.get(object_type, ()) if p.name == name), None)

    def label(self, object_type: str, name: str) -> str:
        """Return HubSpot's label of a property, the internal name where the portal does not define it."""
        found = self.property_named(object_type, name)
        return found.label if found else name

    def group_label(self, object_type: str, group: str) -> str:
        """Return HubSpot's label of a group of properties; the internal name in words where HubSpot did not tell one.

        Copies from before groups were loaded have no labels: contactinformation is "Contact information" there.
        """
        return self.groups.get(object_type, {}).get(group) or _in_words(group) or "Other"

    def group_place(self, object_type: str, group: str) -> int:
        """Return where a group stands among the others of its object type: unknown ones come last."""
        known = list(self.groups.get(object_type, {}))
        return known.index(group) if group in known else len(known)

    def stages(self, object_type: str) -> tuple[Stage, ...]:
        """Return the lifecycle stages in the portal's order; empty where the property is not defined."""
        found = self.property_named(object_type, "lifecyclestage")
        ordered = sorted(found.options, key=lambda option: option.display_order) if found else []
        labels = told_apart((option.value, option.label) for option in ordered)
        return tuple(Stage(value, label, order) for order, (value, label) in enumerate(labels.items()))

    def option_labels(self, object_type: str, name: str) -> dict[str, str]:
        """Map stored values of an enumeration to unique labels; owners are options of their properties.

        A portal may give two options one label: the later ones carry their value in brackets.
        """
        found = self.property_named(object_type, name)
        if found is None:
            return {}
        if found.references == "OWNER":
            return told_apart((owner.id, _owner_label(owner)) for owner in self.owners)
        return told_apart((option.value, option.label) for option in found.options)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, for a snapshot."""
        return asdict(self) | {"read_at": self.read_at.isoformat() if self.read_at else None}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Portal":
        """Rebuild a portal from `to_json`; raises KeyError or TypeError for anything else."""
        return cls(
            account=Account(**stored["account"]),
            properties={
                object_type: tuple(_read_property(each) for each in definitions)
                for object_type, definitions in stored["properties"].items()
            },
            # Copies from before groups were loaded have none.
            groups=stored.get("groups", {}),
            owners=tuple(Owner(**owner) for owner in stored["owners"]),
            read_at=datetime.fromisoformat(stored["read_at"]) if stored["read_at"] else None,
        )


def _read_property(stored: Mapping[str, Any]) -> Property:
    return Property(**{**stored, "options": tuple(Option(**option) for option in stored["options"])})


def _in_words(group: str) -> str:
    words = group.removesuffix("information").replace("_", " ").strip().capitalize()
    return f"{words} information".strip().capitalize() if group.endswith("information") else words


def _owner_label(owner: Owner) -> str:
    return f"{owner.name} (deactivated)" if owner.archived else owner.name


def told_apart(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map values to labels of which no two look alike: a later one, or an empty one, carries its value in brackets.

    Letter case, white space and the composition of letters tell no label from another, as widgets and spreadsheets fold
    them. A label grows until it is new, and there are finitely many, so this ends and no two are equal.
    """
    labels: dict[str, str] = {}
    taken = {""}
    for value, given in pairs:
        label = given
        while _folded(label) in taken:
            label = f"{label} ({value})".strip()
        labels[value] = label
        taken.add(_folded(label))
    return labels


def _folded(label: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())


def _with_own_labels(definitions: tuple[Property, ...]) -> tuple[Property, ...]:
    labels = told_apart((each.name, each.label if each.label.strip() else each.name) for each in definitions)
    return tuple(
        each if labels[each.name] == each.label else replace(each, label=labels[each.name]) for each in definitions
    )
