"""Tenants, sites, users and sign-in as browsers see them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from gateway.kernel.wire import Body, Name, ShortText, View

Role = Literal["agent", "supervisor", "admin"]
Password = Annotated[str, Meta(min_length=10, max_length=200)]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]{1,189}$(?!\n)")]
Origin = Annotated[str, Meta(max_length=300, pattern=r"^https?://[^/\s]+$")]
FieldName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$(?!\n)")]


class FormField(View):
    """One field of the pre-chat form. ``options`` turns it into a choice."""

    name: FieldName
    label: dict[str, str]
    kind: Literal["text", "email", "tel", "choice", "consent", "long_text"]
    required: bool
    options: list[Annotated[str, Meta(max_length=120)]] = []


class SiteBody(Body):
    """A web site that embeds the widget."""

    name: Name
    origins: Annotated[list[Origin], Meta(max_length=100)]
    languages: Annotated[
        list[Annotated[str, Meta(max_length=16)]], Meta(min_length=1, max_length=40)
    ]
    form: Annotated[list[FormField], Meta(max_length=20)] = []
    accent: Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$(?!\n)")] = "#0B6E69"
    position: Literal["left", "right"] = "right"
    title: dict[str, ShortText] = {}
    greeting: dict[str, ShortText] = {}
    calls: bool = True
    files: bool = True
    privacy_url: Annotated[str, Meta(max_length=500)] = ""
    enforce_identity: bool = False


class SiteView(View):
    """``key`` is the public name of the site in the embed snippet; it is no secret."""

    id: str
    key: str
    name: str
    origins: list[str]
    languages: list[str]
    form: list[FormField]
    accent: str
    position: Literal["left", "right"]
    title: dict[str, str]
    greeting: dict[str, str]
    calls: bool
    files: bool
    privacy_url: str
    enforce_identity: bool
    has_identity_key: bool
    snippet: str
    csp: list[str]


class SiteConfig(View):
    """What the loader fetches before anything is clicked: public, cacheable for a minute."""

    key: str
    languages: list[str]
    form: list[FormField]
    accent: str
    position: Literal["left", "right"]
    title: dict[str, str]
    greeting: dict[str, str]
    calls: bool
    files: bool
    privacy_url: str
    state: Literal["online", "busy", "offline"]
    socket_url: str
    api_url: str
    max_file_bytes: int
    max_text_chars: int


class IdentityKey(View):
    """A new secret for signing visitor identities (HS256); shown once."""

    secret: str


class UserView(View):
    id: str
    email: str
    name: str
    role: Role
    active: bool
    created_at_ms: int
    last_sign_in_at_ms: int | None


class UserPatch(Body):
    """Absent fields stay. Changing role or ``active`` ends that user's logins at once."""

    name: Name | None = None
    role: Role | None = None
    active: bool | None = None


class InvitationBody(Body):
    """Invite a person; nobody may invite above their own role."""

    email: Email
    name: Name
    role: Role


class InvitationView(View):
    """``link`` works once, for 72 hours, and is shown only when it is made."""

    id: str
    email: str
    name: str
    role: Role
    link: str | None
    expires_at_ms: int
    accepted_at_ms: int | None


class SignInBody(Body):
    email: Email
    password: Annotated[str, Meta(max_length=200)]


class LinkSignInBody(Body):
    """Sign in by a one-time link, or accept an invitation (then with a new password)."""

    token: Annotated[str, Meta(min_length=16, max_length=200)]
    password: Password | None = None


class SetUpBody(Body):
    """First start: make a tenant and its administrator with the set-up token."""

    token: Annotated[str, Meta(min_length=16, max_length=200)]
    tenant_name: Name
    name: Name
    email: Email
    password: Password


class PasswordBody(Body):
    old_password: Annotated[str, Meta(max_length=200)]
    new_password: Password


class MeView(View):
    """Who is signed in; ``csrf`` goes into the ``X-WECC-CSRF`` header of every write."""

    user: UserView
    tenant_id: str
    tenant_name: str
    is_demo: bool
    csrf: str
    preferences: dict[str, str]


class PreferencesBody(Body):
    """Keys the desk stores for this person: theme, language, shortcuts, sound."""

    preferences: Annotated[dict[str, Annotated[str, Meta(max_length=4_000)]], Meta(max_length=50)]


class ApiKeyBody(Body):
    name: Name
    role: Role


class ApiKeyView(View):
    """``secret`` is shown only when it is made."""

    id: str
    name: str
    role: Role
    secret: str | None
    created_at_ms: int
    last_used_at_ms: int | None


class AuditEntry(View):
    """Who did what: ids, codes and names of changed fields, never content."""

    seq: int
    at_ms: int
    actor_id: str
    actor_name: str
    operation: str
    object_id: str
    details: dict[str, str]


class AuditPage(View):
    items: list[AuditEntry]
    next_before: int | None
