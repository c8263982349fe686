"""What an SMTP server says to each command, and what becomes of the mails that it accepts."""

import hashlib
import ssl
from collections.abc import Callable

from deployments.simulators.mail import limits, mime
from deployments.simulators.mail.delivered import Delivery
from deployments.simulators.mail.smtp_wire import TRY_LATER, Answer, SmtpWorld, Wire

HOST = "sink.simulators.example"


class Conversation(Wire):
    def __init__(self, world: SmtpWorld, secure: ssl.SSLContext | None = None) -> None:
        super().__init__(world, secure)
        self.greeted = self.known = False
        self.log_in: list[str] = []
        self.acts: dict[str, Callable[[str], Answer]] = {
            "EHLO": self._ehlo, "HELO": self._helo, "AUTH": self._auth, "MAIL": self._mail, "RCPT": self._rcpt,
            "STARTTLS": self._starttls, "DATA": self._data, "RSET": self._reset, "QUIT": self._quit,
            "NOOP": lambda _rest: "250 2.0.0 Ok", "VRFY": lambda _rest: "252 2.1.5 Cannot verify",
        }  # fmt: skip

    def greeting(self) -> Answer:
        if 0 < self.world.smtp.lines < len(self.world.smtp_lines):
            return self._bye("421 4.3.2 Too many connections")
        return f"220 {HOST} ESMTP simulated"

    def command(self, line: str) -> None:
        if self.log_in:
            self._credentials()
            return
        verb, _, rest = line.partition(" ")
        act = self.acts.get(verb.upper())
        if act is None:
            self.answers.append("500 5.5.2 Command unrecognized")
        else:
            self.do(verb.upper(), lambda: act(rest))

    def _ehlo(self, _rest: str) -> Answer:
        self.greeted = True
        self.afresh()
        offers = ["PIPELINING", f"SIZE {self.world.smtp.size}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        tls = ["STARTTLS"] if self.world.smtp.starttls else []
        lines = [HOST, *offers, *tls, "AUTH PLAIN LOGIN"]
        return "\r\n".join([*[f"250-{line}" for line in lines[:-1]], f"250 {lines[-1]}"])

    def _helo(self, _rest: str) -> Answer:
        self.greeted = True
        return f"250 {HOST}"

    def _auth(self, rest: str) -> Answer:
        way, _, given = rest.partition(" ")
        if way.upper() == "PLAIN":
            if not given:
                self.log_in = ["password"]
                return "334 "
            return self._logged_in()
        if way.upper() == "LOGIN":
            self.log_in = ["password"] if given else ["name", "password"]
            return "334 UGFzc3dvcmQ6" if given else "334 VXNlcm5hbWU6"
        return "504 5.5.4 Unrecognized authentication type"

    def _credentials(self) -> None:
        """Any will do: `faults` at AUTH is how to refuse them."""
        self.log_in.pop(0)
        self.answers.append("334 UGFzc3dvcmQ6" if self.log_in else self._logged_in())

    def _logged_in(self) -> Answer:
        self.known = True
        return "235 2.7.0 Authentication successful"

    def _mail(self, rest: str) -> Answer:
        if not self.greeted:
            return "503 5.5.1 Say EHLO first"
        if self.world.smtp.auth and not self.known:
            return "530 5.7.0 Authentication required"
        if self.sender is not None:
            return "503 5.5.1 Sender already given"
        address, parameters = _path(rest, "from")
        size = parameters.get("SIZE", "0")
        if size.isdecimal() and int(size) > self.world.smtp.size:
            return "552 5.3.4 Message too big"
        self.sender = address
        return "250 2.1.0 Ok"

    def _rcpt(self, rest: str) -> Answer:
        address, _ = _path(rest, "to")
        if self.sender is None:
            return "503 5.5.1 Need MAIL first"
        if not address or "@" not in address:
            return "501 5.1.3 Bad recipient address syntax"
        if address.startswith("reject"):
            return "550 5.1.1 User unknown"
        if self.world.smtp.greylist and (self.sender, address) not in self.world.greylisted:
            self.world.greylisted.add((self.sender, address))
            return f"451 {TRY_LATER}"
        self.recipients.append(address)
        return "250 2.1.5 Ok"

    def _data(self, _rest: str) -> Answer:
        if not self.recipients:
            return "503 5.5.1 Need RCPT first"
        if self._too_many():
            self.world.ledger.broke(self.sender or "", "over_minute")
            return "432 4.3.21 Concurrent connections or messages per minute exceeded; try again later"
        self.reading = self.content
        return "354 End data with <CR><LF>.<CR><LF>"

    def _too_many(self) -> bool:
        rules, now = self.world.smtp, self.world.now()
        if not rules.per_minute:
            return False
        left = limits.window(self.world.post.delivered, "smtp", self.sender or "", now - rules.minute_s)
        return limits.wait(left, rules.per_minute, rules.minute_s, now) > 0

    def accept(self, raw: bytes) -> Answer:
        sender, recipients = self.sender or "", tuple(self.recipients)
        self.afresh()
        if len(raw) > self.world.smtp.size:
            return "552 5.3.4 Message too big"
        fields = mime.headers(raw)
        message_id = mime.header(fields, "message-id")
        subject, key = mime.plain(mime.header(fields, "subject")), mime.key_of(fields, {}, message_id)
        digest, now = hashlib.sha256(raw).hexdigest(), self.world.now()
        self.world.post.carry(
            Delivery("smtp", sender, recipients, message_id, subject, key, digest, now, raw, built=False)
        )
        return f"250 2.0.0 Ok: queued as {len(self.world.post.delivered):X}"

    def _starttls(self, _rest: str) -> Answer:
        if self.secure is None or not self.world.smtp.starttls:
            return "502 5.5.1 Not implemented"
        self.answers.append("220 2.0.0 Ready to start TLS")
        self.greeted = self.known = False
        self.afresh()
        self.start_tls(self.secure)
        return ""

    def _reset(self, _rest: str) -> Answer:
        self.afresh()
        return "250 2.0.0 Ok"

    def _quit(self, _rest: str) -> Answer:
        return self._bye("221 2.0.0 Bye")

    def _bye(self, answer: Answer) -> Answer:
        self.answers.append(answer)
        self.flush()
        self.closed = True
        self.transport.close()
        return ""


def _path(text: str, word: str) -> tuple[str, dict[str, str]]:
    """The address between < and > after FROM: or TO:, and the parameters behind it."""
    before, _, rest = text.partition(":")
    if before.strip().lower() != word:
        return "", {}
    address, _, more = rest.strip().removeprefix("<").partition(">")
    named = [one.partition("=") for one in more.split()]
    return address, {name.upper(): value for name, _, value in named}
