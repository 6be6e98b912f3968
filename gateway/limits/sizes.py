"""How many bytes a request of each method may have.

Most methods take a name and some words. The others get what their fields hold in a real request, also in
letters of four bytes; docs/limits.md tells integrators.
"""

from services.runtime.receiving import Sizes

_KIB, _MIB = 1024, 1024 * 1024

SIZES = Sizes(
    64 * _KIB,
    BatchCreateDevices=_MIB,
    # What is above 3 MB is refused by the check of the method, with the remedy.
    BatchUpsertLeads=4 * _MIB,
    CreateCampaign=2 * _MIB,
    CreateSequence=2 * _MIB,
    # A chunk has 256 KiB at most, the columns of a start less.
    ImportLeads=512 * _KIB,
    ImportSuppressions=512 * _KIB,
    PreviewStep=512 * _KIB,
    UpdateAccount=512 * _KIB,
    UpdateCampaign=2 * _MIB,
    UpdateSequence=2 * _MIB,
)
