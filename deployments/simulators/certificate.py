"""The simulators' own certificate authority, for loopback names only."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files: the CA certificate that clients trust, and the server's certificate chain with its private key."""

    authority: Path
    server: Path


def certificate(directory: Path) -> Certificate:
    """Load the certificate kept in the directory, or create one: clients that trust it must survive a restart."""
    kept = Certificate(directory / "simulators-ca.pem", directory / "simulators-server.pem")
    if not (kept.authority.exists() and kept.server.exists()):
        authority = trustme.CA()
        leaf = authority.issue_cert("localhost", "127.0.0.1")
        authority.cert_pem.write_to_path(str(kept.authority))
        kept.server.touch(mode=0o600)
        leaf.private_key_and_cert_chain_pem.write_to_path(str(kept.server))
    return kept
