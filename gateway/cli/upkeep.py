"""Commands that need no server: back-up, restore, links, and clearing the demo."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import msgspec

from gateway.app import House, build_rooms, build_store
from gateway.cli.runfile import RunFile, held, read_run_file
from gateway.kernel.actor import system
from gateway.kernel.clock import SystemClock
from gateway.kernel.errors import WeccError
from gateway.platform.backup import backup, restore
from gateway.settings import Settings
from gateway.supervision.service.check import check, reconcile


def dispatch(settings: Settings, arguments: argparse.Namespace) -> int:
    """Run one of the commands; returns the exit code."""
    data_dir = Path(settings.store.data_dir).absolute()
    if arguments.command == "backup":
        made = backup(
            data_dir,
            arguments.target.absolute(),
            SystemClock(),
            files_only=bool(settings.store.database_url),
            progress=_progress,
        )
        print(f"backed up to {arguments.target}: {made.blobs} files, {made.blob_bytes} bytes")
        return 0
    if arguments.command == "restore":
        _refuse_while_running(data_dir)
        made = restore(arguments.source.absolute(), data_dir, progress=_progress)
        print(f"restored to {data_dir}: {made.blobs} files, {made.blob_bytes} bytes")
        return 0
    if arguments.command == "demo" and arguments.demo_command == "visitors":
        from gateway.demo.robots import visit

        running = read_run_file(data_dir)
        if running is None and not arguments.url:
            raise WeccError("not_ready", "Nothing runs here. Start `wecc run --demo` first.")
        url = arguments.url or (running.widget_url if running else "")
        count: int = arguments.count
        return asyncio.run(visit(url, running.shop_url if running else "", count))
    if not data_dir.exists():
        raise WeccError("not_found", f"There is no data directory {data_dir}.")
    return asyncio.run(_with_rooms(settings, data_dir, arguments))


async def _with_rooms(settings: Settings, data_dir: Path, arguments: argparse.Namespace) -> int:
    if arguments.command == "demo":
        with held(data_dir):
            return await _in_rooms(settings, None, arguments)
    return await _in_rooms(settings, read_run_file(data_dir), arguments)


async def _in_rooms(
    settings: Settings, running: RunFile | None, arguments: argparse.Namespace
) -> int:
    store = await build_store(settings)
    port = settings.server.port
    if running is not None:  # people reach what runs there, whatever this command was told
        port, server = running.port, settings.server
        server = msgspec.structs.replace(server, desk_url=running.desk_url)
        settings = msgspec.structs.replace(settings, server=server)
    house = await build_rooms(settings, store, port, [])
    try:
        if arguments.command == "demo":
            return await _clear_demo(house)
        if arguments.command == "figures":
            return await _figures(house, rebuild=arguments.rebuild)
        if arguments.command == "set-up-link":
            return await _set_up_link(house)
        return await _sign_in_link(house, arguments.email)
    finally:
        await house.isolation.close()
        await house.engine.close()
        await store.close()


async def _clear_demo(house: House) -> int:
    """Drop every demo tenant: rows, journal, keys and files."""
    tenancy = house.rooms.tenancy
    found = [row["id"] for row in await tenancy.tenants.all() if row["is_demo"]]
    rows = 0
    for tenant_id in found:
        rows += await tenancy.drop_tenant(tenant_id)
    print(f"cleared {len(found)} demo tenant(s), {rows} rows, with their keys and files")
    return 0


async def _figures(house: House, *, rebuild: bool) -> int:
    """Compare every tenant's figures with its journal and live work; 1 when any differ."""
    wrong = 0
    for row in await house.rooms.tenancy.tenants.all():
        tenant_id, follower = row["id"], house.supervision.follower
        await (follower.rebuild(tenant_id) if rebuild else follower.catch_up(tenant_id))
        verdict = await check(house.store.database, tenant_id)
        said = f"differ in {', '.join(verdict.differing)}" if verdict.differing else "agree"
        if verdict.begins > 1:
            said = f"cannot be compared: the journal is kept from entry {verdict.begins} on"
        print(f"{tenant_id}: {verdict.entries} entries, figures {verdict.stored} {said}")
        broken = await reconcile(house.store.database, tenant_id)
        for words in broken:
            print(f"{tenant_id}: {words}")
        if not broken:
            print(f"{tenant_id}: live work and lists agree with the figures")
        wrong += bool(verdict.differing or broken)
    if wrong:
        print("count them anew with `wecc figures --rebuild`", file=sys.stderr)
    return 1 if wrong else 0


async def _set_up_link(house: House) -> int:
    """Print a one-time link that makes the first tenant; it works on the running gateway."""
    set_up = house.rooms.tenancy.set_up
    if not await set_up.is_open():
        raise WeccError("gone", "This installation is set up already; use `wecc sign-in-link`.")
    print(set_up.url(await set_up.new_token()))
    return 0


async def _sign_in_link(house: House, email: str) -> int:
    """Print a one-time link for a person, in every tenant that knows the address."""
    tenancy = house.rooms.tenancy
    wanted, found = email.strip().casefold(), 0
    for row in await tenancy.tenants.all():
        admin = system(row["id"])
        for person in await tenancy.users.list(admin):
            if person.email == wanted and person.active:
                print(await tenancy.links.sign_in_link(admin, person.id))
                found += 1
    if not found:
        raise WeccError("not_found", f"Nobody active has the address {email}.")
    return 0


def _refuse_while_running(data_dir: Path) -> None:
    running: RunFile | None = read_run_file(data_dir)
    if running is not None:
        raise WeccError("conflict", f"Stop the gateway first (process {running.pid} runs here).")


def _progress(what: str, done: int, all_of_it: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{what} {done}/{all_of_it}   ", end="", file=sys.stderr, flush=True)
