"""What a Graph request asks for, and who asks."""

import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from deployments.simulators.mailbox import DEFAULT_FOLDER, Mailbox
from deployments.simulators.microsoft import errors
from deployments.simulators.world import World

BIGGEST_PAGE = 1000


class Answered(Exception):
    """The request is refused with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True, slots=True)
class Asked:
    """A request by the owner of a mailbox. `page_size` is 0 where no size was preferred."""

    world: World
    mailbox: Mailbox
    request: Request
    immutable: bool
    page_size: int

    def parameter(self, name: str) -> str:
        return self.request.query_params.get(name, "")

    def number(self, name: str) -> int:
        text = self.parameter(name) or "0"
        if not text.isdecimal():
            raise Answered(errors.graph(400, "ErrorInvalidUrlQuery", f"{name} must be a number."))
        return int(text)

    def allow(self, *names: str) -> None:
        for name in self.request.query_params:
            if name not in names:
                raise Answered(errors.graph(400, "ErrorInvalidUrlQuery", f"The query option {name} is not supported."))

    @property
    def url(self) -> str:
        return str(self.request.url.replace(query=""))

    @property
    def context(self) -> str:
        return f"{self.request.url.scheme}://{self.request.url.netloc}/microsoft/v1.0/$metadata#contacts"

    def folder(self) -> str:
        name = self.request.path_params.get("folder", DEFAULT_FOLDER)
        name = DEFAULT_FOLDER if name == "contacts" else name
        if name not in self.mailbox.folders:
            raise Answered(errors.graph(404))
        return str(name)

    def broke(self, rule: str) -> None:
        self.world.ledger.broke(self.mailbox.email, rule)


def asked(request: Request, scope: str = "Contacts.Read") -> Asked:
    """Look at the access token and at what the Prefer headers say."""
    world: World = request.app.state.world
    visit = request.scope["visit"]
    if not visit.mailbox:
        raise Answered(errors.graph(401))
    if not any(granted.startswith(scope) for granted in visit.scope.split()):
        raise Answered(errors.graph(403, message="Access is denied. Check credentials and try again."))
    prefer = ", ".join(request.headers.getlist("prefer"))
    size = re.search(r"odata\.maxpagesize\s*=\s*(\d+)", prefer)
    question = Asked(
        world=world,
        mailbox=world.mailbox("microsoft", visit.mailbox),
        request=request,
        immutable=re.search(r'IdType\s*=\s*"ImmutableId"', prefer) is not None,
        page_size=int(size[1]) if size else 0,
    )
    if request.path_params.get("user", visit.mailbox) != visit.mailbox:
        raise Answered(errors.graph(403, message="Access is denied. Check credentials and try again."))
    if "contact" in request.url.path and not question.immutable:
        question.broke("no_immutable_id")
    return question
