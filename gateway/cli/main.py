"""The ``wecc`` command."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway import __version__
from gateway.bench import NAMES as BENCHES
from gateway.kernel.errors import WeccError
from gateway.settings import Settings, load

DESCRIPTION = "OpenWECC: chat and calls from web pages into one queue."


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command; docs/reference/cli.md is made from it."""
    parser = argparse.ArgumentParser(prog="wecc", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"wecc {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands)
    _add_web(commands)
    _add_demo(commands)
    _add_store(commands)
    bench = commands.add_parser("bench", help="measure something; prints one JSON object")
    bench.add_argument("name", choices=BENCHES)
    bench.add_argument("--short", action="store_true", help="a shorter run, only to try it")
    bench.add_argument("--json", action="store_true", help="accepted for clarity; always JSON")
    _add_simulate(commands)
    wire = commands.add_parser("wire", help="print the JSON Schema of a socket and its REST shapes")
    wire.add_argument("audience", choices=("visitor", "agent"))
    docs = commands.add_parser("docs", help="write the generated reference pages")
    docs.add_argument("folder", type=Path, nargs="?", default=Path("docs/reference"))
    docs.add_argument("--check", action="store_true", help="only tell whether they are current")
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="TOML file with settings")
    parser.add_argument("--data", help="directory for database, files and keys (default: data)")


def _add_run(commands: Any) -> None:
    run = commands.add_parser("run", help="start the gateway")
    _common(run)
    run.add_argument("--demo", action="store_true", help="add the demo tenant and its shop page")
    run.add_argument("--listen", help="address to listen on (default: 127.0.0.1)")
    run.add_argument("--port", type=int, help="port to listen on (default: 8700, or the next free)")
    run.add_argument("--origins", choices=("names", "ports"), help="how origins are told apart")
    run.add_argument("--desk-url", help="public address of the desk")
    run.add_argument("--widget-url", help="public address of the widget")
    run.add_argument("--files-url", help="public address of files")
    run.add_argument("--tls-cert", help="PEM certificate chain")
    run.add_argument("--tls-key", help="PEM private key")
    run.add_argument("--trusted-proxy", action="append", help="address or network of a TLS proxy")
    run.add_argument("--media-address", help="address browsers send media to")
    run.add_argument("--media-bind", help="local address for media, behind NAT")
    run.add_argument("--udp-ports", help="UDP ports for media, LOW-HIGH")
    run.add_argument("--no-calls", action="store_true", help="do not offer calls")
    run.add_argument("--log-level", choices=("debug", "info", "warning", "error"))


def _add_web(commands: Any) -> None:
    web = commands.add_parser("web", help=argparse.SUPPRESS)
    web.add_argument("--settings", required=True, type=Path, help="file with resolved settings")
    web.add_argument("--fds", required=True, help="inherited listening sockets")
    web.add_argument("--sockets", default="", help="unix sockets of the media workers")
    web.add_argument("--demo", action="store_true")


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser("demo", help="robot customers and demo data")
    kinds = demo.add_subparsers(dest="demo_command", required=True)
    visitors = kinds.add_parser("visitors", help="send robot customers through the live stack")
    _common(visitors)
    visitors.add_argument("--count", type=int, default=6, help="how many (1 to 50)")
    visitors.add_argument("--url", help="address of the widget origin of the running gateway")
    clear = kinds.add_parser("clear", help="drop the demo tenant with everything it holds")
    _common(clear)


