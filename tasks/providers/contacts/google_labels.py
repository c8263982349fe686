"""The owner's contact groups, whose names become tags; remembered for when the service fails to list them."""

from urllib.parse import urlencode

import msgspec

from tasks.providers.contacts.landed import decoder
from tasks.providers.polite_client import PoliteClient

_GROUPS = "contactGroups?" + urlencode({"pageSize": "1000", "groupFields": "name,groupType,metadata"})


class Labels(msgspec.Struct, frozen=True):
    """Names by group id. `stale`: remembered from an earlier read."""

    names: dict[str, str]
    stale: bool = False

    def outdated_by(self, told: "Labels") -> bool:
        """Whether people read under these labels must be read anew, now that the labels are `told`: a renamed or newly
        known group changes its members' tags, but the service does not report the members as changed.
        """
        if told.stale:
            return False
        if self.stale:
            return self.names != told.names
        return any(told.names.get(group) != name for group, name in self.names.items())


class _Group(msgspec.Struct, rename="camel"):
    resource_name: str = ""
    name: str = ""
    group_type: str = ""
    metadata: dict[str, object] = {}


class _Groups(msgspec.Struct, rename="camel"):
    contact_groups: list[_Group] = []
    next_page_token: str = ""


_read_groups = decoder(_Groups)


async def read_labels(client: PoliteClient, base: str) -> Labels:
    found: list[_Group] = []
    token = ""
    while True:
        link = f"{base}/{_GROUPS}" + (f"&{urlencode({'pageToken': token})}" if token else "")
        _, answer = await client.get(link, _read_groups)
        found += answer.contact_groups
        if not (token := answer.next_page_token):
            break
    alive = (group for group in found if not group.metadata.get("deleted"))
    return Labels({group.resource_name: group.name for group in alive if group.group_type == "USER_CONTACT_GROUP"})
