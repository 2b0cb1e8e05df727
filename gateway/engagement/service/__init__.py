"""Use cases of contacts, conversations, messages and files."""

from gateway.engagement.model.transcript import Transcript
from gateway.engagement.model.views import VisitorSummary
from gateway.engagement.service.addresses import FileAddresses
from gateway.engagement.service.attachments import AttachmentService, Download
from gateway.engagement.service.conversations import Opening
from gateway.engagement.service.desk import EngagementService, FileStore
from gateway.engagement.service.messages import Draft, clean, draft
from gateway.engagement.service.timeline import TimeLine
from gateway.engagement.service.uploads import FileLimits, UploadService

__all__ = [
    "AttachmentService",
    "Download",
    "Draft",
    "EngagementService",
    "FileAddresses",
    "FileLimits",
    "FileStore",
    "Opening",
    "TimeLine",
    "Transcript",
    "UploadService",
    "VisitorSummary",
    "clean",
    "draft",
]
