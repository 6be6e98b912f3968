"""Titles that grant an exception: what they name beside is not what they ask."""

import pytest

from gateway.imports.errors import FileError
from tests.unit.gateway.imports.test_kinds_of_lists import said

# Yes, no and nothing.
AGREEING = """
I agree to receive calls/WhatsApp even if registered for DND;Yes;No
Consent to be contacted despite Do Not Call listing;Yes;No
OK to message even though unsubscribed from e-mail?;Yes;No
Even if I am on the DNC register, I agree to be contacted;Yes;No
May we contact you regardless of your DND registration?;Yes;No
I consent to SMS irrespective of my NCPR/DND preference;Y;N
Consent to calls notwithstanding registration on the Do-Not-Call list;Yes;No
Consent overrides DND;Yes;No
I agree to receive WhatsApp until I unsubscribe;Yes;No
Allow contact (even if unsubscribed);Yes;No
Setuju menerima WhatsApp walaupun berdaftar DNC;Ya;Tidak
Bersedia dihubungi meskipun sudah berhenti langganan email;ya;tidak
Einwilligung Kontakt trotz Werbesperre;Ja;Nein
J'accepte d'être contacté même si je suis inscrit sur Bloctel;Oui;Non
Accord pour WhatsApp malgré désinscription e-mail;oui;non
Acepto recibir WhatsApp aunque esté en la lista Robinson;Sí;No
Aceito receber mensagens mesmo que esteja na lista Não Perturbe;Sim;Não
Acconsento a essere contattato anche se iscritto al Registro delle Opposizioni;Sì;No
Akkoord met WhatsApp ondanks inschrijving Bel-me-niet;Ja;Nee
Zgadzam się na kontakt mimo sprzeciwu na liście Robinsona;Tak;Nie
Согласен на звонки, даже если отказался от рассылки;Да;Нет
Engelli listede olsam bile aranmayı kabul ediyorum;Evet;Hayır
DND में पंजीकृत होने पर भी मैं कॉल के लिए सहमत हूँ;हाँ;नहीं
即使登记了拒收名单也同意接收消息;是;否
配信停止中でも連絡を希望する;はい;いいえ
수신거부 등록되어 있더라도 연락에 동의;예;아니요
ยินยอมให้ติดต่อแม้ว่าจะลงทะเบียน DND;ใช่;ไม่
Đồng ý nhận tin mặc dù đã từ chối quảng cáo;Có;Không
Godkänner kontakt även om NIX-spärrad;Ja;Nej
أوافق على التواصل حتى لو كنت محظور;نعم;لا
מאשר קבלת הודעות גם אם חסום;כן;לא
I don't mind receiving messages;Yes;No
Keine Einwände gegen WhatsApp-Nachrichten;Ja;Nein
Tidak keberatan menerima WhatsApp;Ya;Tidak
Nie mam nic przeciwko wiadomościom;Tak;Nie
Nessuna obiezione a ricevere messaggi;Sì;No
Never unsubscribed and happy to be contacted;Yes;No
""".strip().splitlines()
REFUSING = """
Do not contact me even if I registered;Yes;No
No WhatsApp unless urgent;Yes;No
Do not call, even though customer consented before;Yes;No
Opted out of marketing despite being subscribed before;Yes;No
Ich möchte keine Nachrichten, auch wenn ich zugestimmt habe;Ja;Nein
Tidak mahu dihubungi walaupun pernah setuju;Ya;Tidak
Einwände gegen Werbung;Ja;Nein
Keberatan menerima WhatsApp;Ya;Tidak
""".strip().splitlines()
DOUBTFUL = """
Override DND
Ignore do-not-call flag?
Contacted despite not having agreed
Contacted even though unsubscribed
Contact allowed except by WhatsApp
DND customers who still agree to be contacted
I agree to receive texts (reply STOP to opt out)
I agree to get offers by WhatsApp and know that I may opt out any time
I want messages. I can unsubscribe at any time
""".strip().splitlines()


@pytest.mark.parametrize("case", AGREEING)
def test_a_no_to_an_agreement_with_an_exception_is_a_no(case: str) -> None:
    title, *cells = case.split(";")
    assert said(title, *cells, "") == "+-."


@pytest.mark.parametrize("case", REFUSING)
def test_a_refusal_with_an_exception_is_one(case: str) -> None:
    title, *cells = case.split(";")
    assert said(title, *cells, "") == "x.."


@pytest.mark.parametrize("title", DOUBTFUL)
def test_a_title_that_agrees_and_refuses_is_asked_about(title: str) -> None:
    with pytest.raises(FileError, match="seems to say"):
        said(title, "Yes", "No", "")
