"""Which telephone numbers are carried by one person: by what the source calls them, else by the country's plan."""

from functools import lru_cache

_MOBILE_LABELS = ("mobile", "cell", "handy", "iphone", "movil", "portable", "cellulare", "mobil")
_FIXED_LABELS = ("fax", "main", "pager", "company", "assistant", "switchboard", "zentrale", "landline")
# Countries whose mobile numbers are told by their first digits. Missing here (as +1): not known without a label.
_MOBILE_PREFIXES = (
    *("+4915", "+4916", "+4917"),
    *("+447", "+336", "+337", "+346", "+347", "+393", "+79", "+316", "+417", "+436", "+467", "+479", "+474"),
    *("+324", "+3519", "+3538", "+3584", "+3585", "+306", "+407", "+4206", "+4207", "+4219", "+3620", "+3630", "+3670"),
    *("+485", "+486", "+487", "+488", "+905", "+3805", "+3806", "+3809", "+614", "+642", "+8613", "+8615", "+8618"),
    *("+8190", "+8180", "+8170", "+8210", "+916", "+917", "+918", "+919", "+9725", "+9715", "+276", "+277", "+278"),
)


def is_mobile(number: str, label: str) -> bool:
    told = _told_by(label)
    return number.startswith(_MOBILE_PREFIXES) if told is None else told


@lru_cache(maxsize=1_000)
def _told_by(label: str) -> bool | None:
    words = label.lower()
    if any(word in words for word in _FIXED_LABELS):
        return False
    return True if any(word in words for word in _MOBILE_LABELS) else None
