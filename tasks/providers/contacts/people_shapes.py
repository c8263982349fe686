"""What the Google People API sends, as far as we read it. Trees without cycles, so exempt from garbage collection."""

import msgspec

FIELDS = (  # personFields of every request; another list invalidates sync tokens
    "names,nicknames,emailAddresses,phoneNumbers,organizations,addresses,birthdays,biographies,memberships,urls,"
    "userDefined,externalIds,clientData,metadata"
)


class Origin(msgspec.Struct, gc=False, rename="camel", frozen=True):
    type: str = ""
    etag: str = ""
    update_time: str = ""


class Kind(msgspec.Struct, gc=False, frozen=True):
    type: str = ""


class About(msgspec.Struct, gc=False, rename="camel", frozen=True):
    """The metadata of a person."""

    sources: list[Origin] = []
    deleted: bool = False
    previous_resource_names: list[str] = []


class Mark(msgspec.Struct, gc=False, rename="camel", frozen=True):
    """The metadata of one value of a field."""

    primary: bool = False
    source: Kind = Kind()


class Field(msgspec.Struct, gc=False, rename="camel"):
    metadata: Mark = Mark()


class Name(Field, gc=False, rename="camel"):
    display_name: str = ""
    unstructured_name: str = ""
    family_name: str = ""
    given_name: str = ""
    middle_name: str = ""
    honorific_prefix: str = ""
    honorific_suffix: str = ""
    phonetic_full_name: str = ""
    phonetic_given_name: str = ""
    phonetic_family_name: str = ""


class Value(Field, gc=False, rename="camel"):
    """Any field that is a value with a type: an address, a number, a nickname, a page, an identifier."""

    value: str = ""
    type: str = ""


class Note(Field, gc=False, rename="camel"):
    value: str = ""
    content_type: str = ""


class Phone(Value, gc=False, rename="camel"):
    canonical_form: str = ""


class Organization(Field, gc=False, rename="camel"):
    name: str = ""
    department: str = ""
    title: str = ""
    current: bool = False


class Address(Field, gc=False, rename="camel"):
    type: str = ""
    formatted_value: str = ""
    street_address: str = ""
    extended_address: str = ""
    po_box: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    country_code: str = ""


class Date(msgspec.Struct, gc=False):
    year: int = 0
    month: int = 0
    day: int = 0


class Birthday(Field, gc=False, rename="camel"):
    date: Date | None = None


class Group(msgspec.Struct, gc=False, rename="camel"):
    contact_group_resource_name: str = ""


class Membership(Field, gc=False, rename="camel"):
    contact_group_membership: Group | None = None


class Pair(Field, gc=False, rename="camel"):
    key: str = ""
    value: str = ""


class Contact(msgspec.Struct, gc=False, rename="camel"):
    resource_name: str
    etag: str = ""
    metadata: About = About()
    names: list[Name] = []
    nicknames: list[Value] = []
    email_addresses: list[Value] = []
    phone_numbers: list[Phone] = []
    organizations: list[Organization] = []
    addresses: list[Address] = []
    birthdays: list[Birthday] = []
    biographies: list[Note] = []
    memberships: list[Membership] = []
    urls: list[Value] = []
    user_defined: list[Pair] = []
    external_ids: list[Value] = []
    client_data: list[Pair] = []
