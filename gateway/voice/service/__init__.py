"""Use cases of calls: ``calls`` for people, ``handling`` for the ACD, ``conduct`` under both."""

from gateway.voice.service.calls import VoiceService

__all__ = ["VoiceService"]
