"""What a page's forms send along."""

import re

import httpx2


def fields(page: httpx2.Response) -> dict[str, str]:
    """The hidden ones, the last of each name."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: value for name, value in found if name != "csrf"}
