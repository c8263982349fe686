"""Letters made into mails: one structure, shown as text and HTML, as bytes that can be approved."""

from tasks.rules.letters.cleaning import cleaned
from tasks.rules.letters.envelope import CannotRender, Envelope, Frame, Routes, envelope, html_of, text_of
from tasks.rules.letters.graph import SEND_KEY, graph_json
from tasks.rules.letters.mime import message_id, mime

__all__ = [
    "SEND_KEY",
    "CannotRender",
    "Envelope",
    "Frame",
    "Routes",
    "cleaned",
    "envelope",
    "graph_json",
    "html_of",
    "message_id",
    "mime",
    "text_of",
]
