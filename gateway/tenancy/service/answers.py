"""Keeps the answers to repeatable requests: sealed, because some hold a secret shown once."""

from __future__ import annotations

from gateway.kernel.errors import WeccError
from gateway.platform.database.port import Tx
from gateway.platform.http.once import KEPT_MS, Kept, KeyUse
from gateway.tenancy.service.ground import Ground
from gateway.tenancy.store import answers


class KeptAnswers:
    """The ``Answers`` of the HTTP kit, in the tenant's own rows."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def find(self, use: KeyUse) -> Kept | None:
        """Return what is known of the key; None when it was never used, or too long ago."""
        database = self._ground.database
        row = await database.read(use.tenant_id, lambda tx: answers.find(tx, use.key_id))
        if row is None:
            return None
        sealed = row["answer"]
        if sealed is None:
            return Kept(row["fingerprint"], None)
        try:
            answer = self._ground.sealer.unseal(use.tenant_id, _purpose(use), sealed)
        except ValueError:  # sealed under another master key
            return Kept(row["fingerprint"], None)
        return Kept(row["fingerprint"], answer)

    def mark(self, use: KeyUse, tx: Tx) -> None:
        """In the commit that creates: the key is used. Raises ``conflict`` when it was before."""
        if not answers.mark(tx, use.key_id, use.fingerprint, tx.now_ms + KEPT_MS):
            raise WeccError("conflict", "The same request is under way; ask again in a moment.")

    async def keep(self, use: KeyUse, answer: bytes) -> None:
        """Remember the answer."""
        sealed = self._ground.sealer.seal(use.tenant_id, _purpose(use), answer)

        def work(tx: Tx) -> None:
            # already there, unless nothing of the tenant was written on the way
            answers.mark(tx, use.key_id, use.fingerprint, tx.now_ms + KEPT_MS)
            answers.keep(tx, use.key_id, sealed)

        await self._ground.database.write(use.tenant_id, work)


def _purpose(use: KeyUse) -> str:
    return f"answer {use.key_id}"
