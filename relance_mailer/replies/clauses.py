"""An author's own text as rules read it: sentences and clauses with their offsets, courtesies set aside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from relance_mailer.replies.words import MAX_TEXT, fold


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the body.

    Attributes:
        start: offset of its first character in the author's text; `end` of the one after its last.
        text: its folded words, offset for offset, idioms that only look like a denial blanked out.
    """

    start: int
    end: int
    text: str

    @property
    def asks(self) -> bool:
        """True if it is a question."""
        return self.text.rstrip().endswith("?")


@dataclass(frozen=True, slots=True)
class Body:
    """What the author says, without signature and disclaimer.

    Attributes:
        folded: the whole text folded, signature included.
        sentences: of the body alone, in order.
        language: "fr", "en", another two-letter code, or "" where nothing tells.
    """

    folded: str
    sentences: tuple[Sentence, ...]
    language: str


_CLOSING = re.compile(
    r"^(?:-- ?$|(?:bien |tres )?(?:cordialement|sinceres? salutations|respectueusement|amicalement|cdlt|cdt|bien a vous)\b.{0,40}$"
    r"|salutations\b.{0,30}$|(?:dans l'attente|en vous (?:remerciant|souhaitant)|je vous prie|nous vous prions|veuillez agreer)"
    r".{0,120}(?:salutations|sentiments|consideration|cordialement|distingue|bonne journee)?.{0,60}$"
    r"|(?:with |kind |best |warm |many |yours |thanks and )?(?:kind(?:est)? |best )?regards\b.{0,30}$"
    r"|(?:best|all the best|many thanks|thanks|cheers|rgds|br),?$|(?:yours )?(?:sincerely|faithfully|truly)\b.{0,20}$"
    r"|(?:sent from my|envoye de(?:puis)? m|get outlook for|telecharger? outlook).{0,60}$)",
    re.MULTILINE,
)
_FORMULA = re.compile(
    r"salutations|sentiments|consideration|cordialement|distingue|regards|sincerely|faithfully|^-- ?$|sent from|envoye de|get outlook|outlook pour|^(?:best|all the best|many thanks|thanks|cheers|rgds|br|cdlt|cdt|bien a vous)\b|amicalement|respectueusement|truly"
)
_DISCLAIMER = re.compile(
    r"^.{0,40}(?:ce (?:message|courriel|mail|e-mail)(?: \w+){0,8} (?:confidentiel|destine|etabli)|avis de confidentialite"
    r"|this (?:e-?mail|message|communication)(?: \w+){0,9} (?:confidential|intended|privileged)|disclaimer\b"
    r"|avant d'imprimer|pensez a l'environnement|consider the environment)",
    re.MULTILINE,
)
_POSTSCRIPT = re.compile(r"^p\.? ?s\.?(?: ?:| )", re.MULTILINE)
_HELLO = r"(?:bonjour|bonsoir|hello|hi|hey|dear|good (?:morning|afternoon|day)|madame|monsieur|mesdames|messieurs|chere?s?|salut)"
#: A greeting and whom it greets; without a comma or a line end only its own words, what follows may be the answer.
_GREETING = re.compile(
    rf"{_HELLO}\b(?:(?: (?!(?:je|j'|nous|on|le|la|les|l'|votre|vos|ce|c'est|we|i|your|the|it|this|please|merci)\b)[\w.'-]+){{0,4}} ?[,!:]"
    rf"(?: ?(?:madame|monsieur|mesdames|messieurs)\b[^,.!?\n]{{0,30}},)?|(?: [\w.'-]+){{0,4}} ?(?=\r?\n)|(?=\s))"
)
_SENTENCE_END = re.compile(
    r"[.!?;]+[)\"']*(?=\s|$)|\n[ \r]*\n|\n(?= *(?:[-*•>]|\d{1,2}[.)])\s)|(?<=[,:])\n(?=\n)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:m|mme|mr|mrs|ms|dr|me|ste|n|no|nr|art|cf|ref|tel|env|av|st|inv|fact|ltd|inc|co|ets|cie|p|"
    r"janv|fev|fevr|avr|juil|sept|oct|nov|dec|jan|feb|apr|aug))\.$"
)
_LINE = re.compile(r"\n")
_LONGEST = 1_000  #: characters of a sentence; nobody who means to be understood writes longer ones
_SHORT_LINE = 55  #: a line broken before this is broken on purpose, not wrapped

_IDIOMS = re.compile(
    r"n'hesitez pas|ne pas hesiter|(?:pas de|sans|aucun) (?:souci|probleme|difficulte|doute)s?\b|sans (?:faute|delai|tarder|plus tarder"
    r"|plus attendre|autre delai)|sauf erreur|non seulement|pas plus tard qu'?e?|ne manquer(?:ai|ons) pas de|n'est-ce pas"
    r"|(?:no|not) later than|no (?:problem|worries|doubt)|not only|without (?:delay|fail|further|any delay)|will not fail to"
    r"|(?:do not|don't) hesitate|(?:dans|sous) les (?:plus brefs|meilleurs) delais|delais? de (?:livraison|traitement|validation|reponse)"
    r"|pas mal"
)

