"""Agreement levels of each field. 0 means that one side has no value; `weights` learns what each level is worth."""

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple


class Order(IntEnum):
    UNKNOWN = 0
    STRAIGHT = 1
    SWAPPED = 2


class Given(IntEnum):
    UNKNOWN = 0
    SAME = 1
    SHORT = 2
    INITIAL = 3
    CLOSE = 4
    DIFFERENT = 5


class Family(IntEnum):
    UNKNOWN = 0
    SAME = 1
    PART = 2
    CLOSE = 3
    DIFFERENT = 4


class Email(IntEnum):
    UNKNOWN = 0
    SAME = 1
    ROLE = 2
    LOCAL = 3
    CLOSE = 4
    LIKE = 5
    DIFFERENT = 6


class Phone(IntEnum):
    UNKNOWN = 0
    MOBILE = 1
    SAME = 2
    DIFFERENT = 3


class Birthday(IntEnum):
    UNKNOWN = 0
    SAME = 1
    DAY = 2
    SLIP = 3
    HALF = 4
    NEAR = 5
    DIFFERENT = 6


class Street(IntEnum):
    UNKNOWN = 0
    SAME = 1
    CLOSE = 2
    LIKE = 3
    DIFFERENT = 4


class Town(IntEnum):
    UNKNOWN = 0
    SAME = 1
    CLOSE = 2
    DIFFERENT = 3


class Company(IntEnum):
    UNKNOWN = 0
    SAME = 1
    CLOSE = 2
    DOMAIN = 3
    DIFFERENT = 4


class Number(IntEnum):
    UNKNOWN = 0
    SAME = 1
    CLOSE = 2
    DIFFERENT = 3


class Evidence(NamedTuple):
    order: Order
    given: Given
    family: Family
    email: Email
    phone: Phone
    birthday: Birthday
    street: Street
    town: Town
    company: Company
    identifier: Number


FIELDS = len(Evidence._fields)
FIELD = {field: at for at, field in enumerate(Evidence._fields)}
_KINDS: tuple[type[IntEnum], ...] = tuple(Evidence.__annotations__.values())


@lru_cache(maxsize=100_000)
def evidence_of(levels: tuple[int, ...]) -> Evidence:
    return Evidence._make(kind(level) for kind, level in zip(_KINDS, levels, strict=True))
