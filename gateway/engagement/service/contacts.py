"""Contacts inside somebody else's commit: made when they first speak, named, merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.engagement.model.views import contact_view
from gateway.engagement.store import contacts, conversations
from gateway.engagement.wire import ContactPatch, ContactView
from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError, not_found
from gateway.kernel.redaction import redact
from gateway.kernel.text import clean_line
from gateway.platform.database.port import Tx

_MAX_FIELDS = 50
_MAX_VALUE_CHARS = 2_000
_OWN_COLUMNS = ("name", "email", "phone")
_MAX_CHARS = {"name": 120, "email": 254, "phone": 60}


def clean_form(values: Mapping[str, str]) -> dict[str, str]:
    """Normalise and redact what a person filled into a form, or a site passed as context."""
    if len(values) > _MAX_FIELDS:
        raise WeccError("bad_value", f"More than {_MAX_FIELDS} fields.", field="form")
    cleaned: dict[str, str] = {}
    for raw_name, raw in values.items():
        name = clean_line(raw_name, field="form", max_chars=60, required=True)
        value = clean_line(raw, field=name, max_chars=_MAX_CHARS.get(name, _MAX_VALUE_CHARS))
        cleaned[name] = value if name in {"email", "phone"} else redact(value).text
    return cleaned


def ensure_contact(tx: Tx, actor: Actor, language: str = "") -> Mapping[str, Any]:
    """Return the row of a visitor's contact; make contact and address when they are new."""
    row = contacts.by_id(tx, actor.contact_id)
    if row is None:
        row = {
            "id": actor.contact_id,
            "name": redact(clean_line(actor.name)).text,
            "email": "",
            "phone": "",
            "verified": False,
            "language": language,
            "fields": {},
            "is_robot": actor.is_robot,
            "online": True,
            "created_at_ms": tx.now_ms,
        }
        contacts.insert(tx, row)
        tx.record("contact.created", contact_id=actor.contact_id, is_robot=actor.is_robot)
    _ensure_address(tx, actor)
    return row


def _ensure_address(tx: Tx, actor: Actor) -> None:
    known = contacts.contact_at(tx, "visitor", actor.id)
    if known is None:
        contacts.insert_address(tx, "visitor", actor.id, actor.contact_id)
    elif known != actor.contact_id:
        contacts.move_address(tx, "visitor", actor.id, actor.contact_id)


def add_form(tx: Tx, contact: Mapping[str, Any], form: Mapping[str, str]) -> None:
    """Put cleaned form values into the contact; a verified name or e-mail stays."""
    changes: dict[str, Any] = {}
    for name in _OWN_COLUMNS:
        is_fixed = contact["verified"] and name in {"name", "email"} and contact[name]
        if form.get(name) and not is_fixed:
            changes[name] = form[name]
    extra = {name: value for name, value in form.items() if name not in _OWN_COLUMNS and value}
    if extra:
        merged = {**contact["fields"], **extra}
        changes["fields"] = dict(list(merged.items())[-_MAX_FIELDS:])
    if changes:
        contacts.update(tx, contact["id"], changes)


def identify_contact(
    tx: Tx, actor: Actor, *, name: str = "", email: str = "", previous_contact_id: str = ""
) -> ContactView:
    """A site vouches for who ``actor`` is: mark the contact verified and name it.

    ``previous_contact_id`` is the anonymous contact of the same browser: its conversations move
    to the verified one, and its old visitor token sees nothing of them any more.
    """
    contact = ensure_contact(tx, actor)
    values = {"name": redact(clean_line(name)).text}
    values["email"] = clean_line(email, field="email", max_chars=254)
    contacts.update(
        tx, actor.contact_id, {"verified": True, **{k: v for k, v in values.items() if v}}
    )
    if previous_contact_id and previous_contact_id != actor.contact_id:
        _merge(tx, previous_contact_id, contact)
    tx.record("contact.identified", contact_id=actor.contact_id)
    return view(tx, actor.contact_id)


def _merge(tx: Tx, old_id: str, contact: Mapping[str, Any]) -> None:
    old = contacts.by_id(tx, old_id)
    if old is None or old["verified"]:
        return
    add_form(tx, contact, {"phone": old["phone"], **old["fields"]})
    if old["vip"] > contact.get("vip", 0):
        contacts.update(tx, contact["id"], {"vip": old["vip"], "vip_mark": old["vip_mark"]})
    contacts.drop_visitors(tx, old_id)
    contacts.merge_into(tx, old_id, contact["id"])
    tx.record("contact.merged", contact_id=contact["id"], old_contact_id=old_id)


def patch_contact(tx: Tx, contact_id: str, patch: ContactPatch) -> ContactView:
    """Change what is known of a contact; the caller has checked who may."""
    given = {"name": patch.name, "email": patch.email, "phone": patch.phone}
    changes = {
        name: clean_line(value, field=name, max_chars=_MAX_CHARS[name])
        for name, value in given.items()
        if value is not None
    }
    if "name" in changes:
        changes["name"] = redact(changes["name"]).text
    if changes:
        contacts.update(tx, contact_id, changes)
        tx.record("contact.changed", contact_id=contact_id, columns=",".join(sorted(changes)))
    return view(tx, contact_id)


def set_online(tx: Tx, contact_id: str, *, online: bool) -> list[str]:
    """Record whether a contact's browser is connected; return its open conversations' ids."""
    contact = contacts.by_id(tx, contact_id)
    if contact is None or bool(contact["online"]) == online:
        return []
    contacts.update(tx, contact_id, {"online": online})
    return [str(row["id"]) for row in conversations.open_of_contact(tx, contact_id)]


def view_of(tx: Tx, contact_id: str) -> ContactView | None:
    """Return a contact, or None when there is none."""
    row = contacts.by_id(tx, contact_id)
    return None if row is None else contact_view(row)


def view(tx: Tx, contact_id: str) -> ContactView:
    """Return a contact as staff see it."""
    row = contacts.by_id(tx, contact_id)
    if row is None:
        raise not_found("contact")
    return contact_view(row)
