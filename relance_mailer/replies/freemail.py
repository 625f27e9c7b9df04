"""Domains of mail providers: whoever writes from there shares its domain with everybody."""

from __future__ import annotations

_NAMES = """
    gmail.com googlemail.com outlook.com outlook.fr outlook.be outlook.de outlook.es outlook.it hotmail.com hotmail.fr hotmail.be
    hotmail.de hotmail.es hotmail.it hotmail.co.uk live.com live.fr live.be live.nl live.co.uk msn.com
    yahoo.com yahoo.fr yahoo.de yahoo.es yahoo.it yahoo.co.uk ymail.com rocketmail.com aol.com aol.fr
    icloud.com me.com mac.com proton.me protonmail.com protonmail.ch pm.me tutanota.com tuta.io tuta.com
    orange.fr wanadoo.fr free.fr aliceadsl.fr sfr.fr neuf.fr cegetel.net club-internet.fr numericable.fr noos.fr bbox.fr
    laposte.net voila.fr gmx.fr gmx.com gmx.de gmx.net gmx.at gmx.ch mail.com caramail.fr netcourrier.com mailo.com mailo.fr
    web.de t-online.de freenet.de arcor.de posteo.de mailbox.org 1und1.de online.de
    libero.it virgilio.it tiscali.it alice.it tin.it inwind.it pec.it
    telefonica.net terra.es ya.com skynet.be telenet.be proximus.be scarlet.be voo.be
    ziggo.nl kpnmail.nl planet.nl hetnet.nl home.nl xs4all.nl chello.nl
    bluewin.ch sunrise.ch hispeed.ch sapo.pt iol.pt clix.pt wp.pl o2.pl onet.pl interia.pl op.pl seznam.cz centrum.cz
    btinternet.com btopenworld.com sky.com virginmedia.com talktalk.net ntlworld.com eircom.net
    comcast.net verizon.net att.net sbcglobal.net mail.ru yandex.ru yandex.com zoho.com fastmail.com fastmail.fm hey.com
"""
FREEMAIL = frozenset(_NAMES.split())


def is_freemail(domain: str) -> bool:
    """Tell whether a domain is a provider's, and so nobody's own."""
    return domain.lower().rstrip(".") in FREEMAIL
