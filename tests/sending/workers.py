"""Processes that send a campaign until nothing is left. One that is killed is followed by another at once.

They are forked from one that has everything imported, for somebody kills them many times.
"""

import asyncio
import os
import sys
from datetime import timedelta

from storage.session import open_store
from tasks.campaign.posting import Terms
from tasks.campaign.send import send_all

TERMS = Terms(
    claim=timedelta(seconds=6), grace=timedelta(seconds=5), looks=(0, 0.2), again=timedelta(seconds=0.5), attempts=30
)


def work(campaign_id: str) -> None:
    while asyncio.run(send_all(open_store(), campaign_id, terms=TERMS)) is not None:
        pass


def main(campaign_id: str, number: int) -> None:
    alive: set[int] = set()
    done = False
    while alive or not done:
        while len(alive) < number and not done:
            if not (pid := os.fork()):
                work(campaign_id)
                os._exit(0)
            alive.add(pid)
        pid, status = os.wait()
        alive.discard(pid)
        done = done or status == 0


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
