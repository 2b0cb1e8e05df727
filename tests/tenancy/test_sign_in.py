"""Signing in and out, links, invitations, first start (A-010, A-015, A-074, A-085, A-091..098)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.kernel import actor as actors
from gateway.kernel.errors import WeccError
from gateway.tenancy.model import (
    DEMO_LINK_MS,
    INVITATION_MS,
    LINK_MS,
    LOGIN_ABSOLUTE_MS,
    LOGIN_IDLE_MS,
    SET_UP_TOKEN_MS,
    LoginsEnded,
)
from gateway.tenancy.wire import InvitationBody, SetUpBody, UserPatch
from tests.tenancy.house import PASSWORD, House, stored_bytes

ADMIN = "admin@shop.example"


async def code_of(awaitable: object) -> str:
    with pytest.raises(WeccError) as caught:
        await awaitable  # type: ignore[misc]
    return caught.value.code


async def test_a_password_signs_in_and_secrets_are_stored_hashed(
    home: House, tmp_path: Path
) -> None:
    admin = await home.tenant()
    signed_in = await home.tenancy.logins.sign_in(" ADMIN@Shop.example ", PASSWORD)
    assert signed_in.login.actor == admin
    assert await home.tenancy.actor_for_login(signed_in.token) == admin
    everything = stored_bytes(tmp_path)
    for secret in (signed_in.token, signed_in.login.csrf, signed_in.device, PASSWORD):
        assert secret.encode() not in everything


@pytest.mark.parametrize("password", ["", "wrong password", PASSWORD + " ", PASSWORD.upper()])
async def test_wrong_passwords_and_unknown_people_look_the_same(home: House, password: str) -> None:
    await home.tenant()
    errors = []
    for email in (ADMIN, "nobody@shop.example"):
        before = home.passwords.evaluated
        with pytest.raises(WeccError) as caught:
            await home.tenancy.logins.sign_in(email, password)
        errors.append((caught.value.code, caught.value.message))
        assert home.passwords.evaluated == before + 1, "each costs exactly one Argon2 hash"
    assert errors[0] == errors[1]


async def test_a_user_without_password_costs_one_hash_and_is_refused(home: House) -> None:
    admin = await home.tenant()
    await home.tenancy.users.create(admin, "new@shop.example", "New", "agent")
    assert await code_of(home.tenancy.logins.sign_in("new@shop.example", "x" * 12)) == (
        "bad_credentials"
    )
    assert home.passwords.evaluated == 1


async def test_guessing_is_throttled_but_a_known_browser_still_gets_in(home: House) -> None:
    await home.tenant()
    device = (await home.tenancy.logins.sign_in(ADMIN, PASSWORD)).device
    evaluated = home.passwords.evaluated
    codes = [await code_of(home.tenancy.logins.sign_in(ADMIN, f"guess {n}")) for n in range(1_000)]
    assert codes.count("bad_credentials") == home.passwords.evaluated - evaluated <= 100
    assert codes[-1] == "rate_limited"
    assert await code_of(home.tenancy.logins.sign_in(ADMIN, PASSWORD)) == "rate_limited"
    signed_in = await home.tenancy.logins.sign_in(ADMIN, PASSWORD, device)
    assert signed_in.login.actor.role == "admin"


@pytest.mark.parametrize("forged", ["", ".", "a.b", "x" * 300, "mark." + "0" * 64, "é.ü"])
async def test_a_forged_device_mark_has_no_bucket_of_its_own(home: House, forged: str) -> None:
    await home.tenant()
    for n in range(10):
        await code_of(home.tenancy.logins.sign_in(ADMIN, f"guess {n}"))
    assert await code_of(home.tenancy.logins.sign_in(ADMIN, PASSWORD, forged)) == "rate_limited"


async def test_logins_end_after_idleness_and_after_a_week(home: House) -> None:
    await home.tenant()
    signed_in = await home.tenancy.logins.sign_in(ADMIN, PASSWORD)
    for _ in range(13):
        home.clock.advance(LOGIN_IDLE_MS - 1)
        assert await home.tenancy.login_for_token(signed_in.token) is not None
    home.clock.advance(LOGIN_ABSOLUTE_MS - 13 * (LOGIN_IDLE_MS - 1))
    assert await home.tenancy.login_for_token(signed_in.token) is None
    idle = await home.tenancy.logins.sign_in(ADMIN, PASSWORD)
    home.clock.advance(LOGIN_IDLE_MS + 1)
    assert await home.tenancy.login_for_token(idle.token) is None


@pytest.mark.parametrize(
    "patch", [UserPatch(role="supervisor"), UserPatch(active=False), None], ids=str
)
async def test_role_disable_and_password_end_every_login_at_once(
    home: House, patch: UserPatch | None
) -> None:
    admin = await home.tenant()
    user = await home.tenancy.users.create(admin, "a@shop.example", "A", "agent", PASSWORD)
    logins = [await home.tenancy.logins.sign_in("a@shop.example", PASSWORD) for _ in range(3)]
    link = await home.tenancy.links.sign_in_link(admin, user.id)
    ended: list[LoginsEnded] = []
    stop = home.tenancy.on_logins_ended(ended.append)
    if patch is None:
        me = logins[0].login.actor
        fresh = await home.tenancy.logins.change_password(me, PASSWORD, "another password")
        assert await home.tenancy.actor_for_login(fresh.token) == me
    else:
        await home.tenancy.users.change(admin, user.id, patch)
    assert ended == [LoginsEnded(admin.tenant_id, user.id, None)]
    for login in logins:
        assert await home.tenancy.actor_for_login(login.token) is None
    assert await code_of(home.tenancy.links.redeem(link.rpartition("/")[2], None)) == "gone"
    stop()


async def test_a_deactivated_person_cannot_sign_in_by_password_or_link(home: House) -> None:
    admin = await home.tenant()
    user = await home.tenancy.users.create(admin, "a@shop.example", "A", "agent", PASSWORD)
    await home.tenancy.users.change(admin, user.id, UserPatch(active=False))
    link = await home.tenancy.links.sign_in_link(admin, user.id)
    codes = {
        await code_of(home.tenancy.logins.sign_in("a@shop.example", PASSWORD)),
        await code_of(home.tenancy.links.redeem(link.rpartition("/")[2], None)),
    }
    assert codes == {"bad_credentials"}


async def test_sign_out_ends_this_login_and_tells_which(home: House) -> None:
    await home.tenant()
    one = await home.tenancy.logins.sign_in(ADMIN, PASSWORD)
    two = await home.tenancy.logins.sign_in(ADMIN, PASSWORD)
    ended: list[LoginsEnded] = []
    home.tenancy.on_logins_ended(ended.append)
    await home.tenancy.logins.sign_out(one.login)
    assert [end.login_ids for end in ended] == [frozenset({one.login.id})]
    assert await home.tenancy.actor_for_login(one.token) is None
    assert await home.tenancy.actor_for_login(two.token) is not None


async def test_a_link_works_once_even_when_fifty_try_together(home: House) -> None:
    admin = await home.tenant()
    link = await home.tenancy.links.sign_in_link(admin, admin.id)
    assert link.startswith(f"{home.desk}/link/")
    token = link.rpartition("/")[2]
    results = await asyncio.gather(
        *(home.tenancy.links.redeem(token, None) for _ in range(50)), return_exceptions=True
    )
    winners = [result for result in results if not isinstance(result, BaseException)]
    assert len(winners) == 1
    assert winners[0].login.actor == admin
    losers = [result for result in results if isinstance(result, WeccError)]
    assert {error.code for error in losers} == {"gone"}
    assert len(losers) == 49


@pytest.mark.parametrize("life_ms", [LINK_MS, DEMO_LINK_MS])
async def test_a_link_dies_with_its_time(home: House, life_ms: int) -> None:
    admin = await home.tenant()
    token = (await home.tenancy.links.sign_in_link(admin, admin.id, life_ms)).rpartition("/")[2]
    home.clock.advance(life_ms)
    assert await code_of(home.tenancy.links.redeem(token, None)) == "gone"


async def test_an_invitation_makes_the_person_once(home: House) -> None:
    admin = await home.tenant()
    body = InvitationBody(email="New@Shop.example", name="New", role="supervisor")
    invitation = await home.tenancy.links.invite(admin, body)
    assert invitation.link is not None
    assert [i.link for i in await home.tenancy.links.invitations(admin)] == [None]
    token = invitation.link.rpartition("/")[2]
    assert await code_of(home.tenancy.links.redeem(token, None)) == "bad_value"
    signed_in = await home.tenancy.links.redeem(token, PASSWORD)
    assert (signed_in.login.actor.role, signed_in.login.actor.tenant_id) == (
        "supervisor",
        admin.tenant_id,
    )
    assert await code_of(home.tenancy.links.redeem(token, PASSWORD)) == "gone"
    again = await home.tenancy.logins.sign_in("new@shop.example", PASSWORD)
    assert again.login.actor == signed_in.login.actor
    accepted = (await home.tenancy.links.invitations(admin))[0].accepted_at_ms
    assert accepted == home.clock.now_ms()


async def test_invitations_die_by_time_withdrawal_and_with_their_inviter(home: House) -> None:
    admin = await home.tenant()
    second = await home.tenancy.users.create(admin, "b@shop.example", "B", "admin")
    inviter = (await home.tenancy.logins.start(admin.tenant_id, second.id, "sign_in")).login.actor

    async def invited(by: actors.Actor, name: str) -> tuple[str, str]:
        body = InvitationBody(email=f"{name}@shop.example", name=name, role="admin")
        view = await home.tenancy.links.invite(by, body)
        return view.id, (view.link or "").rpartition("/")[2]

    _, late = await invited(admin, "late")
    home.clock.advance(INVITATION_MS)
    withdrawn_id, withdrawn = await invited(admin, "withdrawn")
    await home.tenancy.links.withdraw(admin, withdrawn_id)
    _, orphan = await invited(inviter, "orphan")
    await home.tenancy.users.change(admin, second.id, UserPatch(role="agent"))
    for token in (late, withdrawn, orphan, "x" * 43):
        assert await code_of(home.tenancy.links.redeem(token, PASSWORD)) == "gone"


async def test_nobody_hands_out_more_than_they_have(home: House) -> None:
    admin = await home.tenant()
    lead = (await home.person(admin, "supervisor", "lead")).login.actor
    body = InvitationBody(email="x@shop.example", name="X", role="admin")
    assert await code_of(home.tenancy.links.invite(lead, body)) == "forbidden"
    assert (
        await code_of(home.tenancy.users.change(lead, lead.id, UserPatch(role="admin")))
        == "forbidden"
    )


async def test_the_last_administrator_stays(home: House) -> None:
    admin = await home.tenant()
    for patch in (UserPatch(active=False), UserPatch(role="agent")):
        assert await code_of(home.tenancy.users.change(admin, admin.id, patch)) == "wrong_state"
    assert (await home.tenancy.users.find(admin, admin.id)).role == "admin"


def set_up_body(token: str) -> SetUpBody:
    return SetUpBody(
        token=token, tenant_name="Mine", name="Me", email="me@mine.example", password=PASSWORD
    )


async def test_first_start_by_token_once(home: House) -> None:
    assert not await home.tenancy.is_set_up()
    token = await home.tenancy.set_up.new_token()
    signed_in = await home.tenancy.set_up.run(set_up_body(token))
    assert signed_in.login.actor.role == "admin"
    assert await home.tenancy.is_set_up()
    assert await code_of(home.tenancy.set_up.run(set_up_body(token))) == "bad_credentials"
    again = await home.tenancy.set_up.new_token()
    assert await code_of(home.tenancy.set_up.run(set_up_body(again))) == "gone"


async def test_a_demo_does_not_count_as_set_up(home: House) -> None:
    await home.tenant("Demo", is_demo=True)
    assert await home.tenancy.is_set_up()
    signed_in = await home.tenancy.set_up.run(set_up_body(await home.tenancy.set_up.new_token()))
    assert not await home.tenancy.tenants.is_demo(signed_in.login.actor.tenant_id)


async def test_the_set_up_token_expires_and_guessing_pauses_it(home: House) -> None:
    assert await code_of(home.tenancy.set_up.run(set_up_body("x" * 43))) == "bad_credentials"
    token = await home.tenancy.set_up.new_token()
    home.clock.advance(SET_UP_TOKEN_MS)
    assert await code_of(home.tenancy.set_up.run(set_up_body(token))) == "bad_credentials"
    token = await home.tenancy.set_up.new_token()
    for _ in range(3):
        assert await code_of(home.tenancy.set_up.run(set_up_body("y" * 43))) == "bad_credentials"
    assert await code_of(home.tenancy.set_up.run(set_up_body(token))) == "rate_limited"
    home.clock.advance(15 * 60 * 1000)
    token = await home.tenancy.set_up.new_token()
    assert (await home.tenancy.set_up.run(set_up_body(token))).token


async def test_one_address_in_two_tenants_opens_the_one_whose_password_fits(home: House) -> None:
    for name in ("One", "Two"):
        await home.tenancy.create_tenant(
            name,
            admin_email="same@person.example",
            admin_name="Same",
            admin_password=f"password of {name}",
        )
    for name in ("One", "Two"):
        signed_in = await home.tenancy.logins.sign_in("same@person.example", f"password of {name}")
        me = await home.tenancy.users.me(signed_in.login)
        assert me.tenant_name == name
