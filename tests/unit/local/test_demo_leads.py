"""Lead files as people save them, cut to the size of a run: by the gateway's own reader."""

from pathlib import Path

import pytest

from infra.local import sample
from infra.local.demo.lead_file import LeadFile, made_up
from infra.local.demo.settings import BadInput

LINES = ["Phone;Name", '0123000001;"Ai\nLing"', "", "0123000002;José", "0123000003;小明", ""]


def written(folder: Path, content: bytes) -> Path:
    path = folder / "leads.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_first_rows_are_the_beginning_of_the_file(tmp_path: Path, encoding: str, end: str) -> None:
    whole = end.join(LINES).encode(encoding)
    path = written(tmp_path, whole)
    cut = LeadFile.read(path, 2)
    assert cut.rows == 2
    assert whole.startswith(cut.content)
    assert cut.content.decode(encoding) == end.join([*LINES[:4], ""])
    assert LeadFile.read(path, 9) == LeadFile.read(path, None) == LeadFile(whole, 3)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 xl/workbook.xml", "Excel workbook"),
        (b"Name,City\nAli,Ipoh\n", "phone"),
        (b'phone,name\n+60123,"open', "rows|quotation|header"),
    ],
)
def test_a_file_that_no_import_takes_is_refused_before_anything_starts(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    path = written(tmp_path, content)
    if complaint.startswith("rows"):
        # Its row is refused by the import, as everybody's is.
        assert LeadFile.read(path, None).rows <= 1
        return
    with pytest.raises(BadInput, match=complaint):
        LeadFile.read(path, None)


def test_people_who_are_made_up_have_a_number_each(tmp_path: Path) -> None:
    numbers = {line.partition(b",")[0] for line in made_up(1, 5).splitlines()[1:]}
    assert len(numbers) == 5
    assert LeadFile.read(written(tmp_path, made_up(3, 4)), None).rows == 4


def test_the_sample_is_500_rows() -> None:
    assert LeadFile.read(sample.LEADS, None).rows == 500
