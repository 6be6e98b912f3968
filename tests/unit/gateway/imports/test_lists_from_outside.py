"""Lists by somebody who knows no code: nobody who said no is written to, no number becomes another."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from gateway.imports.errors import FileError
from gateway.leads.model import Consent
from tests.unit.gateway.imports.reading import NOW, read

LISTS = Path(__file__).with_name("lists_from_outside")
EVERYBODY = Consent("counter", "Yes, write to me", NOW)


def rows_of(name: str) -> list[dict[str, str]]:
    with (LISTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


COUNTRY = {row["file"]: row["default_country"] for row in rows_of("context.tsv")}
EXPECTED: dict[str, list[dict[str, str]]] = defaultdict(list)
for each in rows_of("expected.tsv"):
    EXPECTED[each["file"]].append(each)
# Of these the encoding is asked, and answered.
ENCODING = {"179_jp_juku_hogosha.csv": "cp932", "180_cn_fangchan_fenzu.csv": "gb18030"}
# These ask, or are refused, before anything is written.
ASKED = {
    "09_twilio_optout_report_us.csv",
    "36_internal_do_not_contact_us.csv", "56_popia_za.csv", "89_odoo_mailing_contacts_my.csv",
    "91_clinic_my.csv", "123_bird.csv", "129_calendly.csv",
    "142_es_peluqueria_citas.csv", "144_it_carta_fedelta.csv", "153_jp_salon_yoyaku.csv",
    "158_se_forening_nix.csv", *ENCODING,
}  # fmt: skip
# People of two rows that the expectations leave out.
LEFT_OUT = {"+447911206302", "+32478849771"}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_list_means_what_it_says(name: str) -> None:
    content = (LISTS / name).read_bytes()
    if name in ASKED:
        with pytest.raises(FileError):
            read(content, country=COUNTRY[name], consent=EVERYBODY)
        if name not in ENCODING:
            return
    batches = read(content, country=COUNTRY[name], consent=EVERYBODY, encoding=ENCODING.get(name, ""))
    entries = [row.entry for batch in batches for row in batch.rows]
    noes = {
        row.entry.draft.phone
        for batch in batches
        for row in [*batch.rows, *batch.objections]
        if row.entry.is_refused or row.entry.opted_out
    }
    written = {entry.draft.phone for entry in entries if entry.draft.consent is not None} - noes
    meant = {row["number_e164"] for row in EXPECTED[name]}
    assert {entry.draft.phone for entry in entries} <= meant | LEFT_OUT
    said_no = {row["number_e164"] for row in EXPECTED[name] if row["must"] in ("no", "suppressed")}
    assert written.isdisjoint(said_no)
