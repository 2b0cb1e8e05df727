"""The import contracts of pyproject.toml hold, and libraries stay where they belong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.house.sources import PRODUCT, ROOT, imported_roots, python_files

SQL = {"sqlalchemy", "sqlite3", "asyncpg", "alembic"}
SQL_PLACES = ("gateway/platform/",)


def test_contracts_are_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4_000:]


def test_sql_lives_in_store_modules_and_the_platform() -> None:
    wrong = [
        str(name)
        for name in python_files("gateway")
        if imported_roots(name) & SQL
        and not str(name).startswith(SQL_PLACES)
        and not {"store", "store.py", "bench", "app", "app.py"} & set(name.parts)
    ]
    assert not wrong, f"move the SQL of these into their room's store: {wrong}"


def test_nothing_imports_mocks() -> None:
    wrong = [
        str(name)
        for name in python_files(*PRODUCT, "tests")
        if imported_roots(name) & {"mock", "pytest_mock"}
    ]
    assert not wrong
