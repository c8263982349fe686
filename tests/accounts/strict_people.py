"""Google People by the letter of its documents: parameters stay, tokens end, what is empty is absent."""

from typing import Any

from tests.accounts.strict_office import Asked, Office, Told

CONNECTIONS, GROUPS = "/v1/people/me/connections", "/v1/contactGroups"
_PAGE = 4
_PERSON_FIELDS = {
    "addresses", "ageRanges", "biographies", "birthdays", "calendarUrls", "clientData", "coverPhotos", "emailAddresses",
    "events", "externalIds", "genders", "imClients", "interests", "locales", "locations", "memberships", "metadata",
    "miscKeywords", "names", "nicknames", "occupations", "organizations", "phoneNumbers", "photos", "relations",
    "sipAddresses", "skills", "urls", "userDefined",
}  # fmt: skip
_GROUP_FIELDS = {"clientData", "groupType", "memberCount", "metadata", "name"}
_PARAMETERS = {
    CONNECTIONS: {"personFields", "pageSize", "requestSyncToken", "sources", "sortOrder", "syncToken", "pageToken"},
    GROUPS: {"groupFields", "pageSize", "syncToken", "pageToken"},
}


class People(Office):
    token_path = "/token"

    def __init__(self) -> None:
        super().__init__()
        self.people: dict[str, dict[str, Any]] = {}
        self.groups = {f"contactGroups/g{number}": f"Group {number}" for number in range(3)}
        self.lose: list[tuple[int, str]] = []  # (after so many connection requests from now, the status told)
        self._journal: list[str] = []
        self._renamed: dict[str, list[str]] = {}
        self._tokens: dict[str, tuple[dict[str, str], list[dict[str, Any]], int]] = {}
        self._lost, self._asked = set[str](), 0

    def put(self, name: str, **fields: Any) -> None:
        version = f"v{next(self._numbers)}"
        source = {"type": "CONTACT", "id": name, "etag": version, "updateTime": "2026-11-01T00:00:00Z"}
        self.people[name] = {"resourceName": name, "etag": version, "metadata": {"sources": [source]}, **fields}
        self._journal.append(name)

    def remove(self, name: str) -> None:
        del self.people[name]
        self._journal.append(name)

    def rename(self, old: str, new: str) -> None:
        self.people[new] = {**self.people.pop(old), "resourceName": new}
        self._renamed[new] = [*self._renamed.pop(old, []), old]
        self._journal.append(new)

    def lose_place(self, status: str = "INVALID_ARGUMENT", *, after: int = 0) -> None:
        self.lose.append((self._asked + after, status))

    def unauthorized(self) -> Told:
        return _error(401, "UNAUTHENTICATED")

    def busy(self) -> dict[str, Any]:
        return {"error": {"code": 429, "message": "Resource has been exhausted.", "status": "RESOURCE_EXHAUSTED"}}

    def check_scope(self, scope: str | None) -> None:
        if scope is not None and "contacts" not in scope:
            self.blame("scopes")

    def serve(self, asked: Asked) -> Told:
        query = asked.query
        if asked.path not in _PARAMETERS:
            self.blame("an unknown address")
            return _error(404, "NOT_FOUND")
        if query.keys() - _PARAMETERS[asked.path]:
            self.blame("an unknown parameter")
        if not 1 <= int(query.get("pageSize", "100")) <= 1000:
            self.blame("page size")
        return self._groups(query) if asked.path == GROUPS else self._connections(query)

    def _groups(self, query: dict[str, str]) -> Told:
        if set(query.get("groupFields", "name").split(",")) - _GROUP_FIELDS:
            self.blame("group fields")
        start = int(query.get("pageToken", "0=&+").removesuffix("=&+"))
        listed = [
            {"resourceName": name, "name": text, "formattedName": text, "groupType": "USER_CONTACT_GROUP"}
            for name, text in self.groups.items()
        ]
        answer: dict[str, Any] = {"contactGroups": listed[start : start + 2], "totalItems": len(listed)}
        return Told(200, answer | ({"nextPageToken": f"{start + 2}=&+"} if listed[start + 2 :] else {}))

    def _connections(self, query: dict[str, str]) -> Told:
        self._asked += 1
        fields = query.get("personFields", "")
        if not fields or set(fields.split(",")) - _PERSON_FIELDS:
            self.blame("person fields")
            return _error(400, "INVALID_ARGUMENT")
        if "sortOrder" in query and "requestSyncToken" in query:
            self.blame("a sort order with a sync token")
        for due in [one for one in self.lose if one[0] < self._asked]:
            self.lose.remove(due)
            self._lost |= self._tokens.keys()
            self._tokens.clear()
            return _expired(due[1])
        return self._round(query)

    def _round(self, query: dict[str, str]) -> Told:
        token = query.get("pageToken") or query.get("syncToken", "")
        fixed = {name: value for name, value in query.items() if name != "pageToken"}
        if not token:
            return self._page(fixed, list(self.people.values()), len(self._journal))
        if token in self._lost:
            self.blame("a place that is known to be lost")
            return _expired("INVALID_ARGUMENT")
        if token not in self._tokens:
            self.blame("a token that was never given")
            return _error(400, "INVALID_ARGUMENT")
        first, left, mark = self._tokens[token]
        if "pageToken" not in query:
            fixed.pop("syncToken")
            first = {name: value for name, value in first.items() if name != "syncToken"}
        if first != fixed:
            self.blame("changed parameters")
            return _error(400, "INVALID_ARGUMENT")
        if "pageToken" in query:
            return self._page(fixed, left, mark)
        return self._page({**fixed, "syncToken": token}, self._changes(mark), len(self._journal), is_start=True)

    def _page(self, fixed: dict[str, str], items: list[dict[str, Any]], mark: int, *, is_start: bool = False) -> Told:
        """The first page of a later round is empty, which is legal; `connections` is then absent."""
        page, left = ([], items) if is_start else (items[:_PAGE], items[_PAGE:])
        answer: dict[str, Any] = {"connections": page, "totalItems": len(self.people)} if page else {}
        if not self.tells_links:
            return Told(200, answer)
        token = f"{next(self._numbers)}+/=&%2B ü"
        self._tokens[token] = (fixed, left, mark)
        if left or is_start:
            return Told(200, {**answer, "nextPageToken": token})
        return Told(200, {**answer, **({"nextSyncToken": token} if fixed.get("requestSyncToken") == "true" else {})})

    def _changes(self, since: int) -> list[dict[str, Any]]:
        return [self._now(name) for name in dict.fromkeys(self._journal[since:])]

    def _now(self, name: str) -> dict[str, Any]:
        """A person who is gone has no names; one under a new name tells the old ones."""
        told = self.people.get(name, {"resourceName": name, "metadata": {"deleted": True}})
        before = {"previousResourceNames": self._renamed[name]} if name in self._renamed else {}
        return {**told, "metadata": {**told["metadata"], **before}}


def _error(status: int, word: str, *details: dict[str, Any]) -> Told:
    return Told(status, {"error": {"code": status, "message": "…", "status": word, "details": list(details)}})


def _expired(word: str) -> Told:
    return _error(400, word, {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "EXPIRED_SYNC_TOKEN"})
