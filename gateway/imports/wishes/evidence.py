"""From the cells of a row to the permission that the row is evidence of."""

import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.imports.cells.dates import read_moment
from gateway.imports.cells.text import cell_text
from gateway.imports.errors import RowError
from gateway.imports.wishes.answer import Answer
from gateway.imports.wishes.reader import Said
from gateway.leads.model import CONSENT_TOO_LONG, Consent, is_consent_too_long

_COLUMNS = ("consent_source", "consent_wording", "consent_time")
_MAX_SOURCE = 200
_MAX_WORDING = 2000


class ConsentReader:
    """Reads the rows of one file. `general`: the permission that everybody in the file gave."""

    def __init__(
        self,
        places: Mapping[str, int],
        general: Consent | None,
        *,
        zone: zoneinfo.ZoneInfo,
        now: datetime,
        is_dated: bool,
        month_first: bool,
    ) -> None:
        self._places = places
        self._general = general
        self._zone = zone
        self._now = now
        self._is_dated = is_dated
        self._month_first = month_first
        self._has_columns = any(column in places for column in _COLUMNS)
        # Of every row, where the file has no column of its own for it.
        self._of_all = general, general is not None and not is_dated

    def read(self, row: Sequence[str], said: Said) -> tuple[Consent | None, bool]:
        """The evidence, from the row's own columns first, and whether the evidence has no time of its own.

        `said`: what the row's columns say of the person's wish; with a no of any kind there is no permission,
        whatever is said of the whole file. Raises `RowError`.
        """
        general = self._general
        if said.answer not in (Answer.YES, Answer.NOTHING):
            return None, False
        if not self._has_columns:
            return self._of_all
        source, wording = self._cell(row, "consent_source"), self._cell(row, "consent_wording")
        written = self._cell(row, "consent_time")
        granted_at = self._granted(written) if written else None
        _refuse_long(source, wording)
        if general:
            consent = Consent(
                source or general.source, wording or general.wording, granted_at or general.granted_at
            )
            return consent, granted_at is None and not self._is_dated
        if source and granted_at:
            return Consent(source, wording, granted_at), False
        return None, False

    def _cell(self, row: Sequence[str], column: str) -> str:
        index = self._places.get(column, len(row))
        return cell_text(row[index]) if index < len(row) else ""

    def _granted(self, written: str) -> datetime:
        granted = read_moment(written, self._zone, month_first=self._month_first)
        if granted > self._now:
            raise RowError(
                "CONSENT_TIME", "consent_time: is in the future; write when the permission was given"
            )
        return granted


def _refuse_long(source: str, wording: str) -> None:
    if len(source) > _MAX_SOURCE or len(wording) > _MAX_WORDING:
        raise RowError(
            "CONSENT",
            f"consent: is too long; shorten the source to {_MAX_SOURCE} characters and the wording to"
            f" {_MAX_WORDING}",
        )
    if is_consent_too_long(source, wording):
        raise RowError("CONSENT", f"consent: {CONSENT_TOO_LONG}")
