"""Secrets are compared in constant time, and none is kept in the repository."""

from __future__ import annotations

import ast
import re

from tests.house.sources import PRODUCT, python_files, texts, tree

SECRET = re.compile(r"(token|secret|password|signature|digest|hmac|csrf|api_key|mac)s?$")
PRIVATE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}|\b(?:AKIA|ghp_|xoxb-|sk_live_)\w{12}"
)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return ""


def _compares_secret(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Compare) and len(node.comparators) == 1):
        return False
    sides = [node.left, node.comparators[0]]
    if not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return False
    if any(isinstance(side, ast.Constant) for side in sides):
        return False
    return any(SECRET.search(_name(side).lower()) for side in sides)


def test_secrets_are_not_compared_with_equals() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name in python_files(*PRODUCT)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Compare) and _compares_secret(node)
    ]
    assert not found, f"use hmac.compare_digest: {found}"


def test_no_private_key_is_kept() -> None:
    assert not [str(name) for name, text in texts() if PRIVATE.search(text)]
