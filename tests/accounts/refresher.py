"""A process that wants an access token as soon as it is told to; started many times by one test."""

import asyncio
import sys

from storage.organization import tenants
from storage.session import open_store
from tasks.providers.kept_tokens import KeptTokens


def main(connection_id: str) -> None:
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_connection(session, connection_id)
    tokens = KeptTokens(store, scope, connection_id)
    print("ready", flush=True)
    sys.stdin.readline()
    print(asyncio.run(tokens.access_token()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
