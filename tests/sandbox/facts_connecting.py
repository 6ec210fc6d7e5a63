"""Facts about versions, OAuth and scopes."""

from tests.sandbox.facts import (
    CHANGELOG,
    DOCS,
    LATEST,
    NOT_OURS,
    OAUTH_GUIDE,
    OBJECTS,
    QUICKSTART,
    SPECIFICATION,
    TOKENS,
    USAGE,
    VERSIONS,
    Fact,
)

FORMS = "sandbox/test_sandbox_forms.py"
OAUTH = "sandbox/test_sandbox_oauth.py"
CONSENT = "sandbox/test_sandbox_consent.py"
ERRORS = "sandbox/test_sandbox_errors.py"
WIRE = "sandbox/test_sandbox_wire.py"

VERSION_FACTS = (
    Fact(
        "0",
        "Paths carry a dated version behind the API's name",
        f"{FORMS}::test_every_form_of_a_path_answers_alike",
        VERSIONS,
    ),
    Fact(
        "0",
        "2026-09 and 2026-03 answer alike for what is used here, and so do v3 and v4",
        f"{FORMS}::test_batches_and_searches_have_the_same_forms",
        VERSIONS,
        "HubSpot's files of 2026-09 drop some answers the older ones list (207, links of one record); all are served "
        "in every version, because recordings show them.",
    ),
    Fact(
        "0",
        "v3 and v4 still answer; they end in September and March 2027",
        f"{FORMS}::test_every_form_of_a_path_answers_alike",
        f"{CHANGELOG}/legacy-apis-and-legacy-apps-whats-going-unsupported-and-when",
        "Served without an end: a sandbox for clients of today must not fail by the calendar.",
    ),
    Fact(
        "0",
        "The version also works in front of the API's name: /crm/2026-09/objects",
        f"{FORMS}::test_every_form_of_a_path_answers_alike",
        choice="Seen live and not documented; served, because it costs a line.",
    ),
    Fact(
        "0",
        "A path of an unknown version is not found",
        f"{FORMS}::test_an_unknown_path_is_a_404_and_a_wrong_method_a_405",
    ),
    Fact(
        "0",
        "2026-09 checks property rules on writes",
        source=f"{CHANGELOG}/crm-api-write-validation-enforcement",
        choice=f"{NOT_OURS}nothing writes to a sandbox over HubSpot's wire.",
    ),
    Fact(
        "0",
        "Kinds of apps, their distribution, install limits, service keys and the governance of scopes",
        source=f"{DOCS}/apps/developer-platform/build-apps/app-configuration",
        choice=f"{NOT_OURS}they are settings of an app at HubSpot; a sandbox knows one app.",
    ),
)

