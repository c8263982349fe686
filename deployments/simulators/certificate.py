"""A certificate authority of the simulators' own, for loopback names only."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two files: what clients trust (`authority`), and what the server shows, with its key (`server`)."""

    authority: Path
    server: Path


def certificate(directory: Path) -> Certificate:
    """The one kept in the directory, or a new one: a restart must not break who trusts it."""
    kept = Certificate(directory / "simulators-ca.pem", directory / "simulators-server.pem")
    if not (kept.authority.exists() and kept.server.exists()):
        authority = trustme.CA()
        leaf = authority.issue_cert("localhost", "127.0.0.1")
        authority.cert_pem.write_to_path(str(kept.authority))
        kept.server.touch(mode=0o600)
        leaf.private_key_and_cert_chain_pem.write_to_path(str(kept.server))
    return kept
