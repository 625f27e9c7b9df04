"""Signs beside the intent: a changed bank account, a threat, anger, counsel writing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stdnum import iban

if TYPE_CHECKING:
    from relance_mailer.replies.model import CreditorFacts

_BANK = r"(?:ribs?|ibans?|comptes? (?:bancaires?)?|coordonnees (?:bancaires|de paiement)|domiciliations?|banques?|bank(?:ing)? (?:account )?details|(?:bank )?accounts?|account (?:number|details)|sort code|payment details|remittance details|bank)"
_NOT_BANK = r"(?! ?(?:client|fournisseur|manager|rendu|team|department|executive|representative|de resultat|director))"
_NEW = r"(?:nouveaux?|nouvel|nouvelles?|autre|new|updated|revised|different|changed|amended|modifiee?s?|mis a jour)"
_BANK_CHANGE = re.compile(
    rf"\b{_NEW} (?:\S+ ){{0,2}}{_BANK}\b{_NOT_BANK}"
    rf"|\b(?:chang(?:e[rz]?|ement|ee?s|ed|es|ing)|modif(?:ie|ication|iees?|ier)|mise a jour|update|updated)\b(?: \S+){{0,4}} (?:de |of |d'|your |votre |vos )?{_BANK}\b{_NOT_BANK}"
    rf"|\b{_BANK}\b(?: \S+){{0,3}} (?:(?:a|ont|avait|avaient|has|have|had) (?:\S+ )?)?(?:change|changed|modifie)e?s?\b"
    r"|\b(?:rib|iban|bank details|compte|account)\b[^.!?\n]{0,30}\b(?:que vous (?:nous|m')[' ]?(?:avez|venez)|you (?:e-?mailed|sent|gave|provided)(?: \S+)? (?:us|me)?)",
)
_UNCHANGED = re.compile(
    r"(?:n'a pas|n'ont pas|n'avez pas|has not|have not|hasn't|haven't|not) (?:bien )?(?:change|modifie|changed)"
)
_IBAN = re.compile(r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,4})?\b", re.ASCII)

_THREAT = re.compile(
    r"\b(?:saisi(?:r|rons|rai)|port(?:er|erons|erai) plainte|deposer plainte|poursui(?:vre|vrons|tes)|dgccrf|assigner|assignerons|en justice|voie judiciaire"
    r"|(?:aller|irons|irai) (?:devant|au|voir ailleurs)|tribunal|tribunaux|reseaux sociaux|avis (?:negatif|google)|la presse|huissier"
    r"|chang\w+ de (?:fournisseur|prestataire)|autre (?:fournisseur|prestataire)|(?:cess|arret)\w+ (?:toute |notre |de )(?:collaboration|relation|travailler)"
    r"|mettre fin a (?:notre|la|nos)|(?:transmett\w+|confi\w+|remis|entre les mains)[^.!?\n]{0,40}avocat|(?:notre|nos|mon) avocats? (?:prend\w*|vous|est|sera|va|se))"
    r"|\b(?:legal action|take (?:this |it )?(?:you )?to court|see you in court|sue (?:you|for)|su(?:e|ing) you|trading standards|ombudsman|go(?:ing)? to the press|social media|bad review|negative review"
    r"|(?:instruct|involv|hand|pass|refer|contact|hear from|speak to|consult)\w*[^.!?\n]{0,30}(?:solicitors?|lawyers?|attorneys?|legal team)|take our business elsewhere|(?:change|find|switch|another|new) suppliers?|stop (?:working|trading|doing business) with)\b"
)
_NO_THREAT = re.compile(
    r"(?:tribunal|jugement|juge)[^.!?\n]{0,60}(?:ouvert|prononce|redressement|liquidation|place)|(?:redressement|liquidation|jugement)[^.!?\n]{0,80}tribunal"
)
_ANGRY = re.compile(
    r"\b(?:inadmissibles?|inacceptables?|scandal\w+|honteu\w+|ras[- ]le[- ]bol|ras le bol|marre|vous (?:vous )?moqu\w+|se moque\w*|harcel\w+|incompeten\w+|furieu\w+"
    r"|lamentables?|exced\w{1,3}|ridicules?|foutage|scandale|assez de vos|exasper\w+|intolerable|pas normal du tout|n'importe quoi|arretez de nous|culot|menteur\w*|voleur\w*|escro\w+"
    r"|unacceptable|outrag\w+|ridiculous|harass\w+|disgrac\w+|fed up|sick (?:and tired )?of|appalling|disgust\w+|a joke|furious|incompeten\w+|shocking|nonsense|pathetic|how dare|shame on)\b|!{2,}"
)
_LAWYER = re.compile(
    r"\b(?:avocate?s? (?:a la cour|au barreau|associee?s?)|avocats? a \w+|cabinet d'avocats|(?:suis|sommes|est) (?:le |les )?(?:conseils?|avocate?s?) (?:de|du|d')|(?:ma|notre|mon) cliente?,? (?:la societe|la sarl|la sas|m'|nous|la)"
    r"|en (?:ma|notre|sa) qualite (?:de conseil|d'avocat)|agissant (?:en qualite|pour le compte|au nom)|toque [a-z]? ?\d+|maitre \w+,? (?:conseil|avocat)|interets de (?:la societe|ma cliente|mon client))"
    r"|\b(?:our|my) client,? (?:disputes?|denies|instruct\w*|maintains|rejects|does not (?:owe|accept)|has asked us)|\bwe (?:act|are instructed|represent)\b|\b(?:solicitors? for|attorneys?[- ]at[- ]law|counsel (?:for|to)|barrister|on behalf of our client|legal counsel\b|\w+ (?:solicitors|llp)\b)"
)


def _foreign_iban(folded: str, creditor: CreditorFacts) -> bool:
    known = {iban.compact(number).upper() for number in creditor.ibans}
    found = (iban.compact(match.group()).upper() for match in _IBAN.finditer(folded))
    return any(number not in known and _starts_valid(number) for number in found)


def _starts_valid(number: str) -> bool:
    """True if `number`, or its beginning where words run on behind it, is an IBAN."""
    return any(iban.is_valid(number[:length]) for length in range(15, len(number) + 1))


def flags_of(folded: str, body: str, creditor: CreditorFacts | None) -> tuple[str, ...]:
    """Return the flags of a text.

    Args:
        folded: the author's whole text folded, signature included (counsel signs).
        body: its folded sentences alone.
        creditor: None where nothing is known of it: a changed account then goes by words alone.
    """
    changed = any(
        not _UNCHANGED.search(body, max(0, match.start() - 20), match.end() + 30)
        for match in _BANK_CHANGE.finditer(body)
    )
    told = {
        "bank_change": changed
        or (creditor is not None and bool(creditor.ibans) and _foreign_iban(folded, creditor)),
        "threat": _THREAT.search(body) is not None and _NO_THREAT.search(body) is None,
        "angry": _ANGRY.search(body) is not None,
        "lawyer": _LAWYER.search(folded) is not None,
    }
    return tuple(flag for flag, is_so in told.items() if is_so)
