"""A verdict in words: which fields agree and which do not. Never a value, for reasons outlive the personal data."""

from tasks.rules.matching.evidence import (
    Birthday,
    Company,
    Email,
    Evidence,
    Family,
    Given,
    Phone,
    Street,
    Town,
    swapped,
)
from tasks.rules.matching.traits import Traits

_WORDS = {
    Email.SAME: "same e-mail",
    Email.ROLE: "same e-mail of an office, not of a person",
    Email.LOCAL: "e-mails alike before the @",
    Email.CLOSE: "e-mails nearly alike",
    Email.DIFFERENT: "e-mails differ",
    Phone.MOBILE: "same mobile number",
    Phone.SAME: "same phone number",
    Phone.DIFFERENT: "phone numbers differ",
    Given.SAME: "same given name",
    Given.SHORT: "one given name is a form of the other",
    Given.INITIAL: "given name fits an initial",
    Given.CLOSE: "given names nearly alike",
    Given.DIFFERENT: "given names differ",
    Family.SAME: "same family name",
    Family.PART: "family names share a part",
    Family.CLOSE: "family names nearly alike",
    Family.DIFFERENT: "family names differ",
    Birthday.SAME: "same birthday",
    Birthday.DAY: "same birthday, year unknown",
    Birthday.SLIP: "birthdays differ as by a slip of the pen",
    Birthday.HALF: "birthdays differ in part",
    Birthday.DIFFERENT: "birthdays differ",
    Street.SAME: "same street",
    Street.CLOSE: "streets nearly alike",
    Town.SAME: "same town",
    Town.CLOSE: "towns nearly alike",
    Company.SAME: "company equal",
    Company.CLOSE: "companies nearly alike",
    Company.DOMAIN: "e-mail's domain fits the company",
    Company.DIFFERENT: "companies differ",
}
# What a person looks at first comes first.
_ORDER = ("email", "phone", "birthday", "given", "family", "company", "street", "town")


def reason(one: Traits, other: Traits, evidence: Evidence) -> str:
    words = [_WORDS.get(getattr(evidence, field)) for field in _ORDER]
    if swapped(one, other):
        words.insert(0, "given and family name swapped")
    return ", ".join(word for word in words if word)
