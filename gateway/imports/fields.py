"""What a column of a file can be: the only list, which titles, the command and the API follow."""

PHONE = "phone"
# Of which nothing is read.
IGNORE = "ignore"
FIELDS = (
    PHONE,
    "name",
    "first_name",
    "middle_name",
    "last_name",
    "trigger",
    "device",
    "language",
    "timezone",
    "country_code",
    "consent",
    "opt_out",
    "consent_source",
    "consent_wording",
    "consent_time",
    IGNORE,
)
_ATTRIBUTE = "attr."


def is_field(text: str) -> bool:
    """Whether a column may be said to be this; `attr.KEY` keeps it as it is."""
    return text in FIELDS or text.startswith(_ATTRIBUTE)
