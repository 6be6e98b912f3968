"""The stop words and the opt-out words that no variation touches are two lists; this compares them.

The second list is shorter: an account names a stop word at the end of its text ("reply STOP"), and the
variation of an older message must stay as it was drawn. A word in one list alone stands here.
"""

import re

from services.consent.meaning import meaning
from services.consent.words import Meaning
from services.content.variation import _OPT_OUT, _OPT_OUT_LAST

PROTECTED_ALONE: set[str] = set()
# The words that earlier versions heard, and that variation knew.
_STOP = (
    # English, with the words that carriers reserve
    "stop", "stop all", "stopall", "stop it", "stop messages", "unsubscribe", "unsub", "cancel", "end",
    "quit", "opt out", "opt-out", "optout", "remove me", "stop promotions",
    # Malay and Indonesian
    "berhenti", "henti", "hentikan", "batal", "batalkan", "stop promosi", "keluar", "nyahlanggan",
    "berhenti langganan", "jangan hubungi saya", "jangan hubungi saya lagi", "jangan mesej saya",
    # Chinese; TD is what senders in China tell people to reply
    "停", "停止", "退订", "退訂", "取消", "取消订阅", "取消訂閱", "拒收", "不要再发", "不要再發", "别再发了",
    "別再發了", "td",
    # Tamil
    "நிறுத்து", "நிறுத்தவும்", "நிறுத்துங்கள்", "வேண்டாம்", "ரத்து", "ரத்து செய்",
    # Arabic
    "توقف", "قف", "إيقاف", "ايقاف", "أوقف", "اوقف", "إلغاء", "الغاء", "إلغاء الاشتراك", "الغاء الاشتراك",
)  # fmt: skip

STOP_ALONE = {
    "opt out", "remove me", "stop all", "stop it", "stop messages", "stop promotions",
    "hentikan", "batalkan", "stop promosi", "nyahlanggan", "berhenti langganan",
    "jangan hubungi saya", "jangan hubungi saya lagi", "jangan mesej saya",
    "停", "取消订阅", "取消訂閱", "拒收", "不要再发", "不要再發", "别再发了", "別再發了", "td",
    "நிறுத்துங்கள்", "வேண்டாம்", "ரத்து", "ரத்து செய்",
    "قف", "أوقف", "اوقف", "إلغاء الاشتراك", "الغاء الاشتراك",
}  # fmt: skip


def test_each_word_that_no_variation_touches_is_a_stop_word():
    words = [*_OPT_OUT.split("|"), *re.findall(r"[^\x00-\x7f]+", _OPT_OUT_LAST.pattern)]
    assert {word for word in words if meaning(word) is not Meaning.STOP} == PROTECTED_ALONE


def test_no_variation_touches_a_stop_word():
    assert {word for word in _STOP if _OPT_OUT_LAST.search(word) is None} == STOP_ALONE


def test_each_word_of_earlier_versions_stops_still():
    assert {word for word in _STOP if meaning(word) is not Meaning.STOP} == set()
