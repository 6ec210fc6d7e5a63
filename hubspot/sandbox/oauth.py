"""OAuth: the consent page's rules and the token endpoints.

Source: https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens
"""

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from hubspot.sandbox import answers, consent
from hubspot.sandbox.answers import HTML, Answer, Refusal
from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.portals import PORTALS, PortalFacts
from hubspot.sandbox.tokens import Grant
from hubspot.sandbox.wire import Call

SCOPES = {
    "oauth": "See which account it is connected to",
    "crm.objects.contacts.read": "View contacts and their properties",
    "crm.objects.companies.read": "View companies and their properties",
    "crm.objects.owners.read": "View the people that records are assigned to",
    "crm.objects.deals.read": "View deals and their properties",
    "crm.schemas.contacts.read": "View the properties contacts have",
    "crm.schemas.companies.read": "View the properties companies have",
    "crm.schemas.deals.read": "View the properties deals have",
    "crm.lists.read": "View segments and who is in them",
}


@dataclass(frozen=True, slots=True)
class Authorization:
    """A checked request for consent."""

    redirect_uri: str
    state: str
    scopes: tuple[str, ...]
    optional_scopes: tuple[str, ...]
    challenge: str
    parameters: Mapping[str, str]

    def back(self, **answer: str) -> Answer:
        """Return the redirect to the app with an answer and the state it sent."""
        pairs = {**answer, **({"state": self.state} if self.state else {})}
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        location = self.redirect_uri + joint + urlencode(pairs, quote_via=quote)
        return Answer(303, b"", HTML, {"Location": location, **consent.HEADERS})


class Unacceptable(Exception):
    """A request for consent that never reaches the app again; the text is for the person on the page."""


def authorize_page(call: Call) -> Answer:
    """Answer GET /oauth/authorize: the consent page, or an error page without a way back to the app."""
    try:
        asked = read_authorization(call, dict(call.request.query_params))
    except Unacceptable as problem:
        return consent.error_page(str(problem))
    words = [(scope, SCOPES[scope]) for scope in asked.scopes]
    optional = [(scope, SCOPES[scope]) for scope in asked.optional_scopes]
    page = consent.page(
        app_name=call.sandbox.config.app_name,
        accounts=_offered(call),
        scopes=words,
        optional_scopes=optional,
        parameters=asked.parameters,
    )
    return Answer(200, page, HTML, consent.HEADERS)


def authorize(call: Call) -> Answer:
    """Answer the form of the consent page: a redirect to the app with a code, or with access_denied."""
    pairs = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    try:
        asked = read_authorization(call, dict(pairs))
    except Unacceptable as problem:
        return consent.error_page(str(problem))
    if dict(pairs).get("decision") != "allow":
        return asked.back(error="access_denied", error_description="The user denied the request")
    chosen = dict(pairs).get("account", "")
    facts = next((portal for portal in _offered(call) if str(portal.hub_id) == chosen), None)
    if facts is None:
        return consent.error_page("Choose an account to connect.")
    ticked = tuple(scope for name, scope in pairs if name == "granted" and scope in asked.optional_scopes)
    # HubSpot leaves out optional scopes that an account's subscription does not have.
    scopes = tuple(s for s in dict.fromkeys((*asked.scopes, *ticked)) if s not in facts.unavailable_scopes)
    grant = call.sandbox.tokens.new_grant(hub_id=facts.hub_id, user_id=facts.user_id, scopes=scopes)
    code = call.sandbox.tokens.issue_code(
        grant, redirect_uri=asked.redirect_uri, challenge=asked.challenge, now=call.now
    )
    return asked.back(code=code)


def read_authorization(call: Call, given: Mapping[str, str]) -> Authorization:
    """Check what an app asks for. Raises Unacceptable with what the person should read."""
    if given.get("client_id") != call.sandbox.config.client_id:
        raise Unacceptable("We couldn't find the app that sent you here: its client id is unknown.")
    if not _offered(call):
        raise Unacceptable("This account is unknown here.")
    redirect_uri = given.get("redirect_uri", "")
    if not is_acceptable_redirect(redirect_uri, call):
        raise Unacceptable(
            "The redirect URL of this app can't be used. It must be an https address with a domain, or "
            "http://localhost while developing; IP addresses are not supported."
        )
    scopes = tuple(dict.fromkeys(given.get("scope", "").split()))
    optional = tuple(s for s in dict.fromkeys(given.get("optional_scope", "").split()) if s not in scopes)
    unknown = [scope for scope in (*scopes, *optional) if scope not in SCOPES]
    if unknown or not scopes:
        named = f" ({', '.join(unknown)})" if unknown else ""
        raise Unacceptable(f"Authorization failed: the app asks for scopes that don't match its settings{named}.")
    challenge = given.get("code_challenge", "")
    if challenge and given.get("code_challenge_method", "plain") != "S256":
        raise Unacceptable("Authorization failed: only the code challenge method S256 is supported.")
    known = ("client_id", "redirect_uri", "scope", "optional_scope", "state", "code_challenge", "code_challenge_method")
    parameters = {name: given[name] for name in known if given.get(name)}
    return Authorization(redirect_uri, given.get("state", ""), scopes, optional, challenge, parameters)


