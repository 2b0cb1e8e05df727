"""The pre-chat form of a site, checked before a conversation begins."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.kernel.errors import WeccError
from gateway.tenancy.wire import SiteView


def check_form(site: SiteView, form: Mapping[str, str]) -> None:
    """Refuse a pre-chat form that lacks what the site requires; says which field."""
    for field in site.form:
        value = form.get(field.name, "").strip()
        if field.required and not value:
            raise WeccError("bad_value", f"Please fill in {field.name}.", field=field.name)
        if value and field.options and value not in field.options:
            raise WeccError("bad_value", f"Choose one of {field.name}.", field=field.name)
        if value and field.kind == "email" and "@" not in value:
            raise WeccError("bad_value", "This is no e-mail address.", field=field.name)
