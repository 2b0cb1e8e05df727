"""The only wiring: one builder per kind of process. Nothing else constructs anything.

``build_store`` opens what is durable, ``build_rooms`` puts the services on it, ``build_web`` adds
the surfaces. Commands that need no server (back-up, links, demo clean-up) stop at the rooms.
"""

from gateway.app.rooms import House, build_rooms
from gateway.app.store import Store, build_store
from gateway.app.web import Web, build_web

__all__ = ["House", "Store", "Web", "build_rooms", "build_store", "build_web"]
