"""Which properties deals have in a sandbox portal, and the stages of its one pipeline."""

from hubspot.sandbox.definitions import CREATED, choices, read_definitions

# The default pipeline as a new portal has it: stage, label, probability.
STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", 0.2),
    ("qualifiedtobuy", "Qualified To Buy", 0.4),
    ("presentationscheduled", "Presentation Scheduled", 0.6),
    ("decisionmakerboughtin", "Decision Maker Bought-In", 0.8),
    ("contractsent", "Contract Sent", 0.9),
    ("closedwon", "Closed Won", 1.0),
    ("closedlost", "Closed Lost", 0.0),
)
PIPELINE: dict[str, object] = {
    "id": "default",
    "label": "Sales Pipeline",
    "displayOrder": 0,
    "archived": False,
    "createdAt": CREATED,
    "updatedAt": CREATED,
    "stages": [
        {
            "id": stage,
            "label": label,
            "displayOrder": order,
            "metadata": {"isClosed": str(stage.startswith("closed")).lower(), "probability": str(probability)},
            "archived": False,
            "createdAt": CREATED,
            "updatedAt": CREATED,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }
        for order, (stage, label, probability) in enumerate(STAGES)
    ],
}

DEAL_DEFINITIONS = read_definitions(
    [
        "dealname;Deal Name;string/text;dealinformation",
        "amount;Amount;number/number;dealinformation;currency",
        "closedate;Close Date;datetime/date;dealinformation",
        "pipeline;Pipeline;enumeration/select;dealinformation;;default=Sales Pipeline",
        "dealstage;Deal Stage;enumeration/radio;dealinformation;;deal_stages",
        "dealtype;Deal Type;enumeration/radio;dealinformation;;deal_types",
        "description;Deal Description;string/textarea;dealinformation",
        "hubspot_owner_id;Deal owner;enumeration/select;dealinformation;OWNER",
        "hs_is_closed;Is Deal Closed?;bool/calculation_equation;dealinformation;calculated;true=True|false=False",
        "hs_is_closed_won;Is Closed Won;bool/calculation_equation;dealinformation;calculated;true=True|false=False",
        "hs_deal_stage_probability;Deal probability;number/number;dealinformation;calculated",
        "hs_object_id;Record ID;number/number;dealinformation;readonly unique",
        "createdate;Create Date;datetime/date;dealinformation;readonly",
        "hs_lastmodifieddate;Last Modified Date;datetime/date;dealinformation;readonly",
    ],
    {
        "deal_stages": choices("|".join(f"{stage}={label}" for stage, label, _ in STAGES)),
        "deal_types": choices("newbusiness=New Business|existingbusiness=Existing Business"),
    },
)