_WORDS = {
    "fr": "le la les nous vous votre vos notre est pas pour avec sur une des du je merci bonjour cette dans mais sera ont avons et "
    "au aux que qui facture factures reglement virement paiement semaine cordialement mois jours bien",
    "en": "the we you your our is not for with on and this will have has are to of it in please thank thanks hello dear invoice "
    "invoices payment paid pay that be by i regards us from was week month hi",
    "de": "der die das wir sie ist nicht und mit fur ihre unser rechnung bitte zahlung werden haben den ein eine am auf sehr geehrte",
    "es": "el los las nosotros usted es no para con su nuestra factura pago gracias por esta una del hemos buenos dias estimado",
    "it": "il gli noi lei non per con sua nostra fattura pagamento grazie questa una della abbiamo buongiorno che sono",
    "nl": "de het wij u uw is niet en met voor onze factuur betaling dank een wordt hebben geachte van wij op",
    "pt": "o os nos voce nao para com sua nossa fatura pagamento obrigado esta uma do da temos bom dia",
}
_COMMON = {language: frozenset(words.split()) for language, words in _WORDS.items()}


_ENOUGH = 2  #: common words that a language other than ours must show: "en" and "de" are in many


def language_of(folded: str) -> str:
    """Guess the language of folded words by the commonest of each; "" where none is met."""
    words = re.findall(r"[a-z]+", folded)
    counts = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    ours, best = max(("fr", "en"), key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[best] >= _ENOUGH and counts[best] > 1.5 * counts[ours]:
        return best
    return ours if counts[ours] else ""


def _closing(folded: str) -> int | None:
    """Where the polite formula that ends a letter begins; what its line says before it still counts."""
    for line in _CLOSING.finditer(folded):
        formula = _FORMULA.search(line.group())
        if formula:
            return line.start() + formula.start()
    return None


def _parts(folded: str) -> list[tuple[int, int]]:
    """Body spans: up to the closing formula or disclaimer, and what a postscript adds after them."""
    disclaimer = _DISCLAIMER.search(folded)
    last = disclaimer.start() if disclaimer else len(folded)
    closing = _closing(folded)
    parts = [(0, last if closing is None else min(closing, last))]
    postscript = _POSTSCRIPT.search(folded, parts[0][1], max(last, parts[0][1]))
    if postscript:
        parts.append((postscript.end(), last))
    return parts


def _breaks(text: str, folded: str, start: int, end: int) -> list[int]:
    """Offsets at which a sentence ends: its mark, a blank line, a line broken on purpose."""
    cuts = {end}
    for match in _SENTENCE_END.finditer(folded, start, end):
        if match.group() != "." or not _ABBREVIATION.search(
            folded, max(start, match.start() - 8), match.end()
        ):
            cuts.add(match.end())
    line = start
    for match in _LINE.finditer(folded, start, end):
        short = match.start() - line < _SHORT_LINE and folded[match.start() - 1] != ","
        if short and text[match.end() : match.end() + 1].isupper():
            cuts.add(match.end())
        line = match.end()
    return _no_longer(start, sorted(cuts))


def _no_longer(start: int, cuts: list[int]) -> list[int]:
    """Cut an endless sentence as well: each of its words is read together with all of its sentence."""
    return [
        at for begin, cut in pairwise([start, *cuts]) for at in (*range(begin + _LONGEST, cut, _LONGEST), cut)
    ]


def _blank(match: re.Match[str]) -> str:
    return "~" * len(match.group())


def _sentences(text: str, folded: str, start: int, end: int) -> list[Sentence]:
    begin = start + len(folded[start:end]) - len(folded[start:end].lstrip())
    greeting = _GREETING.match(folded, begin, end)
    begin = greeting.end() if greeting else begin
    found = []
    for cut in _breaks(text, folded, begin, end):
        words = folded[begin:cut]
        if words.strip():
            first = begin + len(words) - len(words.lstrip())
            line = words.strip().replace("\n", " ").replace("\r", " ")
            found.append(Sentence(first, first + len(line), _IDIOMS.sub(_blank, line)))
        begin = cut
    return found


def read_body(text: str) -> Body:
    """Return the body of an author's own text; what stands after `MAX_TEXT` characters is not read."""
    text = text[:MAX_TEXT]
    folded = fold(text)
    found = [sentence for start, end in _parts(folded) for sentence in _sentences(text, folded, start, end)]
    return Body(folded, tuple(found), language_of(" ".join(sentence.text for sentence in found) or folded))
