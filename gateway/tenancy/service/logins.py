"""Signing in and out. A login is a random token in a cookie; we keep only its hash."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.kernel.actor import Actor
from gateway.kernel.errors import WeccError
from gateway.kernel.ids import new_id, new_secret
from gateway.platform.database.port import PLATFORM, Tx
from gateway.tenancy.authorization import authorize
from gateway.tenancy.model import (
    LOGIN_ABSOLUTE_MS,
    LOGIN_IDLE_MS,
    LOGIN_TOUCH_MS,
    Login,
    LoginsEnded,
    csrf_for,
    is_same,
    normal_email,
    secret_hash,
)
from gateway.tenancy.ports import LoginListener
from gateway.tenancy.service.ground import Ground
from gateway.tenancy.store import directory, links, logins, users
from gateway.tenancy.wire import UserView

_logger = logging.getLogger("wecc.tenancy")
_WRONG = "The e-mail address or the password is not right."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh login with the secrets its browser keeps: the login token and the device mark."""

    token: str
    device: str
    login: Login


class Logins:
    """Makes, finds and ends logins."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._listeners: list[LoginListener] = []
        self._device_key = ground.sealer.derive("device")

    def on_ended(self, listener: LoginListener) -> Callable[[], None]:
        """Call ``listener`` when logins end, after the commit; returns how to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def sign_in(self, email: str, password: str, device: str | None = None) -> SignedIn:
        """Sign in by password. ``device`` is the mark of a browser that has signed in before."""
        known = normal_email(email)
        self._throttle(known, device)
        for user, tenant_id, encoded in await self._candidates(known):
            if await self._ground.passwords.check(password, encoded) and user.active:
                self._forgive(known, device)
                return await self.start(tenant_id, user.id, "sign_in")
        _logger.info("sign-in refused", extra={"account": secret_hash(known)[:12]})
        raise WeccError("bad_credentials", _WRONG)

    async def _candidates(self, email: str) -> list[tuple[UserView, str, str | None]]:
        """Return whom the address may mean; nobody looks like somebody without a password."""
        database = self._ground.database
        found = await database.read(PLATFORM, lambda tx: directory.find(tx, "email", email))
        people: list[tuple[UserView, str, str | None]] = []
        for place in found:
            user, encoded = await database.read(
                place.tenant_id,
                lambda tx, user_id=place.object_id: (  # type: ignore[misc]
                    users.find(tx, user_id),
                    users.password_hash(tx, user_id),
                ),
            )
            if user is not None:
                people.append((user, place.tenant_id, encoded))
        return people or [(_NOBODY, PLATFORM, None)]

    async def start(self, tenant_id: str, user_id: str, cause: str) -> SignedIn:
        """Make a login for a person who has proved who they are, in a commit of its own."""
        return await self._ground.database.write(
            tenant_id, lambda tx: self.start_in(tx, user_id, cause)
        )

    def start_in(self, tx: Tx, user_id: str, cause: str) -> SignedIn:
        """Make a login in the caller's commit; refuses people who are not active."""
        user = users.find(tx, user_id)
        if user is None or not user.active:
            raise WeccError("bad_credentials", _WRONG)
        token, login_id = new_secret(), new_id("lg", tx.now_ms)
        expires_at_ms = tx.now_ms + LOGIN_ABSOLUTE_MS
        logins.remove_expired(tx)
        logins.insert(tx, login_id, token, user_id, expires_at_ms)
        users.change(tx, user_id, {"last_sign_in_at_ms": tx.now_ms})
        actor = actor_of(user, tx.tenant_id)
        self._ground.audit.write(tx, actor, cause, user_id)
        login = Login(login_id, actor, csrf_for(token), expires_at_ms)
        return SignedIn(token, self._new_device(user.email), login)

    async def find(self, token: str) -> Login | None:
        """Return the living login a token belongs to, and remember that it is in use."""
        if not token or len(token) > 200:
            return None
        database = self._ground.database
        found = await database.read(PLATFORM, lambda tx: directory.find(tx, logins.KIND, token))
        if not found:
            return None
        place = found[0]
        login, is_stale = await database.read(
            place.tenant_id, lambda tx: _living(tx, place.object_id, token)
        )
        if login is not None and is_stale:
            await database.write(place.tenant_id, lambda tx: logins.touch(tx, login.id))
        return login

    async def keep(self, tenant_id: str, login_id: str, *, was_used: bool) -> bool:
        """Tell whether a login still lives; use since the last call prolongs it."""

        def work(tx: Tx) -> bool:
            lives = _living_user(tx, login_id) is not None
            if lives and was_used:
                logins.touch(tx, login_id)
            return lives

        database = self._ground.database
        return await (database.write if was_used else database.read)(tenant_id, work)

    async def sign_out(self, login: Login) -> None:
        """End this login; others of the same person go on."""
        ended = LoginsEnded(login.actor.tenant_id, login.actor.id, frozenset({login.id}))

        def work(tx: Tx) -> None:
            logins.remove(tx, login.id)
            self._ground.audit.write(tx, login.actor, "sign_out", login.actor.id)
            tx.after_commit(lambda: self._tell(ended))

        await self._ground.database.write(login.actor.tenant_id, work)

    def end_all_in(self, tx: Tx, user_id: str) -> None:
        """End every login and every unused link of a person in the caller's commit."""
        logins.remove_all(tx, user_id)
        links.use_all_of(tx, user_id)
        ended = LoginsEnded(tx.tenant_id, user_id, None)
        tx.after_commit(lambda: self._tell(ended))

    async def change_password(self, actor: Actor, old: str, new: str) -> SignedIn:
        """Change one's own password. Every login ends; the caller gets a fresh one."""
        authorize(actor, "me.change")
        database, passwords = self._ground.database, self._ground.passwords
        user, encoded = await database.read(
            actor.tenant_id,
            lambda tx: (users.find(tx, actor.id), users.password_hash(tx, actor.id)),
        )
        email = user.email if user else actor.id
        self._throttle(email, None)
        if not await passwords.check(old, encoded):
            raise WeccError("bad_credentials", "The old password is not right.")
        self._forgive(email, None)
        renewed = await passwords.hash(new)
        return await database.write(
            actor.tenant_id, lambda tx: self.set_password_in(tx, actor.id, renewed)
        )

    def set_password_in(self, tx: Tx, user_id: str, encoded: str) -> SignedIn:
        """Store a password, end every login, and start one, in the caller's commit."""
        users.set_password_hash(tx, user_id, encoded)
        self.end_all_in(tx, user_id)
        return self.start_in(tx, user_id, "me.password")

    def _tell(self, ended: LoginsEnded) -> None:
        for listener in list(self._listeners):
            listener(ended)

    def _throttle(self, email: str, device: str | None) -> None:
        self._ground.limiter.check(*self._bucket(email, device))

    def _forgive(self, email: str, device: str | None) -> None:
        self._ground.limiter.give_back(*self._bucket(email, device))

    def _bucket(self, email: str, device: str | None) -> tuple[str, str]:
        """A browser that has signed in before has a bucket of its own, so that strangers who
        try passwords cannot lock its person out.
        """
        account = secret_hash(email)
        mark, _, proof = (device or "").partition(".")
        if mark and is_same(proof, self._device_proof(account, mark)):
            return "device", f"{account} {mark}"
        return "password", account

    def _new_device(self, email: str) -> str:
        mark = new_secret()
        return f"{mark}.{self._device_proof(secret_hash(email), mark)}"

    def _device_proof(self, account: str, mark: str) -> str:
        text = f"{account}.{mark}".encode("utf-8", "replace")
        return hmac.new(self._device_key, text, hashlib.sha256).hexdigest()


_NOBODY = UserView(
    id="", email="", name="", role="agent", active=False, created_at_ms=0, last_sign_in_at_ms=None
)


def actor_of(user: UserView, tenant_id: str) -> Actor:
    """Return a user as an actor."""
    return Actor(kind="user", id=user.id, tenant_id=tenant_id, role=user.role, name=user.name)


def _living(tx: Tx, login_id: str, token: str) -> tuple[Login | None, bool]:
    found = _living_user(tx, login_id)
    if found is None:
        return None, False
    row, user = found
    actor = actor_of(user, tx.tenant_id)
    login = Login(login_id, actor, csrf_for(token), row["expires_at_ms"])
    return login, tx.now_ms - row["seen_at_ms"] > LOGIN_TOUCH_MS


def _living_user(tx: Tx, login_id: str) -> tuple[Mapping[str, Any], UserView] | None:
    """Return a login's row and its person, unless it has run out or the person may not work."""
    row = logins.find(tx, login_id)
    if row is None or row["expires_at_ms"] <= tx.now_ms:
        return None
    if tx.now_ms - row["seen_at_ms"] > LOGIN_IDLE_MS:
        return None
    user = users.find(tx, row["user_id"])
    return None if user is None or not user.active else (row, user)
