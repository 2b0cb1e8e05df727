"""Small secrets at rest: AES-256-GCM under keys derived from the master key (HKDF, RFC 5869)."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.kernel.errors import WeccError

_NONCE_BYTES = 12
_KEY_BYTES = 32


class MasterKeySealer:
    """The ``Sealer`` over one master key of at least 32 bytes."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) < _KEY_BYTES:
            raise WeccError("unsafe_configuration", "The master key must have 32 bytes or more.")
        self._master_key = master_key

    def seal(self, tenant_id: str, purpose: str, secret: bytes) -> bytes:
        """Return nonce and ciphertext; tenant and purpose are bound to it."""
        nonce = os.urandom(_NONCE_BYTES)
        bound = f"{tenant_id}\n{purpose}".encode()
        return nonce + AESGCM(self.derive("seal")).encrypt(nonce, secret, bound)

    def unseal(self, tenant_id: str, purpose: str, sealed: bytes) -> bytes:
        """Return the secret, or raise ``ValueError``."""
        bound = f"{tenant_id}\n{purpose}".encode()
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self.derive("seal")).decrypt(nonce, text, bound)
        except InvalidTag:
            raise ValueError("the sealed secret was changed or moved") from None

    def derive(self, purpose: str) -> bytes:
        """Return a 32-byte key for one purpose."""
        info = f"wecc tenancy {purpose}".encode()
        return HKDF(SHA256(), _KEY_BYTES, None, info).derive(self._master_key)
