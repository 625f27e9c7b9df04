"""Numbers written as words, in seven languages: "mille deux cents", "twelve hundred", "tausendzweihundert"."""

from __future__ import annotations

import re
from types import MappingProxyType

from relance_mailer.replies.words import either

_LINES = """
1 un une one a ein eine uno una een um uma
2 deux two zwei dos due twee dois duas
3 trois three drei tres tre drie
4 quatre four vier cuatro quattro quatro
5 cinq five funf cinco cinque vijf
6 six sechs seis sei zes
7 sept seven sieben siete sette zeven sete
8 huit eight acht ocho otto oito
9 neuf nine neun nueve nove negen
10 dix ten zehn diez dieci tien dez
11 onze eleven elf once undici
12 douze twelve zwolf doce dodici twaalf doze
13 treize thirteen dreizehn trece tredici dertien treze
14 quatorze fourteen vierzehn catorce quattordici veertien catorze
15 quinze fifteen funfzehn quince quindici vijftien
16 seize sixteen sechzehn dieciseis sedici zestien dezasseis dezesseis
17 seventeen siebzehn diecisiete diciassette zeventien dezassete dezessete
18 eighteen achtzehn dieciocho diciotto achttien dezoito
19 nineteen neunzehn diecinueve diciannove negentien dezanove dezenove
20 vingt vingts twenty zwanzig veinte venti twintig vinte
30 trente thirty dreissig dreißig treinta trenta dertig trinta
40 quarante forty vierzig cuarenta quaranta veertig quarenta
50 cinquante fifty funfzig cincuenta cinquanta vijftig cinquenta
60 soixante sixty sechzig sesenta sessanta zestig sessenta
70 septante seventy siebzig setenta settanta zeventig
80 octante huitante eighty achtzig ochenta ottanta tachtig oitenta
90 nonante ninety neunzig noventa novanta negentig
100 cent cents hundred hunner hundert ciento cien cento honderd cem
200 doscientos duzentos
300 trescientos trezentos
400 cuatrocientos quatrocentos
500 quinientos quinhentos
600 seiscientos seiscentos
700 setecientos setecentos
800 ochocientos oitocentos
900 novecientos novecentos
1000 mille mil thousand tausend mila duizend
"""
VALUES = MappingProxyType(
    {word: int(value) for value, *words in map(str.split, _LINES.strip().splitlines()) for word in words}
)
_LINKS = frozenset({"and", "und", "et", "en", "y", "e"})
_PART = re.compile(either(*VALUES, *_LINKS))
_WHOLE = re.compile(rf"(?:{either(*VALUES, *_LINKS)}){{1,12}}+")
_BEFORE, _LONGEST = 90, 40  #: characters


def run_before(folded: str, end: int) -> int:
    """Return where the run of number words begins that ends at `end`; `end` itself where there is none."""
    start = found = end
    for word in reversed(re.findall(r"[^ -]+[ -]*", folded[max(0, end - _BEFORE) : end])):
        bare = word.rstrip(" -")
        if len(bare) > _LONGEST or not _WHOLE.fullmatch(bare):
            break
        start -= len(word)
        if bare not in _LINKS:
            found = start
    return found


_HUNDRED, _THOUSAND, _FOUR_SCORE = 100, 1000, 76


def number_of(words: str) -> int:
    """Return the value of a run of folded number words."""
    total = current = before = 0
    for part in _PART.findall(words):
        value = VALUES.get(part)
        if value is None:
            continue
        if value == _THOUSAND:
            total, current = total + max(current, 1) * _THOUSAND, 0
        elif value == _HUNDRED:
            current = max(current, 1) * _HUNDRED
        elif value == 20 and before == 4:  # quatre-vingts
            current += _FOUR_SCORE
        else:
            current += value
        before = value
    return total + current
