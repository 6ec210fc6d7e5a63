"""Settings: the environment first, then .streamlit/secrets.toml, then defaults."""

import base64
import binascii
import hashlib
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from hubspot.errors import SettingsError

SECRETS_FILE = Path(__file__).parent.parent / ".streamlit" / "secrets.toml"
SAMPLE_CLIENT_ID = "sample-portal"
DEFAULT_SCOPES = "oauth crm.objects.contacts.read crm.objects.companies.read crm.objects.owners.read"
KEY_BYTES = 32
SIGN_IN_RETURN = "/oauth2callback"
_PROVIDER_KEYS = ("client_id", "client_secret", "server_metadata_url")
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Who may sign in to the dashboard itself: the `[auth]` section of secrets.toml, which Streamlit reads too.

    `providers` are names of OpenID providers, "default" for the one that has none; `hours` is how long a sign-in lasts.
    Source: https://docs.streamlit.io/develop/concepts/connections/authentication
    """

    redirect_uri: str
    cookie_secret: str = field(repr=False)
    providers: tuple[str, ...]
    domains: tuple[str, ...] = ()
    hours: int = 12

    @property
    def origin(self) -> str:
        """Return the dashboard's own origin, such as https://dash.example.com."""
        return self.redirect_uri.removesuffix(SIGN_IN_RETURN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can set. Empty strings mean "not set"; secrets stay out of the repr.

    `keys` maps key ids to 32 bytes, the first one seals. `refresh_minutes` is 0 where copies age until somebody asks,
    `metrics_port` where no metrics are served, `sign_in` None where nobody has to sign in.
    """

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    redirect_uri: str = ""
    pkce: bool = True
    scopes: tuple[str, ...] = tuple(DEFAULT_SCOPES.split())
    optional_scopes: tuple[str, ...] = ()
    api_url: str = "https://api.hubapi.com"
    authorize_url: str = "https://app.hubspot.com/oauth/authorize"
    redis_url: str = field(default="", repr=False)
    snapshot_uri: str = ""
    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    home: Path = Path()
    keep_days: int = 30
    refresh_minutes: float = 15
    allowed_portals: tuple[int, ...] = ()
    sign_in: SignIn | None = None
    log_level: str = "INFO"
    log_format: str = "text"
    metrics_port: int = 0
    metrics_address: str = "127.0.0.1"
    audit_file: str = ""

    @property
    def is_sample(self) -> bool:
        """True when no HubSpot app is configured: only the sample portal can be connected."""
        return not self.client_id

    @property
    def namespace(self) -> str:
        """Return 8 hex digits that begin every stored name, so that data of another app is never read."""
        source = SAMPLE_CLIENT_ID if self.is_sample else self.api_url + self.client_id
        return hashlib.sha256(source.encode()).hexdigest()[:8]

    @property
    def config_dir(self) -> Path:
        """Return where the generated key lives, apart from the data it opens."""
        return self.home / "config" if self.home != Path() else _platform_dir("config")

    @property
    def state_dir(self) -> Path:
        """Return where the embedded Redis and, by default, the snapshots live."""
        return self.home / "state" if self.home != Path() else _platform_dir("state")


def load(environ: Mapping[str, str] | None = None, secrets_file: Path = SECRETS_FILE) -> Settings:
    """Read the settings; an empty value counts as not set.

    Raises SettingsError with a sentence that names the setting and what to write instead.
    """
    stored = _read_secrets(secrets_file)
    in_file = {name: str(value) for name, value in stored.items() if not isinstance(value, Mapping)}
    given = _not_blank(in_file) | _not_blank(os.environ if environ is None else environ)
    return _checked(replace(_read(given), sign_in=_read_sign_in(stored.get("auth"), given)))


def _not_blank(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value.strip()}


def _read(given: Mapping[str, str]) -> Settings:
    defaults = Settings()
    return Settings(
        client_id=given.get("HUBSPOT_CLIENT_ID", "").strip(),
        client_secret=given.get("HUBSPOT_CLIENT_SECRET", "").strip(),
        redirect_uri=given.get("HUBSPOT_REDIRECT_URI", "").strip(),
        pkce=_read_switch(given, "HUBSPOT_PKCE", default=True),
        scopes=tuple(given.get("HUBSPOT_SCOPES", DEFAULT_SCOPES).split()),
        optional_scopes=tuple(given.get("HUBSPOT_OPTIONAL_SCOPES", "").split()),
        api_url=given.get("HUBSPOT_API_URL", defaults.api_url).strip().rstrip("/"),
        authorize_url=given.get("HUBSPOT_AUTHORIZE_URL", defaults.authorize_url).strip(),
        redis_url=given.get("REDIS_URL", "").strip(),
        snapshot_uri=given.get("SNAPSHOT_URI", "").strip(),
        keys=read_keys(given.get("DASHBOARD_KEYS", "")),
        home=Path(given.get("DASHBOARD_HOME", "")).expanduser(),
        keep_days=_read_number(given, "DASHBOARD_KEEP_DAYS", default=defaults.keep_days, least=1),
        refresh_minutes=_read_minutes(given, "DASHBOARD_REFRESH_MINUTES", default=15),
        allowed_portals=_read_portals(given.get("DASHBOARD_ALLOWED_PORTALS", "")),
        log_level=_read_choice(given, "DASHBOARD_LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
        log_format=_read_choice(given, "DASHBOARD_LOG_FORMAT", ("text", "json")),
        metrics_port=_read_number(given, "DASHBOARD_METRICS_PORT", default=0, least=0, most=65535),
        metrics_address=given.get("DASHBOARD_METRICS_ADDRESS", defaults.metrics_address).strip(),
        audit_file=given.get("DASHBOARD_AUDIT_FILE", "").strip(),
    )


def _checked(settings: Settings) -> Settings:
    if bool(settings.client_id) != bool(settings.client_secret):
        missing = "HUBSPOT_CLIENT_SECRET" if settings.client_id else "HUBSPOT_CLIENT_ID"
        raise SettingsError(f"{missing} is not set. A HubSpot app has both an id and a secret: set both or neither.")
    if settings.redis_url and not settings.keys:
        raise SettingsError(
            "DASHBOARD_KEYS is required with REDIS_URL, so that every replica opens the same tokens. "
            "Make one: python -c \"import base64, os; print('k1:' + base64.b64encode(os.urandom(32)).decode())\""
        )
    if settings.redirect_uri and not _is_allowed_redirect(settings.redirect_uri):
        raise SettingsError(
            f"HUBSPOT_REDIRECT_URI is {settings.redirect_uri!r}. HubSpot accepts https addresses by name, "
            "and http only for localhost, for example http://localhost:8501."
        )
    if settings.sign_in and settings.redirect_uri and _origin(settings.redirect_uri) != settings.sign_in.origin:
        raise SettingsError(
            "HUBSPOT_REDIRECT_URI and redirect_uri of [auth] name two places. Both return to this dashboard: "
            "give them the same scheme, host and port."
        )
    return settings


def read_keys(text: str) -> dict[str, bytes]:
    """Read a key ring written as "id:base64,id:base64"; empty text is an empty ring.

    Raises SettingsError for anything else, without repeating the text.
    """
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not (1 <= len(key_id.encode()) <= 4) or len(key) != KEY_BYTES or key_id in keys:
            raise SettingsError(
                "DASHBOARD_KEYS can't be read. Write it as k2:<32 bytes in base64>,k1:<32 bytes in base64>, "
                "with ids of at most 4 characters, each used once."
            )
        keys[key_id] = key
    return keys


def _read_secrets(path: Path) -> Mapping[str, object]:
    try:
        # The installation keeps it readable for the dashboard's own group, so only what everybody may is refused.
        if os.name == "posix" and path.stat().st_mode & 0o007:
            raise SettingsError(f"{path.name} holds secrets and can be read by others. Run: chmod 600 {path}")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        # The parser's message can quote the file, and with it a secret.
        raise SettingsError(f"{path.name} can't be read ({type(error).__name__}). Check its TOML syntax.") from None


def _read_switch(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    word = given.get(name, "on" if default else "off").strip().lower()
    if word in {"on", "true", "yes", "1"}:
        return True
    if word in {"off", "false", "no", "0"}:
        return False
    raise SettingsError(f"{name} is {word!r}. Write on or off.")


def _read_number(given: Mapping[str, str], name: str, *, default: int, least: int, most: int | None = None) -> int:
    text = given.get(name, str(default)).strip()
    if not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
        limit = "" if most is None else f" and at most {most}"
        raise SettingsError(f"{name} is {text!r}. Write a whole number of at least {least}{limit}.")
    return int(text)


def _read_minutes(given: Mapping[str, str], name: str, *, default: int) -> float:
    text = given.get(name, str(default)).strip()
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII):
        raise SettingsError(f"{name} is {text!r}. Write a number of minutes of at least 0, such as 15 or 0.5.")
    return float(text)


def _read_choice(given: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    text = given.get(name, choices[0]).strip()
    for choice in choices:
        if text.lower() == choice.lower():
            return choice
    raise SettingsError(f"{name} is {text!r}. Write one of {', '.join(choices)}.")


def _read_portals(text: str) -> tuple[int, ...]:
    words = text.replace(",", " ").split()
    if not all(word.isdecimal() for word in words):
        raise SettingsError("DASHBOARD_ALLOWED_PORTALS can't be read. Write HubSpot account ids, separated by commas.")
    return tuple(int(word) for word in words)


def _read_sign_in(section: object, given: Mapping[str, str]) -> SignIn | None:
    """Read who may sign in; a section that says too little is refused, for it must not leave the door open."""
    domains = _read_domains(given.get("DASHBOARD_ALLOWED_DOMAINS", ""))
    if section is None and domains:
        raise SettingsError(
            "DASHBOARD_ALLOWED_DOMAINS needs somebody who says who people are: add [auth] to secrets.toml."
        )
    if section is None:
        return None
    section = section if isinstance(section, Mapping) else {}
    for name in ("redirect_uri", "cookie_secret"):
        if not isinstance(section.get(name), str) or not section[name]:
            raise SettingsError(f"[auth] in secrets.toml has no {name}. Nobody can sign in without it.")
    if len(section["cookie_secret"]) < KEY_BYTES:
        raise SettingsError(f"cookie_secret of [auth] is too short. Write at least {KEY_BYTES} random characters.")
    uri = section["redirect_uri"]
    if urlsplit(uri).path != SIGN_IN_RETURN or "{" in uri or not _is_allowed_redirect(uri):
        raise SettingsError(
            f"redirect_uri of [auth] must be the dashboard's address and {SIGN_IN_RETURN}, by https, or by http for "
            f"localhost, for example http://localhost:8501{SIGN_IN_RETURN}."
        )
    return SignIn(
        redirect_uri=uri,
        cookie_secret=section["cookie_secret"],
        providers=_read_providers(section),
        domains=domains,
        hours=_read_number(given, "DASHBOARD_SIGN_IN_HOURS", default=12, least=1, most=720),
    )


def _read_providers(section: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the providers in [auth], each complete."""
    named = {name: each for name, each in section.items() if isinstance(each, Mapping) and name != "client_kwargs"}
    if not named or any(key in section for key in _PROVIDER_KEYS):
        named = {"default": section, **named}
    for name, provider in named.items():
        missing = [key for key in _PROVIDER_KEYS if not isinstance(provider.get(key), str) or not provider[key]]
        place = "[auth]" if name == "default" else f"[auth.{name}]"
        if missing:
            raise SettingsError(
                f"{place} in secrets.toml has no {' and no '.join(missing)}: take them from the provider."
            )
        if "_" in name:
            raise SettingsError(f"{place} in secrets.toml: the name of a provider can't hold an underscore.")
    return tuple(named)


def _read_domains(text: str) -> tuple[str, ...]:
    domains = tuple(word.lower().removeprefix("@") for word in text.replace(",", " ").split())
    if not all(_DOMAIN.fullmatch(each) for each in domains):
        raise SettingsError("DASHBOARD_ALLOWED_DOMAINS can't be read. Write e-mail domains: example.com, example.org.")
    return domains


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _is_allowed_redirect(uri: str) -> bool:
    parts = urlsplit(uri)
    host = parts.hostname or ""
    # HubSpot: "must use a domain, IP addresses are not supported".
    # Source: https://developers.hubspot.com/docs/apps/legacy-apps/authentication/working-with-oauth
    is_address = ":" in host or host.replace(".", "").isdecimal()
    return bool(host) and not is_address and (parts.scheme == "https" or (parts.scheme, host) == ("http", "localhost"))


def _platform_dir(kind: str) -> Path:
    """Return the platform's folder for a kind of file: config (keys) or state (data)."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        return base / "hubspot-dashboard" / kind
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "hubspot-dashboard" / kind
    standard = {"config": ("XDG_CONFIG_HOME", ".config"), "state": ("XDG_STATE_HOME", ".local/state")}
    variable, default = standard[kind]
    return Path(os.environ.get(variable) or Path.home() / default) / "hubspot-dashboard"
