"""Values of contacts as a person reads them."""

from typing import Any

from storage.records import Labelled, PostalAddress


def as_text(value: Any) -> str:
    match value:
        case Labelled(text, label):
            return f"{text} ({label})" if label else text
        case PostalAddress():
            place = " ".join(filter(None, (value.postcode, value.city)))
            return ", ".join(filter(None, (value.street, place, value.region, value.country)))
        case list() | tuple():
            return "; ".join(map(as_text, value))
        case _:
            return " ".join(str(value).split())
