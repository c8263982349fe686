"""Whether what leaves bears what the law demands: who sent it, from where, and the way out."""

from html import escape

from storage.records import Finding
from tasks.rules.checks.reading import block
from tasks.rules.letters import Envelope, Frame


def check_frame(frame: Frame, mail: Envelope) -> tuple[Finding, ...]:
    """Of a rendered mail, in both of its parts."""
    if not frame.postal_address.strip():
        return (block("footer", "no postal address: set one with `contactflow org set`"),)
    found = []
    if any(line not in mail.text for line in frame.postal_address.splitlines()):
        found.append(block("footer", "the text has no postal address"))
    if any(escape(line) not in mail.html for line in frame.postal_address.splitlines()):
        found.append(block("footer", "the HTML has no postal address"))
    if mail.unsubscribe not in mail.text or f'href="{escape(mail.unsubscribe)}"' not in mail.html:
        found.append(block("footer", "there is no way to unsubscribe"))
    return tuple(found)
