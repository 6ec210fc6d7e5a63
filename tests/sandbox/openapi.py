"""HubSpot's OpenAPI files: which schema an answer must have, and how HubSpot is known to differ from them."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import jsonschema

PUBLISHED = "https://github.com/HubSpot/HubSpot-public-api-spec-collection"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
FORMATS = jsonschema.FormatChecker(["uuid"])


@dataclass(frozen=True)
class Difference:
    """How live answers differ from a schema: members it lacks or describes otherwise."""

    schema: str
    why: str
    members: dict = field(default_factory=dict)


TEXT, NUMBER, TRUTH = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
DIFFERENCES = (
    Difference("Error", "every recorded body begins with status: error", {"status": {"const": "error"}}),
    Difference(
        "Error",
        "recorded 429 bodies carry a policy instead of a category",
        {"errorType": {"const": "RATE_LIMIT"}, "policyName": TEXT, "groupName": TEXT, "requestId": TEXT},
    ),
    Difference(
        "MultiAssociatedObjectWithLabel",
        "the guide's samples and recordings show a number",
        {"toObjectId": NUMBER},
    ),
    Difference(
        "AssociationSpecWithLabel",
        "the guide's samples show null for an unlabelled type",
        {"label": {"type": ["string", "null"]}},
    ),
    Difference("PortalInformationResponse", "newer rollouts tell the portal's name", {"portalName": TEXT}),
    Difference(
        "TokenInfoResponseBaseIF",
        "the file has only the member all kinds share; the others are in the documentation",
        {
            **dict.fromkeys(("token", "token_type", "client_id", "user", "hub_domain", "token_use"), TEXT),
            **dict.fromkeys(("hub_id", "user_id", "app_id", "expires_in"), NUMBER),
            "scopes": {"type": "array", "items": TEXT},
            "is_private_distribution": TRUTH,
            "signed_access_token": {"type": "object"},
        },
    ),
)
# The file describes the token endpoint's errors only, and none of them as they are on the wire.
# Source: https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens
TOKEN = {
    "type": "object",
    "required": ["access_token", "expires_in", "refresh_token", "token_type", "token_use"],
    "properties": {
        **{name: {"type": "string", "minLength": 20} for name in ("access_token", "refresh_token")},
        "token_type": {"const": "bearer"},
        "token_use": {"const": "access_token"},
        **dict.fromkeys(("expires_in", "hub_id", "user_id"), NUMBER),
        "scopes": {"type": "array", "items": TEXT},
    },
    "additionalProperties": False,
}
OAUTH_ERROR = {
    "type": "object",
    "required": ["error", "error_description", "message", "status"],
    "properties": dict.fromkeys(("error", "error_description", "message", "status"), TEXT),
    "additionalProperties": False,
}
# Their 429s have no category, as recorded: https://developers.hubspot.com/docs/api-reference/error-handling
LIMITED = ("TEN_SECONDLY_ROLLING", "DAILY")


@FORMATS.checks("date-time", raises=ValueError)
def is_moment(value):
    return not isinstance(value, str) or bool(MOMENT.fullmatch(value) and datetime.fromisoformat(value))


@FORMATS.checks("int32")
def is_int32(value):
    return not isinstance(value, int) or -(2**31) <= value < 2**31


def as_json_schema(node):
    """Turn OpenAPI 3.0 into JSON Schema: nullable types also take null, and objects take only what they declare."""
    if isinstance(node, list):
        return [as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    turned = {key: as_json_schema(value) for key, value in node.items() if key != "example"}
    if turned.pop("nullable", False) is True:
        turned["type"] = [turned["type"], "null"]
    if turned.get("type") == "object" and turned.get("properties"):
        turned.setdefault("additionalProperties", False)
    return turned


class Specification:
    """All files of a folder."""

    def __init__(self, folder):
        self.documents = {path.stem: Document(path) for path in sorted(Path(folder).glob("*.json"))}

    def validators(self, method, path, status):
        """Return the validator of each file that describes a call; raises LookupError where none does."""
        found = [
            document.validator(operation, status)
            for document in self.documents.values()
            if (operation := document.operation(method, path)) is not None
        ]
        if not found:
            raise LookupError(f"no file describes {method} {path}")
        return found

    def check(self, method, path, status, body):
        """Raise ValidationError where a body is not as specified."""
        known = {"category": "RATE_LIMITS", **body} if status == 429 and body.get("policyName") in LIMITED else body
        for validator in self.validators(method, path, status):
            validator.validate(known)

    def described(self):
        """Return every (method, path) the files describe."""
        return {pair for document in self.documents.values() for pair in document.operations}


class Document:
    """One file."""

    def __init__(self, path):
        self.content = json.loads(path.read_text(encoding="utf-8"))
        self.operations = {
            (method.upper(), template): operation
            for template, item in self.content["paths"].items()
            for method, operation in item.items()
        }
        self._validators = {}

    @cached_property
    def schemas(self):
        schemas = as_json_schema(self.content["components"]["schemas"])
        for difference in DIFFERENCES:
            if difference.schema in schemas:
                schemas[difference.schema]["properties"].update(difference.members)
        return schemas

    def operation(self, method, path):
        """Return the operation whose template fits best, the one with the fewest variables."""
        fitting = [pair for pair in self.operations if pair[0] == method and _fits(pair[1], path)]
        return self.operations[min(fitting, key=lambda pair: pair[1].count("{"))] if fitting else None

    def validator(self, operation, status):
        reference = self._reference(operation, status)
        if reference not in self._validators:
            schema = {"$ref": reference, "components": {"schemas": self.schemas}}
            self._validators[reference] = jsonschema.Draft7Validator(schema, format_checker=FORMATS)
        return self._validators[reference]

    def _reference(self, operation, status):
        responses = operation["responses"]
        # Batches with missing records answer 207 with the body of 200; only files before 2026-09 say so.
        chosen = responses.get("200" if status == 207 else str(status)) or responses["default"]
        if "$ref" in chosen:
            name = chosen["$ref"].rsplit("/", 1)[-1]
            chosen = self.content["components"]["responses"][name]
        return chosen["content"]["*/*" if "*/*" in chosen["content"] else "application/json"]["schema"]["$ref"]


def _fits(template, path):
    return re.fullmatch(re.sub(r"\\\{[^/]*?\\\}", "[^/]+", re.escape(template)), path) is not None
