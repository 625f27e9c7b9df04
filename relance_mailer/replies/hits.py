"""The lexicons' words found in a body, less those that are denied, wished for or merely supposed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relance_mailer.replies.lexicon_en import ENGLISH
from relance_mailer.replies.lexicon_fr import FRENCH
from relance_mailer.replies.model import Intent

if TYPE_CHECKING:
    from relance_mailer.replies.clauses import Body, Sentence
    from relance_mailer.replies.lexicon import Rule


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule's words in a body.

    Attributes:
        start: offset in the author's text; `end` of the character after the last.
        sentence: index in the body.
        supposed: they stand in the condition of a sentence ("dès que l'avoir est reçu").
    """

    intent: Intent
    weight: float
    start: int
    end: int
    sentence: int
    reason: str = ""
    supposed: bool = False


_CLAUSE_END = re.compile(
    r"[,;:()]|\s(?:mais|et|car|donc|or|but|and|because|so|however|as|since|puisque|tandis que|alors que|while|whereas|cependant|toutefois)\s"
)
_DENIAL = re.compile(
    r"\b(?:pas|jamais|aucune?|rien|nullement|ni|non|aucunement)\b|\bsans\b|\b(?:ne|n')\s?\S+(?: \S+)? plus\b"
    r"|\b(?:not|never|no|nor|neither|nothing|without|cannot|none)\b|n't\b|\bne (?:peut|peuvent|pourra|pourront|saurait)\b|\b(?:yet|remains?|still) to be\b|\bunable to\b|\bfail(?:ed|s)? to\b"
)
_AFTER_DENIAL = re.compile(r"\s?(?:\S+\s)?(?:pas|rien|jamais|plus|aucune?|nullement)\b|\s?not\b")
_NEGATIVE_VERB = re.compile(r"\b(?:ne|n')|\bnot?\b|n't\b")
_SUPPOSED = re.compile(
    r"\b(?:des (?:que|reception|lors que|la reception)|une fois|aussitot|lorsque|quand|si|s'il|sous reserve|a condition|apres (?:reception|verification|validation|avoir)"
    r"|a reception|tant que|avant (?:de|que|d'avoir)|sans quoi|en cas d[eu']|sinon|a moins que|as soon as|once|when|if|unless|until|provided|subject to|upon|after"
    r"|before|whether|in case|(?:nous|je) verifi\w+ (?:si|que)|verifier (?:si|que)|voir si|m'assurer que|check (?:if|whether|that)|see (?:if|whether))\b"
)
_SETTLED_ELSE = re.compile(
    r"\b(?:probleme|litige|question|differend|desaccord|anomalie|incident|point|reclamation|dispute|issue|problem|query|complaint|matter)s?\b"
)
_NEXT_RUN = re.compile(r"\b(?:prochaine?s?|proposition|campagne|planning|next|upcoming|payment run)\b")
_WISHED = re.compile(
    r"\b(?:risqu\w+|menac\w+|eviter|avoid|sinon|otherwise|risk\w*|could (?:end|lead)|facing|bord d)\b|\b(?:client|customer|fournisseur|supplier)s?\b(?! (?:number|ref|no))"
)


def _clause(sentence: Sentence, start: int, end: int) -> tuple[int, int]:
    """The clause around a span of the sentence's text."""
    first = 0
    for cut in _CLAUSE_END.finditer(sentence.text, 0, start):
        first = cut.end()
    after = _CLAUSE_END.search(sentence.text, end)
    return first, after.start() if after else len(sentence.text)


def _denied(sentence: Sentence, start: int, end: int, first: int) -> bool:
    text = sentence.text
    if _DENIAL.search(text[first:end]):
        return True
    after = _AFTER_DENIAL.match(text, end)
    return bool(after and _NEGATIVE_VERB.search(text[max(first, start - 8) : end]))


def _excused(rule: Rule, sentence: Sentence, start: int, end: int, first: int) -> bool:
    """True where the words stand, but do not say what the rule takes them to say."""
    clause = sentence.text[first:end]
    if not rule.denies and _denied(sentence, start, end, first):
        return True
    if rule.intent is Intent.ALREADY_PAID and rule.weight < 0.9 and _NEXT_RUN.search(clause):
        return True
    if rule.intent in {Intent.ALREADY_PAID, Intent.PROMISE_TO_PAY}:
        return _SETTLED_ELSE.search(clause) is not None
    return False


def _hit(rule: Rule, sentence: Sentence, index: int, match: re.Match[str]) -> Hit | None:
    start, end = match.span()
    first, _ = _clause(sentence, start, end)
    if _excused(rule, sentence, start, end, first):
        return None
    supposed = _SUPPOSED.search(sentence.text, first, end) is not None
    if supposed and rule.intent in {Intent.ALREADY_PAID, Intent.ACKNOWLEDGEMENT}:
        return None
    weight = rule.weight
    if rule.intent is Intent.INSOLVENCY and _WISHED.search(sentence.text):
        weight = 0.55
    at = sentence.start
    return Hit(rule.intent, weight, at + start, at + end, index, rule.reason, supposed)


def _with(rules: tuple[Rule, ...], body: Body) -> list[Hit]:
    return [
        hit
        for index, sentence in enumerate(body.sentences)
        for rule in rules
        for match in rule.pattern.finditer(sentence.text)
        if (hit := _hit(rule, sentence, index, match)) is not None
    ]


_BY_LANGUAGE = {"fr": FRENCH, "en": ENGLISH}
_ALL = FRENCH + ENGLISH
_ALWAYS = {
    language: tuple(
        rule
        for other, rules in _BY_LANGUAGE.items()
        if other != language
        for rule in rules
        if rule.intent is Intent.INSOLVENCY
    )
    for language in _BY_LANGUAGE
}


def find_hits(body: Body) -> tuple[Hit, ...]:
    """Return what the body's words say, in order; in both languages where its own is not known or says nothing."""
    rules = _BY_LANGUAGE.get(body.language)
    hits = _with(rules + _ALWAYS[body.language], body) if rules else []
    return tuple(sorted(hits or _with(_ALL, body), key=lambda hit: hit.start))
