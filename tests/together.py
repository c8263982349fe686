"""Which tests one worker runs, all of them and before all others: those that share what takes seconds to start."""

from xdist.scheduler import LoadScopeScheduling

PREFECT = (
    "campaign_flow", "campaign_leaves_nothing", "contact_sync_flow", "housekeeping", "nothing_personal_stays", "pools",
    "prefect_pins", "schedules", "secrets_stay_secret",
)  # fmt: skip
GROUPS = (
    ("tests/assistant/",),  # two filled organizations
    ("tests/browser/",),
    ("tests/crash/",),  # a house of processes
    tuple(f"tests/flows/test_{name}.py" for name in PREFECT),  # a server of Prefect's
    ("tests/simulators/test_mail_vendors_clients.py", "tests/simulators/test_vendors_clients.py"),  # vast libraries
)


class Together(LoadScopeScheduling):  # type: ignore[misc] # xdist tells no types
    """Hands out the largest group first. (xdist's own groups are marks, which get lost on this version of pytest.)"""

    def _split_scope(self, nodeid: str) -> str:
        return next((group[0] for group in GROUPS if nodeid.startswith(group)), nodeid)
