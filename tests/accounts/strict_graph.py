"""Microsoft Graph contacts by the letter of its documents, with the links that it really makes."""

import re
from typing import Any
from urllib.parse import quote, unquote

from tests.accounts.strict_office import Asked, Office, Told

DEFAULT = "AQMkADAw+default/="
ROOT = "/v1.0/me/contactFolders"
_ODD = "%2B%2bq~%7E%7e'(a)!*;:@,%41%C3%a9/?=="  # what a client that tidies up addresses would change
_PAGE = 4
_FIRST_ASK = {"$select", "$top"}


class Graph(Office):
    """Where not `default_is_known`, the default folder has no name to ask for; where `plain`, 404 is plain text."""

    token_path = "/common/oauth2/v2.0/token"
    rotates = True

    def __init__(self, *, default_is_known: bool = True, plain: bool = False) -> None:
        super().__init__()
        self.folders: dict[str, str] = {DEFAULT: ""}
        self.contacts: dict[str, tuple[str, dict[str, Any]]] = {}
        self.lose: list[tuple[int, Told]] = []  # (after so many delta requests from now, how it says so)
        self._default_is_known, self._plain = default_is_known, plain
        self._journal: list[tuple[str, str]] = []
        self._links: dict[str, tuple[str, list[dict[str, Any]], int, str]] = {}
        self._lost, self._deltas = set[str](), 0

    def put(self, name: str, folder: str = DEFAULT, **fields: Any) -> None:
        """A new contact, an edited one, or one that moved: then its old folder calls it removed."""
        if name in self.contacts and self.contacts[name][0] != folder:
            self._journal.append((self.contacts[name][0], name))
        version = f"v{next(self._numbers)}"
        told = {"id": name, "changeKey": version, "@odata.etag": f'W/"{version}"', "parentFolderId": folder}
        self.contacts[name] = (folder, {**told, **fields})
        self._journal.append((folder, name))

    def remove(self, name: str) -> None:
        self._journal.append((self.contacts.pop(name)[0], name))

    def lose_place(self, told: Told, *, after: int = 0) -> None:
        """From then on no link that was made before is known."""
        self.lose.append((self._deltas + after, told))

    def unauthorized(self) -> Told:
        return _error(401, "InvalidAuthenticationToken")

    def busy(self) -> dict[str, Any]:
        return {"error": {"code": "ApplicationThrottled", "message": "over its MailboxConcurrency limit."}}

    def check_scope(self, scope: str | None) -> None:
        asked = (scope or "").split(" ")
        if "offline_access" not in asked or any("," in one for one in asked):
            self.blame("scopes")

    def serve(self, asked: Asked) -> Told:
        prefer = asked.headers.get("prefer", "")
        if 'IdType="ImmutableId"' not in prefer:
            self.blame("no ImmutableId")
        if asked.target in self._links or asked.target in self._lost or "/delta" in asked.path:
            return self._delta(asked, prefer)
        if "token=" in asked.target:
            self.blame("a link not followed by the letter")
            return _error(400, "BadRequest")
        return self._else(asked)

    def _else(self, asked: Asked) -> Told:
        if asked.path == f"{ROOT}/contacts":
            known = {"id": DEFAULT, "displayName": "Contacts"}
            return Told(200, known) if self._default_is_known else _error(404, "ErrorItemNotFound")
        if asked.path == ROOT:
            return self._folders("", asked)
        if parent := re.fullmatch(rf"{ROOT}/([^/]+)/childFolders", asked.path):
            return self._folders(unquote(parent[1]), asked)
        if one := re.fullmatch(r"/v1.0/me/contacts/([^/]+)", asked.path):
            return self._one(unquote(one[1]))
        self.blame("an unknown address")
        return _error(404, "ResourceNotFound")

    def _one(self, name: str) -> Told:
        if name in self.contacts:
            return Told(200, self.contacts[name][1])
        return Told(404, "404: Not Found") if self._plain else _error(404, "ErrorItemNotFound")

    def _folders(self, parent: str, asked: Asked) -> Told:
        """Two a page; the default folder lists those in it and is not listed itself."""
        if parent and parent not in self.folders:
            return _error(404, "ErrorItemNotFound")
        inside = sorted(name for name, within in self.folders.items() if within == (parent or DEFAULT))
        start = int(asked.query.get("$skip", "0"))
        answer: dict[str, Any] = {"value": [{"id": name, "displayName": "x"} for name in inside[start : start + 2]]}
        if inside[start + 2 :]:
            answer["@odata.nextLink"] = f"{self.base}{asked.path}?%24skip={start + 2}"
        return Told(200, answer)

    def _delta(self, asked: Asked, prefer: str) -> Told:
        self._deltas += 1
        if not (size := re.search(r"odata\.maxpagesize=(\d+)", prefer)):
            self.blame("no odata.maxpagesize")
        if "$top" in asked.query:
            self.blame("$top on a delta")
        for due in [one for one in self.lose if one[0] < self._deltas]:
            self.lose.remove(due)
            self._lost |= self._links.keys() | {asked.target}
            self._links.clear()
            return due[1]
        if asked.target in self._links:
            return self._page(*self._links[asked.target])
        if asked.target in self._lost and "?" in asked.target:
            self.blame("a place that is known to be lost")
            return _error(410, "SyncStateNotFound")
        return self._begin(asked, size[0] if size else "")

    def _begin(self, asked: Asked, size: str) -> Told:
        parts = re.fullmatch(rf"{ROOT}/([^/]+)/contacts/delta", asked.path)
        folder = unquote(parts[1]) if parts else ""
        folder = DEFAULT if folder == "contacts" else folder
        if asked.query.keys() - _FIRST_ASK:
            self.blame("a link not followed by the letter")
            return _error(400, "BadRequest")
        if folder not in self.folders:
            return _error(404, "ErrorItemNotFound")
        everybody = [told for within, told in self.contacts.values() if within == folder]
        stale = [{**told, "givenName": "stale"} for told in everybody[:1]]  # told twice: the last word is the truth
        return self._page(folder, stale + everybody, len(self._journal), size)

    def _page(self, folder: str, items: list[dict[str, Any]], mark: int, size: str) -> Told:
        """`items` are all that are left; no items and a negative mark: the beginning of a later round."""
        if mark < 0:
            items, mark = self._changes(folder, -mark - 1), len(self._journal)
            return Told(200, self._following({"value": []}, folder, items, mark, size))  # an empty page is legal
        page, left = items[:_PAGE], items[_PAGE:]
        return Told(200, self._following({"value": page}, folder, left, mark, size, is_last=not left))

    def _following(
        self, answer: dict[str, Any], folder: str, left: list[dict[str, Any]], mark: int, size: str, *,
        is_last: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        kind, word = ("deltaLink", "deltatoken") if is_last else ("nextLink", "skiptoken")
        dollar = "$" if is_last else "%24"
        place = quote(folder, safe="=(").replace("%2F", "%2f")
        target = f"{ROOT}('{place}')/contacts/microsoft.graph.delta()?{dollar}{word}={next(self._numbers)}{_ODD}"
        if not self.tells_links:
            return answer
        self._links[target] = (folder, [], -mark - 1, size) if is_last else (folder, left, mark, size)
        return {"@odata.context": f"{self.base}/v1.0/$metadata", **answer, f"@odata.{kind}": self.base + target}

    def _changes(self, folder: str, since: int) -> list[dict[str, Any]]:
        names = dict.fromkeys(name for place, name in self._journal[since:] if place == folder)
        return [self._now(folder, name) for name in names]

    def _now(self, folder: str, name: str) -> dict[str, Any]:
        within, told = self.contacts.get(name, ("", {}))
        if within == folder:
            return told
        reason = "changed" if within else "deleted"
        return {"@odata.type": "#microsoft.graph.contact", "id": name, "@removed": {"reason": reason}}


def _error(status: int, code: str) -> Told:
    return Told(status, {"error": {"code": code, "message": "…", "innerError": {"request-id": "1"}}})


def lost(status: int) -> Told:
    return _error(status, "SyncStateNotFound" if status == 410 else "syncStateNotFound")
