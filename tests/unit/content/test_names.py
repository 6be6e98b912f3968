"""What a lead is called, from what people type and what tables hold."""

import pytest

from services.content.mojibake import mended
from services.content.names import LIMIT, called
from tests.support.linear import assert_linear


@pytest.mark.parametrize(
    "unusable",
    [
        "", "  \n", "+60 12-345 6789", "(012) 345.6789", "0123456789", "12",
        "０１２－３４５６７８９", "＋６０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "௦௧௨௩௪௫௬௭௮௯",
        "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔", "零一二三四五六七八九", "①②③④",
        "Tel: 012-345 6789", "HP 0123456789", "+60123456789 (WhatsApp)", "电话：0123456789",
        "ana@example.com", "<ana@example.com>", "60123456789@s.whatsapp.net", "ana＠example.com",
        "https://example.com/Ana", "www.example.com",
        "M?ller", "Jos?", "Jos\N{REPLACEMENT CHARACTER}", "?lvaro",
        "...", "- . -", "👍👍", "❤️", "👨‍👩‍👧", "???", "\u200b\u202e", "\x00",
    ],
)  # fmt: skip
def test_no_name(unusable):
    assert called(unusable) is None


@pytest.mark.parametrize(
    ("raw", "full"),
    [
        ("Ana", "Ana"),
        ("  Ana \n Lim ", "Ana Lim"),
        ("AHMAD BIN ALI", "Ahmad bin Ali"),
        ("AHMAD bin ALI", "Ahmad bin Ali"),
        ("SITI AMINAH BINTI ABU", "Siti Aminah binti Abu"),
        ("RAJU A/L MUTHU", "Raju a/l Muthu"),
        ("DEVI A/P RAMAN", "Devi a/p Raman"),
        # The small form of the letter with a dot and of the one without.
        ("İBRAHİM IŞIK", "İbrahim Işık"),
        ("ÇAĞRI YILDIZ", "Çağrı Yıldız"),
        ("IŞIL YILDIZ", "IŞIL YILDIZ"),
        ("ŞÜKRÜ ÖZEN", "Şükrü Özen"),
        ("MCDONALD", "McDonald"),
        ("O'BRIEN", "O'Brien"),
        ("NUR'AIN", "Nur'ain"),
        ("JEAN-PIERRE", "Jean-Pierre"),
        ("BIN ALI", "Bin Ali"),
        ("K.R. NAIR", "K.R. Nair"),
        ("JOSÉ ÑANDÚ", "José Ñandú"),
        ("ИВАН", "Иван"),
        ("ΓΙΏΡΓΟΣ", "Γιώργος"),
        ("NGUYỄN", "Nguyễn"),
        ("MJ", "MJ"),
        ("JD", "JD"),
        ("MJ TAN", "MJ Tan"),
        ("NG WEI MING", "Ng Wei Ming"),
        ("HENRY IV", "Henry IV"),
        ("X", "X"),
        # Not all capitals: as its owner writes it.
        ("McDonald", "McDonald"),
        ("ahmad", "ahmad"),
        ("Ahmad ALI", "Ahmad ALI"),
        ("iPhone Lim", "iPhone Lim"),
        ("陈伟明", "陈伟明"),
        ("முருகன்", "முருகன்"),
        ("محمد علي", "محمد علي"),
        ("Ahmad 012-345 6789", "Ahmad"),
        ("Ana <ana@example.com>", "Ana"),
        ("Ana 2", "Ana 2"),
        ("Ahmad\u202e\u200b Ali\u200d", "Ahmad Ali"),
        ("Ana 👩‍🚀", "Ana"),
        ("Ali 🌸", "Ali"),
        ("♥ Siti ♥", "Siti"),
        ("👨‍👩‍👧 Family", "Family"),
        ("~Ali", "Ali"),
        ("~ Siti Aminah", "Siti Aminah"),
        ("Ali (HR)", "Ali"),
        ("Ali [new]", "Ali"),
        ("陈伟明（经理）", "陈伟明"),
        ("(Ali)", "(Ali)"),
        ("Smith, John", "John Smith"),
        ("SMITH, JOHN", "John Smith"),
        ("García Márquez, Gabriel", "Gabriel García Márquez"),
        ("TAN, WEI MING", "Tan Wei Ming"),
        ("John Smith, Jr.", "John Smith"),
        ("Ali, PhD", "Ali"),
        ("Ahmad bin Ali, Dato", "Ahmad bin Ali, Dato"),
        ("O&#39;Brien", "O'Brien"),
        ("Fran&ccedil;ois", "François"),
        ("Ali &amp; Sons", "Ali & Sons"),
        ("JosÃ©", "José"),
        ("FranÃ§ois MÃ¼ller", "François Müller"),
        ("ИРИНА", "Ирина"),
        ("SITI NUR AISYAH BINTI AHMAD", "Siti Nur Aisyah binti Ahmad"),
        ("Nan", "Nan"),
        ("Na Li", "Na Li"),
        ("Testa Rossa", "Testa Rossa"),
        ("Kunde Meier", "Kunde Meier"),
        ("می‌نا", "می‌نا"),
    ],
)
def test_full(raw, full):
    name = called(raw)
    assert name is not None
    assert name.full == full


