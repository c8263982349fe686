"""The encryption secret used if none is set: generated at the first start, in a file with mode 0600."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def own_secret(path: Path) -> str:
    with suppress(FileNotFoundError):
        return path.read_text().strip()
    # Several may start at once: whoever links first made it, and all read that one.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    return path.read_text().strip()
