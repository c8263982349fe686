"""Processes that all want an access token at the same moment; each says the one that it was given."""

import asyncio
import multiprocessing
import sys
from multiprocessing.synchronize import Barrier

from storage.organization import tenants
from storage.session import open_store
from tasks.providers.access.kept_tokens import KeptTokens


def main(connection_id: str, count: int) -> None:
    fork = multiprocessing.get_context("fork")  # imports are made once, for they cost more than all the rest
    together = fork.Barrier(count)
    processes = [fork.Process(target=_ask, args=(connection_id, together)) for _ in range(count)]
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    sys.exit(max(abs(one.exitcode or 0) for one in processes))


def _ask(connection_id: str, together: Barrier) -> None:
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_connection(session, connection_id)
    tokens = KeptTokens(store, scope, connection_id)
    together.wait()
    sys.stdout.write(f"{asyncio.run(tokens.access_token())}\n")  # in one piece, for ten write at once
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