@pytest.mark.parametrize(
    ("raw", "first"),
    [
        ("Ahmad bin Ali", "Ahmad"),
        ("AHMAD BIN ALI", "Ahmad"),
        ("Dato' Sri Ahmad Zaki", "Ahmad"),
        ("Datuk Seri Lim", "Lim"),
        ("Thiru. Murugan", "Murugan"),
        ("นาย สมชาย ใจดี", "สมชาย"),
        ("VIP Ali", "Ali"),
        ("Ma. Teresa Santos", "Ma. Teresa"),
        ("Kak Siti", "Kak Siti"),
        ("Pak Joko", "Pak Joko"),
        # A company, and what the family stands before.
        ("Acme Corp", "Acme Corp"),
        ("XYZ Sdn Bhd", "XYZ Sdn Bhd"),
        ("Restoran Ali", "Restoran Ali"),
        ("Müller GmbH", "Müller GmbH"),
        ("Nguyễn Văn An", "An"),
        ("Trần Thị Bích Ngọc", "Ngọc"),
        ("Петров Иван Сергеевич", "Иван"),
        ("Иван Сергеевич Петров", "Иван"),
        ("Dr. Siti Nurhaliza", "Siti"),
        ("Encik Ahmad", "Ahmad"),
        ("Mr. Tan Wei Ming", "Tan"),
        ("Tan Sri Ahmad bin Ali", "Ahmad"),
        ("Datuk Dr. Lim", "Lim"),
        ("Tan Wei Ming", "Tan"),
        ("Mohd Faizal", "Mohd Faizal"),
        ("Abdul Rahman bin Hassan", "Abdul Rahman"),
        ("S. Muthu", "Muthu"),
        ("K.R. Nair", "Nair"),
        ("Puan", "Puan"),
        ("陈伟明", "陈伟明"),
        ("陈 伟明", "陈 伟明"),
        ("김 철수", "김 철수"),
        ("முருகன் ராஜா", "முருகன்"),
        ("محمد علي", "محمد"),
        ("Ana,", "Ana"),
        ("Smith, John", "John"),
        ("Smith, Mr. John", "John"),
        ("TAN, WEI MING", "Wei Ming"),
        ("Mr. John Smith Jr.", "John"),
        ("Mrs Siti", "Siti"),
        ("Ali (HR)", "Ali"),
        ("Ali❤️", "Ali"),
        ("عبد الرحمن بن علي", "عبد الرحمن"),
        ("أبو بكر الصديق", "أبو بكر"),
        ("نور الدين محمود", "نور الدين"),
        ("عبدالله حسن", "عبدالله"),
        ("Abu Bakar bin Osman", "Abu Bakar"),
        ("Herr Müller", "Müller"),
        ("M", "M"),
    ],
)
def test_first(raw, first):
    name = called(raw)
    assert name is not None
    assert name.first == first


@pytest.mark.parametrize(
    "written",
    [
        "null", "NULL", "None", "N/A", "n/a", "NA", "NA NA", "NaN", "undefined", "Unknown",
        "UNKNOWN", "No Name", "no-name", "Customer", "Customer 12", "Test", "Test1", "test test",
        "whatsapp user", "-", ".", "xxx", "TBC", "#N/A", "#REF!", "#ERROR!", "[object Object]",
        "{{first_name}}", "*|FNAME|*", "%name%", "${name}", "<<name>>", "[Name]", "{name}", "@name",
        "null null", "(unknown)", "<no name>", "Tiada Nama", "pelanggan", "Sin nombre", "Sans nom",
        "Unbekannt", "Sconosciuto", "Nieznany", "Bilinmiyor", "Неизвестно", "غير معروف", "未知", "不明",
        "없음", "ไม่ระบุ", "Không có", "Walk-in Customer", "Your Name", "FIRST NAME", "~null",
        "Unknown (HR)", "anonymous", "Mr.", "Dr", "DUPLICATE", "do not use", "wrong number",
    ],
)  # fmt: skip
def test_what_programs_write_for_no_name(written):
    assert called(written) is None


@pytest.mark.parametrize("codec", ["cp1252", "cp1251", "cp1250", "mac_roman", "cp437", "cp850"])
@pytest.mark.parametrize(
    "name", ["José Núñez", "Łukasz Żółć", "Ирина Ёлкина", "王小明", "محمد علي", "Nguyễn Văn Đức"]
)
def test_a_name_that_was_read_in_a_wrong_encoding_and_saved(name, codec):
    def misread(text):
        return "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in text.encode())

    assert mended(misread(name)) == name
    assert mended(name) == name
    assert mended("JosÃƒÂ© NÃƒÂºÃƒÂ±ez") == "José Núñez"


def test_the_quick_way_is_the_same_as_the_slow_one():
    # A non-breaking space keeps a name from the quick way and is then an ordinary one.
    for raw in (
        "Ana Lim",
        "Ahmad bin Ali",
        "Puan Siti",
        "Abdul Rahman",
        "Nur Aisyah binti Abdullah",
        "Encik",
    ):
        assert called(raw) == called(raw + "\u00a0")


def test_never_more_than_sixty_characters_and_no_cluster_split():
    name = called("Ana " * 100)
    assert name is not None
    assert len(name.full) <= LIMIT
    assert not name.full.endswith(" ")
    family = "👨‍👩‍👧‍👦"
    name = called("A" + family * 20)
    assert name is not None
    assert name.full == "A" + family * 8
    assert called("e" + "\u0301" * 100) is None


@pytest.mark.parametrize(
    "piece", ["@", "(", "1-", "1 ", "A.", "A ", "'", "+", "١", "Dr ", "a@b ", "\u0301", "W", "1-----"]
)
def test_time_is_linear(piece):
    assert_linear(lambda count: (called(piece * count), called("x" + piece * count + "x")), 1_000)