def _add_store(commands: Any) -> None:
    backup = commands.add_parser("backup", help="copy everything durable, also while running")
    _common(backup)
    backup.add_argument("target", type=Path, help="directory that does not exist yet")
    restore = commands.add_parser("restore", help="put a backup into an empty data directory")
    _common(restore)
    restore.add_argument("source", type=Path)
    link = commands.add_parser("sign-in-link", help="make a one-time sign-in link for a person")
    _common(link)
    link.add_argument("email")
    figures = commands.add_parser(
        "figures", help="compare the stored figures with the journal, or count them anew"
    )
    _common(figures)
    figures.add_argument("--rebuild", action="store_true", help="forget them and count anew")
    fsck = commands.add_parser(
        "fsck", help="inspect the routing journal and what must agree with it; only reads"
    )
    _common(fsck)
    fsck.add_argument("database", nargs="?", help="address of a PostgreSQL database instead")
    fsck.add_argument("--tenant", help="only this tenant")
    fsck.add_argument("--json", action="store_true", help="print JSON")
    setup = commands.add_parser("set-up-link", help="make a one-time link to set the gateway up")
    _common(setup)


def _add_simulate(commands: Any) -> None:
    simulate = commands.add_parser(
        "simulate", help="run the routing engine in virtual time on a scenario or recorded work"
    )
    _common(simulate)
    simulate.add_argument("scenario", type=Path, nargs="?", help="TOML file with a scenario")
    simulate.add_argument("--week", action="store_true", help="recorded work of a tenant instead")
    simulate.add_argument("--tenant", help="whose work, where there is more than one tenant")
    simulate.add_argument("--days", type=int, default=7, help="how much of it (default: 7)")
    simulate.add_argument("--seed", type=int, help="repeat a run; each is printed with its seed")
    simulate.add_argument("--json", action="store_true", help="print one JSON object")


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Resolve settings from file, environment and the command line."""
    given = vars(arguments)
    overrides = {
        "store.data_dir": given.get("data"),
        "server.listen": given.get("listen"),
        "server.port": given.get("port"),
        "server.origins": given.get("origins"),
        "server.desk_url": given.get("desk_url"),
        "server.widget_url": given.get("widget_url"),
        "server.files_url": given.get("files_url"),
        "server.tls_cert": given.get("tls_cert"),
        "server.tls_key": given.get("tls_key"),
        "server.trusted_proxies": given.get("trusted_proxy"),
        "media.address": given.get("media_address"),
        "media.bind": given.get("media_bind"),
        "media.udp_ports": given.get("udp_ports"),
        "media.enabled": False if given.get("no_calls") else None,
        "log_level": given.get("log_level") or _quiet_on_a_terminal(),
    }
    return load(arguments.config, os.environ, overrides)


def _quiet_on_a_terminal() -> str | None:
    """A person at a terminal reads the addresses, not the log, unless they asked for it."""
    asked = "WECC_LOG_LEVEL" in os.environ
    return "warning" if sys.stderr.isatty() and not asked else None


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. Faults a person can mend are one plain line."""
    arguments = build_parser().parse_args(argv)
    try:
        return _dispatch(arguments)
    except WeccError as error:
        print(f"wecc: {error.message}", file=sys.stderr)
        return 78 if error.code == "unsafe_configuration" else 1
    except KeyboardInterrupt:
        return 130


def _dispatch(arguments: argparse.Namespace) -> int:
    command = arguments.command
    if command == "run":
        from gateway.cli.run import run

        return run(settings_of(arguments), demo=arguments.demo, fixed_port=arguments.port)
    if command == "web":
        from gateway.cli.web import web

        return web(arguments)
    if command == "wire":
        from gateway.surfaces.generate import schema_for

        print(json.dumps(schema_for(arguments.audience), indent=1))
        return 0
    if command == "docs":
        from gateway.surfaces.reference import write

        return write(arguments.folder, build_parser(), check=arguments.check)
    if command == "bench":
        from gateway.bench import run as run_bench

        print(json.dumps(run_bench(arguments.name, is_short=arguments.short)))
        return 0
    if command == "simulate":
        from gateway.cli.simulate import run as run_simulation

        return run_simulation(settings_of(arguments), arguments)
    if command == "fsck":
        from gateway.cli.fsck import run as run_fsck

        return run_fsck(settings_of(arguments), arguments)
    from gateway.cli import upkeep

    return upkeep.dispatch(settings_of(arguments), arguments)