AUTHORIZE_FACTS = (
    Fact(
        "1.1",
        "The consent page is asked for with client_id, redirect_uri, scope, optional_scope and state",
        f"{CONSENT}::test_the_page_shows_app_accounts_scopes_and_both_buttons",
        OAUTH_GUIDE,
    ),
    Fact(
        "1.1",
        "Optional scopes are the parameter optional_scope",
        f"{OAUTH}::test_optional_scopes_are_granted_only_where_ticked",
        QUICKSTART,
        "One guide also writes optional_scopes; the singular is what its table and the SDKs have, and"
        " the only one read.",
    ),
    Fact(
        "1.1",
        "Scopes are parted by spaces, written %20",
        "api/test_oauth.py::test_the_consent_address_spells_spaces_as_percent_20",
        OAUTH_GUIDE,
        f"{NOT_OURS}a server reads + and %20 alike; writing it is the client's.",
    ),
    Fact(
        "1.1",
        "An address with an account in it offers that account only",
        f"{OAUTH}::test_the_account_preselected_address_offers_one_account",
        OAUTH_GUIDE,
    ),
    Fact(
        "1.1",
        "Apps made in the EU are authorized at another host",
        choice=f"{NOT_OURS}the host is the setting HUBSPOT_AUTHORIZE_URL of the client.",
    ),
    Fact(
        "1.1",
        "A redirect URI is https by domain, or http to localhost; never an IP address",
        f"{OAUTH}::test_a_redirect_uri_hubspot_would_refuse_ends_on_an_error_page",
        OAUTH_GUIDE,
    ),
    Fact(
        "1.1",
        "The sample portal in the app also returns to the origin the browser is on",
        f"{CONSENT}::test_the_pages_own_origin_is_a_redirect_uri_only_where_switched_on",
        choice=(
            "Off unless mounted: people open a dashboard by 127.0.0.1 or a machine's name too, and "
            "nothing real is behind it."
        ),
    ),
    Fact(
        "1.1",
        "The redirect URI of the exchange must be the one of the authorization, to the letter",
        f"{OAUTH}::test_a_code_is_bound_to_its_redirect_uri",
        OAUTH_GUIDE,
    ),
    Fact(
        "1.1",
        "A scope the app does not declare ends on HubSpot's error page; the app hears nothing",
        f"{OAUTH}::test_a_wrong_request_ends_on_an_error_page_without_callback",
        OAUTH_GUIDE,
    ),
    Fact(
        "1.1",
        "An optional scope that the account's subscription lacks is left out of the token",
        f"{OAUTH}::test_an_account_without_the_subscription_drops_the_optional_scope",
        OAUTH_GUIDE,
    ),
    Fact(
        "1.1",
        "The granted scopes are in the token's answer, and only those that were asked for",
        f"{OAUTH}::test_a_scope_that_was_not_asked_for_is_never_granted",
        OAUTH_GUIDE,
    ),
    Fact(
        "1.1",
        "A token sees all records of the account, whoever granted it",
        f"{OAUTH}::test_every_user_of_a_portal_sees_all_its_records",
        OAUTH_GUIDE,
    ),
    Fact(
        "1.1",
        "Allow redirects with code and state",
        f"{OAUTH}::test_allow_returns_code_and_state_to_the_app",
        OAUTH_GUIDE,
    ),
    Fact(
        "1.1",
        "A redirect URI with a query keeps it",
        f"{OAUTH}::test_a_redirect_uri_with_a_query_keeps_it",
        OAUTH_GUIDE,
    ),
    Fact("1.1", "A code is used once", f"{OAUTH}::test_a_code_is_spent_by_its_first_use", OAUTH_GUIDE),
    Fact(
        "1.1",
        "A code lives briefly",
        f"{OAUTH}::test_a_code_lives_for_a_minute",
        OAUTH_GUIDE,
        "The lifetime is not published: a minute, which a redirect never needs; then BAD_AUTH_CODE as for a spent one.",
    ),
    Fact(
        "1.1",
        "Errors redirect with error, error_description and the state",
        f"{OAUTH}::test_deny_returns_access_denied_and_no_code",
        OAUTH_GUIDE,
        "Whether state comes back with an error is not written; it does here, as RFC 6749 asks.",
    ),
    Fact(
        "1.1",
        "A person who denies may leave the app without any call",
        f"{CONSENT}::test_the_app_can_be_left_without_any_answer",
        QUICKSTART,
        "Two guides contradict each other: Deny redirects with access_denied, and the fault silent on"
        " decide is silence.",
    ),
    Fact(
        "1.1",
        "PKCE with S256 works together with the client secret",
        f"{OAUTH}::test_pkce_wants_the_verifier_of_the_challenge",
        SPECIFICATION,
        "Undocumented for most apps: optional here, held where a challenge was sent, S256 only.",
    ),
)

