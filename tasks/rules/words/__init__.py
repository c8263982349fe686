"""Word lists that people maintain, one file a list: plain words, lines with # are remarks."""

from pathlib import Path


def lines(name: str) -> list[str]:
    text = Path(__file__).with_name(f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def words(name: str) -> frozenset[str]:
    return frozenset(word for line in lines(name) for word in line.split())
