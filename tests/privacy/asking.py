"""What an operator says at the terminal."""

from tests.cli.conftest import Call
from tests.privacy.world import NOW_AT


def erased(call: Call, address: str = NOW_AT, *more: str) -> str:
    result = call("erase", address, "--org", "acme", *more)
    assert result.exit_code == 0, result.output
    return str(result.stdout)
