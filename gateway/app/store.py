"""Opens what is durable: database, keys and files of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.kernel.clock import Clock, SystemClock
from gateway.platform.backup import BLOBS_NAME, KEY_NAME
from gateway.platform.blobs import DiskBlobs
from gateway.platform.database.lead import Lead
from gateway.platform.database.opening import open_database
from gateway.platform.database.port import Database
from gateway.platform.keys import load_master_key, open_keys
from gateway.platform.telemetry import Metrics
from gateway.settings import Settings
from gateway.tenancy.sealing import MasterKeySealer


@dataclass(frozen=True, slots=True)
class Store:
    """What is durable, opened."""

    database: Database
    blobs: DiskBlobs
    sealer: MasterKeySealer
    metrics: Metrics
    clock: Clock
    lead: Lead | None = None
    """On a database that several gateways can reach: which of them works."""

    async def close(self) -> None:
        """Finish what is queued and let go."""
        await self.blobs.close()
        await self.database.close()
        if self.lead is not None:
            await self.lead.close()


async def build_store(settings: Settings, clock: Clock | None = None) -> Store:
    """Open database, keys and files of an installation."""
    clock, metrics = clock or SystemClock(), Metrics()
    data_dir = Path(settings.store.data_dir)
    database = await open_database(
        clock,
        data_dir,
        settings.store.database_url,
        settings.store.owner_url,
        observe=metrics.committed,
    )
    metrics.write_queue.set_function(lambda: database.queue_length)
    key_path = data_dir / KEY_NAME
    keys = await open_keys(database, key_path)
    sealer = MasterKeySealer(load_master_key(key_path))
    lead = Lead(settings.store.database_url) if settings.store.database_url else None
    return Store(database, DiskBlobs(data_dir / BLOBS_NAME, keys), sealer, metrics, clock, lead)
