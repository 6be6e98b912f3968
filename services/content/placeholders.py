"""What programs and people write where they know no name: to be called so is worse than not to be named."""

import re


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(each.split()) for each in text.split("|"))


_PLACEHOLDERS = _phrases("""
    null|none|nil|undefined|unknown|unnamed|no name|noname|no-name|nan|n/a|n.a|n.a.|not available
    |not applicable
    |not provided|not set|not given|not known|no data|empty|blank|missing|default|tbc|tba|tbd
    |to be confirmed
    |anonymous|anon|private|hidden|deleted|deleted user|deleted account|xxx|xx|x x x|xxxx|zzz|asdf
    |qwerty|abc|aaa|foo
    |test|tests|testing|tester|test user|test name|test lead|test customer|test contact|test test
    |dummy|sample|demo|example
    |customer|customers|client|user|guest|contact|member|subscriber|visitor|buyer|recipient
    |patient|person|somebody
    |duplicate|duplicated|delete|to delete|remove|removed|do not use|old number|wrong number|spam
    |mr|mr.|mrs|mrs.|ms|ms.|dr|dr.
    |new customer|new user|new lead|new contact|valued customer|dear customer|customer name|cash customer
    |walk in|walk-in|walk in customer|walk-in customer|sir/madam|sir / madam|sir or madam|admin
    |administrator|owner
    |whatsapp|whatsapp user|whatsapp contact|whatsapp customer|wa user|facebook user|instagram user
    |telegram user
    |name|full name|first name|last name|your name|firstname|lastname|fname|lname|first_name
    |last_name|full_name
    |first|last|firstname lastname|first last|first name last name|john doe|jane doe|true|false
    |error|object object

    |tiada|tiada nama|tidak ada|tidak ada nama|tanpa nama|tidak diketahui|pelanggan|ujian|nama
    |kosong|uji coba
    |walang pangalan|hindi alam|wala
    |sin nombre|desconocido|desconocida|cliente|prueba|ninguno|ninguna|usuario|anónimo|sin datos
    |no disponible|no tiene
    |sem nome|desconhecido|desconhecida|teste|nenhum|usuário|anônimo|não informado|nao informado
    |não consta
    |sans nom|inconnu|inconnue|aucun|essai|anonyme|utilisateur|non renseigné|non renseigne
    |non communiqué|sans
    |unbekannt|kein name|ohne namen|ohne name|kunde|kundin|keine angabe|k.a.|k. a.|anonym|benutzer
    |nicht angegeben|leer
    |sconosciuto|sconosciuta|senza nome|utente|prova|nessuno|anonimo|non disponibile
    |onbekend|klant|geen naam|geen|naamloos|gebruiker|anoniem|niet bekend
    |okänd|kund|inget namn|ukendt|ukjent|intet navn|uten navn|tuntematon|asiakas|ei nimeä|óþekkt
    |nieznany|nieznana|nieznane|brak|klient|brak nazwy|brak danych|brak imienia|anonimowy
    |neznámý|neznámá|zákazník|bez jména|bez mena|ismeretlen|ügyfél|névtelen|necunoscut|fără nume
    |nepoznato|kupac
    |nežinomas|klientas|nezināms|klients|tundmatu
    |bilinmiyor|bilinmeyen|müşteri|isimsiz|adsız|yok|belirtilmemiş|kullanıcı|deneme|naməlum
    |неизвестно|неизвестный|неизвестная|без имени|клиент|нет|нет имени|тест|тестовый|пользователь
    |аноним|покупатель
    |нет данных|не указано|не указан|невідомо|невідомий|без імені|клієнт|немає|неизвестен|непознат|няма
    |άγνωστο|άγνωστος|πελάτης|χωρίς όνομα|κανένα|לא ידוע|לקוח|ללא שם|אין|בדיקה
    |غير معروف|مجهول|بدون اسم|بلا اسم|عميل|زبون|لا يوجد|اختبار|غير محدد|مستخدم|نامشخص|بدون نام
    |مشتری|نامعلوم
    |अज्ञात|ग्राहक|कोई नाम नहीं|टेस्ट|অজানা|গ্রাহক|தெரியாது|வாடிக்கையாளர்|பெயர் இல்லை
    |ไม่ระบุ|ไม่มีชื่อ|ลูกค้า|ทดสอบ|ไม่ทราบ|ไม่มี|ไม่ทราบชื่อ
    |không có|không tên|không rõ|khách hàng|khách|không có tên|chưa có
    |hajulikani|hapana|mteja|bila jina
    |未知|无|無|匿名|客户|客戶|顾客|顧客|用户|用戶|未命名|无名|無名|无名氏|測試|测试|未填|未填写|暂无|未提供|不详|新客户
    |不明|なし|名無し|テスト|お客様|未設定|未入力|없음
    |고객|고객님|무명|이름없음|이름 없음|테스트|알수없음|알 수 없음|미상|익명
""")
# A name as well, unless it is written as programs write it.
_ONLY_AS = frozenset({"na", "NA", "Na Na", "nan", "NaN", "NAN"})
_ALSO_NAMES = frozenset({"nan", "na"})
_EDGES = " \t.,;:!?-–—_<>()[]{}*'\"“”‘’`~#/\\|=+"
# Of mail programs, and what a formula or a program leaves: `{{first_name}}`, `*|FNAME|*`, `#REF!`.
_MARKED = re.compile(r"[\[{<%$*#|@&]")
_ENDED = re.compile(r"[\]}>%*#|!&?]$")
_NUMBERED = re.compile(r"[\s#_.-]{0,3}[0-9]{1,9}$")
# `$` is also before a last line break.
_NUMBER_ENDS = frozenset("0123456789\n")
_LONGEST = 60


def is_placeholder(text: str) -> bool:
    """Whether a name stands for no name at all; linear in the text."""
    text = text.strip()
    if len(text) > _LONGEST:
        return False
    if text.startswith("#") or (_MARKED.match(text) and _ENDED.search(text)):
        return True
    if text in _ONLY_AS:
        return True
    bare = text.strip(_EDGES)
    if not bare or _is_known(bare):
        return True
    # `Customer 12`, `Test1`, and `NA NA` of two columns.
    if bare[-1] in _NUMBER_ENDS and _is_known(_NUMBERED.sub("", bare)):
        return True
    words = bare.split()
    return len(words) > 1 and all(_is_known(word.strip(_EDGES)) or word in _ONLY_AS for word in words)


def _is_known(text: str) -> bool:
    folded = " ".join(text.casefold().split())
    return folded in _PLACEHOLDERS and (folded not in _ALSO_NAMES or text in _ONLY_AS)