TOKEN_FACTS = (
    Fact(
        "1.2",
        "The token endpoint takes forms; JSON is a 415",
        f"{OAUTH}::test_the_token_endpoint_takes_forms_only",
        TOKENS,
    ),
    Fact(
        "1.2",
        "The same endpoint answers as 2026-09, 2026-03 and v3",
        f"{FORMS}::test_tokens_are_made_and_ended_at_every_form",
        TOKENS,
    ),
    Fact(
        "1.2",
        "A code becomes tokens with hub_id, user_id, scopes, expires_in and token_type bearer",
        f"{OAUTH}::test_a_code_becomes_tokens_that_open_the_chosen_portal",
        TOKENS,
    ),
    Fact(
        "1.2",
        "token_use and every other member are as the specification requires",
        "sandbox/test_sandbox_openapi.py::test_every_answer_to_every_request_is_as_specified",
        SPECIFICATION,
    ),
    Fact(
        "1.2",
        "user_id may be missing",
        f"{OAUTH}::test_the_user_can_be_left_out_of_token_answers",
        SPECIFICATION,
        "Sent unless include_user_id is off: recordings of 2026 show answers without it.",
    ),
    Fact(
        "1.2",
        "An access token lives 1,800 seconds",
        f"{OAUTH}::test_a_code_becomes_tokens_that_open_the_chosen_portal",
        TOKENS,
    ),
    Fact(
        "1.2",
        "An access token's length varies with its scopes",
        f"{OAUTH}::test_an_access_token_grows_with_its_scopes",
        TOKENS,
    ),
    Fact(
        "1.2",
        "A refresh answers with a refresh token",
        f"{OAUTH}::test_a_refresh_keeps_the_refresh_token",
        TOKENS,
        "Seen unchanged, not promised: unchanged by default, another one each time with --rotate-refresh-tokens.",
    ),
    Fact(
        "1.2",
        "Where refresh tokens rotate, the old one is invalid",
        f"{OAUTH}::test_rotation_makes_the_old_refresh_token_useless",
    ),
    Fact(
        "1.2",
        "A refresh token works until it is revoked",
        f"{OAUTH}::test_tokens_outlive_a_restart_and_belong_to_their_seed",
        TOKENS,
    ),
    Fact(
        "1.2",
        "Clients refresh ahead of expiry and share the token",
        "connections/test_renewal.py::test_twenty_threads_with_an_expired_token_make_one_call",
        USAGE,
        f"{NOT_OURS}a rule for clients.",
    ),
    Fact(
        "1.2",
        "The grant type client_credentials is for journals",
        f"{ERRORS}::test_refusals_of_the_token_endpoint_carry_both_vocabularies",
        choice="Refused as an unknown grant type: there are no journals here.",
    ),
    Fact(
        "1.3",
        "Introspection tells who and where, in form fields token and token_type_hint",
        f"{OAUTH}::test_introspection_tells_who_and_where",
        TOKENS,
    ),
    Fact(
        "1.3",
        "An unknown or revoked token is only not active, with 200",
        f"{OAUTH}::test_introspection_of_an_unknown_or_revoked_token_says_only_inactive",
        TOKENS,
    ),
    Fact(
        "1.3",
        "Revoking ends the refresh token; access tokens live on until they expire",
        f"{OAUTH}::test_revoking_ends_refreshes_and_lets_access_tokens_live",
        TOKENS,
    ),
    Fact(
        "1.3",
        "An app uninstalls itself with DELETE /appinstalls/2026-09/external-install",
        choice=f"{NOT_OURS}the dashboard revokes and never uninstalls.",
    ),
    Fact(
        "1.3",
        "v1 of the token endpoint and of its introspection ends on 2027-02-16",
        f"{FORMS}::test_v1_describes_an_access_token_in_its_path",
        f"{DOCS}/api-reference/legacy/authentication/oauth-tokens/v1/migration-guide",
        "Still served, because HubSpot's own SDK and others call it; the dashboard does not.",
    ),
    Fact(
        "1.4",
        "Errors are 400 with RFC 6749's error and description beside HubSpot's status and message",
        f"{ERRORS}::test_refusals_of_the_token_endpoint_carry_both_vocabularies",
        TOKENS,
    ),
    Fact(
        "1.4",
        "A dead refresh token is invalid_grant with BAD_REFRESH_TOKEN",
        f"{OAUTH}::test_an_invented_refresh_token_is_an_invalid_grant",
        TOKENS,
    ),
    Fact(
        "1.4",
        "A wrong code is BAD_AUTH_CODE: missing or unknown auth code",
        f"{OAUTH}::test_a_code_is_spent_by_its_first_use",
        choice=(
            "The body of 2026-09 is unknown: the old status and message with invalid_grant beside them, "
            "as v1 and v3 got in 2026."
        ),
    ),
    Fact(
        "1.4",
        "The client id is checked before anything else, then the secret",
        f"{OAUTH}::test_the_client_is_checked_before_anything_else",
        choice=(
            "An unknown id is invalid_request in one report and invalid_client in another: the first, "
            "which is the fuller."
        ),
    ),
    Fact(
        "1.4",
        "A deleted or moved portal is BAD_HUB with access_denied",
        "sandbox/test_sandbox_faults.py::test_the_token_endpoints_can_fail_too",
        choice="On request: no portal of a sandbox disappears by itself.",
    ),
)

SCOPE_FACTS = (
    Fact(
        "2",
        "Records of an object need its crm.objects scope, owners theirs, account details oauth",
        f"{ERRORS}::test_each_route_names_its_own_scopes_and_is_opened_by_any_of_them",
        SPECIFICATION,
    ),
    Fact(
        "2",
        "Definitions of properties open with any scope of objects or schemas",
        f"{ERRORS}::test_any_object_or_schema_scope_opens_the_properties_of_every_object",
        SPECIFICATION,
        "Whether HubSpot checks each object apart is unknown; the specification says any, so any does.",
    ),
    Fact(
        "2",
        "Associations open with any scope of objects",
        f"{ERRORS}::test_associations_take_any_scope_of_objects",
        SPECIFICATION,
    ),
    Fact(
        "2",
        "Pipelines open with a scope of deals",
        f"{ERRORS}::test_each_route_names_its_own_scopes_and_is_opened_by_any_of_them",
        SPECIFICATION,
    ),
    Fact(
        "2",
        "A call without any of its scopes is a 403 that names them",
        f"{WIRE}::test_a_missing_scope_is_a_403_that_names_what_would_do",
        OBJECTS,
    ),
    Fact(
        "2",
        "Objects beyond the app's scopes are missing scopes too",
        f"{FORMS}::test_objects_that_nobody_granted_are_missing_scopes",
        OBJECTS,
    ),
    Fact(
        "2",
        "Sensitive properties need scopes of their own",
        "sandbox/test_sandbox_schemas.py::test_there_are_no_archived_and_no_sensitive_properties",
        f"{LATEST}/crm/properties/sensitive-data",
    ),
)

CONNECTING = (*VERSION_FACTS, *AUTHORIZE_FACTS, *TOKEN_FACTS, *SCOPE_FACTS)
