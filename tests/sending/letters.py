"""Small mails, in the bytes that each service takes."""

import json

KEY = "String {7f2f5a0c-5bb4-4d0f-9f3e-0f6a3f1c2d11} Name sendKey"


def graph_mail(mail_id: str, sender: str, to: str) -> bytes:
    return json.dumps(
        {
            "subject": "An engine",
            "body": {"contentType": "html", "content": f"<p>Dear {to.partition('@')[0]}</p>"},
            "from": {"emailAddress": {"address": sender}},
            "toRecipients": [{"emailAddress": {"address": to}}],
            "singleValueExtendedProperties": [{"id": KEY, "value": mail_id}],
        }
    ).encode()


def mime_mail(mail_id: str, sender: str, to: str) -> bytes:
    lines = [
        f"From: Ann <{sender}>",
        f"To: {to}",
        "Subject: An engine",
        f"Message-ID: <{mail_id}@mail.example>",
        f"X-Contactflow-Key: {mail_id}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "",
        f"Dear {to.partition('@')[0]},",
        ".a line that begins with a dot",
        "",
    ]
    return "\r\n".join(lines).encode()


def mail_for(provider: str, mail_id: str, sender: str, to: str) -> bytes:
    return (graph_mail if provider == "microsoft" else mime_mail)(mail_id, sender, to)