def is_acceptable_redirect(uri: str, call: Call) -> bool:
    """Tell whether HubSpot would redirect there: https by domain, or http to localhost.

    Source: https://developers.hubspot.com/docs/apps/legacy-apps/authentication/working-with-oauth
    """
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.fragment or not (uri.isascii() and uri.isprintable()):
        return False
    if call.sandbox.config.same_origin_redirects:
        return _origin(uri) == _origin(str(call.request.url))
    return (parts.scheme == "https" and not _is_address(host)) or (parts.scheme == "http" and host == "localhost")


def _origin(uri: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _offered(call: Call) -> tuple[PortalFacts, ...]:
    """Return the accounts to choose from; an address with an account in it offers only that one."""
    hub_id = call.request.path_params.get("hub_id")
    return tuple(portal for portal in PORTALS if hub_id in {None, portal.hub_id})


def token(call: Call) -> Answer:
    """Answer the token endpoint: exchange a code or refresh."""
    form = read_form(call)
    require_client(call.sandbox.config, form)
    grant_type = form.get("grant_type")
    if grant_type == "authorization_code":
        return answers.json_answer(call.sandbox.tokens.exchange(form, call.now))
    if grant_type == "refresh_token":
        return answers.json_answer(call.sandbox.tokens.refresh(form, call.now))
    raise answers.oauth_error("BAD_GRANT_TYPE", "missing or unknown grant type", "unsupported_grant_type")


def introspect(call: Call) -> Answer:
    """Answer what a token is; an unknown, expired or revoked one is only inactive."""
    form = read_form(call)
    require_client(call.sandbox.config, form)
    tokens, text = call.sandbox.tokens, form.get("token", "")
    lasting = tokens.read(text, "refresh_token")
    if lasting is not None and tokens.is_current(lasting):
        return answers.json_answer({**_about(call, lasting, text), "token_use": "refresh_token"})
    brief = tokens.read(text, "access_token")
    if brief is None or brief.expires_at <= call.now:
        return answers.json_answer({"active": False})
    expires_in = (brief.expires_at - call.now) // 1000
    is_user_level = call.sandbox.config.user_level
    signed = {
        "expiresAt": brief.expires_at,
        "hubId": brief.hub_id,
        "userId": brief.user_id,
        "appId": 1512050,
        "isUserLevel": is_user_level,
    }
    more = {"token_use": "access_token", "expires_in": expires_in, "signed_access_token": signed}
    return answers.json_answer({**_about(call, brief, text), **more})


def _about(call: Call, grant: Grant, text: str) -> dict[str, object]:
    facts = call.sandbox.places[grant.hub_id].facts
    return {
        "active": True,
        "token": text,
        "token_type": "Bearer",
        "hub_id": grant.hub_id,
        "user_id": grant.user_id,
        "client_id": call.sandbox.config.client_id,
        "app_id": 1512050,
        "user": user_name(facts, grant.user_id),
        "hub_domain": facts.domain,
        "scopes": list(grant.scopes),
        "is_private_distribution": False,
    }


def user_name(facts: PortalFacts, user_id: int) -> str:
    """Return the e-mail address of a user."""
    return facts.user if user_id == facts.user_id else f"user{user_id}@{facts.domain}"


def describe_access_token(call: Call) -> Answer:
    """Answer what v1 told about an access token in its path; HubSpot ends it on 2027-02-16.

    Source: https://developers.hubspot.com/docs/api-reference/legacy/authentication/oauth-tokens/v1/migration-guide
    """
    text = call.request.path_params["token"]
    grant = call.sandbox.tokens.read(text, "access_token")
    if grant is None or grant.expires_at <= call.now:
        raise answers.not_found("access token is invalid or expired", "OBJECT_NOT_FOUND")
    about = _about(call, grant, text)
    kept = ("token", "user", "hub_domain", "scopes", "hub_id", "app_id", "user_id")
    brief = {"expires_in": (grant.expires_at - call.now) // 1000, "token_type": "access"}
    return answers.json_answer({**{name: about[name] for name in kept}, **brief})


def revoke(call: Call) -> Answer:
    """Revoke a refresh token; an unknown one is answered alike."""
    form = read_form(call)
    require_client(call.sandbox.config, form)
    call.sandbox.tokens.revoke(form.get("token", ""))
    return answers.json_answer({})


def read_form(call: Call) -> dict[str, str]:
    """Return the form of a request; raises Refusal with 415 for any other kind of body."""
    media_type = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise answers.error(415, "HTTP 415 Unsupported Media Type", "VALIDATION_ERROR")
    return dict(parse_qsl(call.body.decode("utf-8", "replace")))


def require_client(config: SandboxConfig, form: Mapping[str, str]) -> None:
    """Check the app's id and secret before anything else, as HubSpot does. Raises Refusal with OAuth's error."""
    if form.get("client_id") != config.client_id:
        message = "missing or unknown client id"
        raise Refusal(
            400,
            {"status": "BAD_CLIENT_ID", "message": message, "error": "invalid_request", "error_description": message},
        )
    if not hmac.compare_digest(form.get("client_secret", "").encode(), config.client_secret.encode()):
        raise answers.oauth_error("BAD_CLIENT_SECRET", "missing or invalid client secret", "invalid_client")
