"""Property definitions as HubSpot writes them, and the ones this portal shares between contacts and companies."""

from collections.abc import Iterable
from dataclasses import dataclass

CREATED = "2022-08-15T09:12:44.318Z"


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of an enumeration."""

    value: str
    label: str
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A property of an object type. `type` and `field_type` are HubSpot's words; `custom` ones are the portal's own."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    description: str = ""
    choices: tuple[Choice, ...] = ()
    reference: str = ""
    calculated: bool = False
    read_only: bool = False
    hidden: bool = False
    custom: bool = False
    currency: bool = False
    unique: bool = False

    @property
    def is_number(self) -> bool:
        """True where search compares numbers: numbers, instants and days."""
        return self.type in {"number", "datetime", "date"}

    def wire(self) -> dict[str, object]:
        """Return the definition as the properties endpoint answers it.

        Source: https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide
        """
        reference = {"referencedObjectType": self.reference} if self.reference else {}
        return {
            "updatedAt": CREATED,
            "createdAt": CREATED,
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [_option(order, choice) for order, choice in enumerate(self.choices)],
            **reference,
            "displayOrder": -1,
            "calculated": self.calculated,
            "externalOptions": self.reference == "OWNER",
            "archived": False,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": not self.custom,
            "showCurrencySymbol": self.currency,
            "modificationMetadata": self._modification(),
            "formField": not (self.read_only or self.calculated),
            "dataSensitivity": "non_sensitive",
        }

    def _modification(self) -> dict[str, bool]:
        return {
            "archivable": self.custom,
            "readOnlyDefinition": not self.custom,
            "readOnlyOptions": not self.custom,
            "readOnlyValue": self.read_only or self.calculated,
        }


def _option(order: int, choice: Choice) -> dict[str, object]:
    return {
        "label": choice.label,
        "value": choice.value,
        "description": "",
        "displayOrder": order,
        "hidden": choice.hidden,
    }


def choices(text: str) -> tuple[Choice, ...]:
    """Read "value=Label|value=Label"."""
    pairs = (entry.partition("=") for entry in text.split("|"))
    return tuple(Choice(value, label or value) for value, _, label in pairs)


STAGES = choices(
    "subscriber=Subscriber|lead=Lead|marketingqualifiedlead=Marketing Qualified Lead|"
    "salesqualifiedlead=Sales Qualified Lead|opportunity=Opportunity|customer=Customer|evangelist=Affiliate|"
    "51439524=Former customer|other=Other"
)
LEAD_STATUSES = choices(
    "NEW=New|OPEN=Open|IN_PROGRESS=In Progress|OPEN_DEAL=Open Deal|UNQUALIFIED=Unqualified|"
    "ATTEMPTED_TO_CONTACT=Attempted to Contact|CONNECTED=Connected|BAD_TIMING=Bad Timing"
)
SOURCES = choices(
    "ORGANIC_SEARCH=Organic Search|PAID_SEARCH=Paid Search|EMAIL_MARKETING=Email Marketing|SOCIAL_MEDIA=Organic Social|"
    "REFERRALS=Referrals|OTHER_CAMPAIGNS=Other Campaigns|DIRECT_TRAFFIC=Direct Traffic|OFFLINE=Offline Sources|"
    "PAID_SOCIAL=Paid Social|AI_REFERRALS=AI Referrals"
)
RECORD_SOURCES = choices(
    "FORM=Form|IMPORT=Import|CRM_UI=CRM UI|INTEGRATION=Integration|EMAIL=Email|MEETINGS=Meetings|"
    "CONVERSATIONS=Conversations"
)
STAGE_PROPERTIES = (
    ("date_entered", "Date entered", "datetime/calculation_read_time"),
    ("date_exited", "Date exited", "datetime/calculation_read_time"),
    ("latest_time_in", "Latest time in", "number/calculation_read_time"),
    ("cumulative_time_in", "Cumulative time in", "number/calculation_read_time"),
)
TRUE_FALSE = choices("true=Yes|false=No")

ANY_GROUP = {"contacts": "contactinformation", "companies": "companyinformation"}


def read_definitions(lines: Iterable[str], lists: dict[str, tuple[Choice, ...]]) -> dict[str, Definition]:
    """Read "name;label;type/fieldType;group;flags;options" lines.

    Flags are words: calculated, readonly, hidden, custom, currency, unique, OWNER, COMPANY. Options name one of
    `lists` or are written out as `choices` reads them.
    """
    definitions = (_read_definition(line.split(";"), lists) for line in lines)
    return {definition.name: definition for definition in definitions}


def _read_definition(fields: list[str], lists: dict[str, tuple[Choice, ...]]) -> Definition:
    name, label, kind, group, flags, options = [*fields, *[""] * (6 - len(fields))]
    type_, _, field_type = kind.partition("/")
    words = set(flags.split())
    return Definition(
        name=name,
        label=label,
        type=type_,
        field_type=field_type,
        group=group,
        choices=lists.get(options) or (choices(options) if options else ()),
        reference=next(iter(words & {"OWNER", "COMPANY"}), ""),
        calculated="calculated" in words,
        read_only="readonly" in words,
        hidden="hidden" in words,
        custom="custom" in words,
        currency="currency" in words,
        unique="unique" in words,
    )


def stage_lines(group: str) -> list[str]:
    """Return the lines of what HubSpot derives for each lifecycle stage: instants, and milliseconds spent in it.

    Source: https://knowledge.hubspot.com/properties/stage-calculated-properties
    """
    return [
        f'hs_v2_{name}_{stage.value};{label} "{stage.label} (Lifecycle Stage Pipeline)";{kind};{group};calculated'
        for name, label, kind in STAGE_PROPERTIES
        for stage in STAGES
    ]


LISTS = {
    "stages": STAGES,
    "lead_statuses": LEAD_STATUSES,
    "sources": SOURCES,
    "record_sources": RECORD_SOURCES,
    "yes_no": TRUE_FALSE,
}
