"""The words that formatting is judged by: providers of private mail, roles, and what people type to try something."""

# A choice of the largest providers of private mailboxes, by country.
FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com outlook.com outlook.de outlook.fr outlook.es hotmail.com hotmail.co.uk hotmail.de
    hotmail.fr hotmail.it hotmail.es live.com live.co.uk live.de live.fr live.nl msn.com passport.com yahoo.com
    yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.ca yahoo.com.br yahoo.co.in yahoo.co.jp yahoo.com.mx ymail.com
    rocketmail.com aol.com aol.de icloud.com me.com mac.com gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de
    freenet.de arcor.de posteo.de mailbox.org orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr libero.it
    virgilio.it tiscali.it alice.it tin.it btinternet.com ntlworld.com sky.com talktalk.net virginmedia.com
    bluewin.ch hispeed.ch telenet.be skynet.be ziggo.nl kpnmail.nl hetnet.nl xs4all.nl planet.nl home.nl
    comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net juno.com
    shaw.ca rogers.com sympatico.ca telus.net bigpond.com optusnet.com.au xtra.co.nz uol.com.br bol.com.br terra.com.br
    mail.ru yandex.ru yandex.com rambler.ru bk.ru list.ru inbox.ru ukr.net wp.pl o2.pl onet.pl interia.pl seznam.cz
    centrum.cz abv.bg qq.com 163.com 126.com sina.com naver.com hanmail.net daum.net rediffmail.com
    proton.me protonmail.com pm.me tutanota.com tuta.io fastmail.com hushmail.com zoho.com mail.com email.com hey.com
    duck.com mailinator.com yopmail.com guerrillamail.com
    """.split()  # noqa: SIM905 - a list of quoted names would be read by nobody
)
ROLES = frozenset(
    """
    abuse accounting accounts admin administrator anfrage anmeldung benelux billing booking bookings buchhaltung
    bureau careers comercial compras contabilidad contact contacto contactus contato customercare customerservice
    datenschutz desk direction einkauf empfang enquiries enquiry events export facturacion faktura feedback finance
    general hallo hello help helpdesk hola hostmaster hr info informacion information invoice invoices it jobs kontakt
    kundenservice legal mail mailbox marketing media no-reply noreply office order orders personal post
    postmaster press presse privacy procurement purchasing rechnung reception recepcion recruiting redaktion
    registration reservations rh sales security secretariat sekretariat service services shop soporte support tech
    team vendas ventas verkauf vertrieb verwaltung webmaster welcome
    """.split()  # noqa: SIM905 - a list of quoted names would be read by nobody
)
# Found anywhere in a name.
TEST_WORD = r"(^|[\s_-])(test|testing|testuser|asdf[a-z]*|qwert[a-z]*|dummy|deleteme)\d*($|[\s_-])"
# The whole name of a person: a surname like Tester or Sample alone with another first name is none.
TEST_PERSON = r"^((test|tester|demo|sample|example|user|contact|x{2,}|\d+)[\s_-]*)+$"
TEST_ADDRESS = r"^(test|testing|tester|testuser|asdf|qwerty|dummy)\d*([+._-][^@]*)?@|@(example|test)\.(com|org|net)$"
TEST_COMPANY = (
    r"^(test|testing|asdf[a-z]*|qwert[a-z]*|dummy|demo)([\s_-]*(company|account|firm|inc|gmbh|ltd|corp|\d+))*\.?$"
)
TEST_DOMAIN = r"^(example|test)\.(com|org|net)$"
