"""What French answers to a reminder say, as patterns on folded text (see `lexicon.compiled`)."""

from __future__ import annotations

from relance_mailer.replies.lexicon import rules
from relance_mailer.replies.model import Intent

_MACROS = {
    "payn": r"(?:virements?|reglements?|paiements?|payements?|cheques?|versements?|transferts?|traites?|lcr)",
    "paid": r"(?:regle|paye|vire|acquitte|honore)(?:e|s|es)?",
    "pay": r"(?:regler|payer|virer|solder|acquitter|honorer)",
    "do": r"(?:effectuer|faire|proceder|emettre|lancer|passer|programmer|envoyer|adresser|poster|declencher|ordonner)",
    "did": r"(?:effectue|fait|procede|emis|lance|passe|envoye|execute|ordonne|libere|declenche|realise|poste|parti|expedie)(?:e|s|es)?",
    "have": r"(?:ai|avons|a|ont)",
    "be": r"(?:est|sont|a ete|ont ete|etait|etaient|avait ete|avaient ete)",
    "when": r"(?:fin|debut|mi|sous|demain|le \d|le 1er|ce jour|cette|semaine|d'ici|au plus tard|avant|courant|lundi|mardi|mercredi"
    r"|jeudi|vendredi|la semaine|au \d|aujourd'hui|des que|a reception)",
    "goods": r"(?:marchandises?|commandes?|colis|produits?|materiels?|livraisons?|palettes?|articles?|pieces|equipements?|fournitures"
    r"|prestations?|travaux|cartons?|machines?|logiciels?|licences?|intervention)",
    "doc": r"(?:copies?|duplicata|double|exemplaire|pdf|factures?|rib|iban|coordonnees bancaires|(?:bons?|numeros?|n°) de commandes?"
    r"|bdc|numeros? d'engagement|n° d'engagement|engagement juridique|code service|siret|bons? de livraison|bl|releves?|extraits? de compte"
    r"|justificatifs?|detail|details|attestation|kbis|piece jointe|pieces justificatives|pv de reception|documents?|explications?"
    r"|precisions?|proces-verbal|situation de compte|decompte|feuilles? d'heures|contrat signe|devis signe)(?![\w.-]{0,40}@)",
    "ask": r"(?:merci (?:de|d'|par avance de)|pouvez[-\s]vous|pourriez[-\s]vous|peux[-\s]tu|pourrais[-\s]tu|vous serait-il possible|veuillez|priere de"
    r"|(?:serait|est)[-\s]il possible|il (?:nous|me|vous) (?:faut|faudrait|manque)|il manque|manque|besoin (?:de|d'|du|des)|en attente (?:de|d'|du|des)"
    r"|attendons|attends|souhait\w+|voudr\w+|aimer\w+|demand(?:e|ons|er)|faute de|sans|en l'absence d[eu']|dans l'attente (?:de|d'|du|des)"
    r"|auriez[-\s]vous|avez[-\s]vous|vous (?:nous|me) (?:envoyez|transmettiez|transmettez|adressez)|nous faire|me faire|tant que|a defaut de)",
    "give": r"(?:envoyer|renvoyer|transmettre|retransmettre|adresser|readresser|faire parvenir|communiquer|fournir|joindre|deposer|redeposer"
    r"|preciser|indiquer|rappeler|avoir|recevoir|obtenir|expliquer|detailler|reexpedier|faire suivre|repasser)",
    "giveus": r"(?:envoyez|renvoyez|transmettez|adressez|communiquez|fournissez|precisez|indiquez|faites|deposez|renvoie|envoie|transmets|repassez)",
    "wrongly": r"(?:incorrect|errone|faux|fausse|inexact|trop eleve|ne correspond|different|superieur|pas conforme|pas (?:le|celui|bon)|pas la bonne)",
}

_TABLE = (
    # --- insolvency: in plain words it must never be missed
    (
        Intent.INSOLVENCY,
        0.97,
        "",
        False,
        (
            r"\b(?:redressement|liquidation) judiciaire",
            r"\bprocedures? (?:de sauvegarde|collective|d'insolvabilite|de redressement|de liquidation|de faillite)",
            r"\bsauvegarde (?:judiciaire|acceleree|de justice)|\b(?:sous|en|plan de) sauvegarde\b",
            r"\b(?:mandataire|administrateur|administratrice) judiciaire|\bliquidat(?:eur|rice)\b",
            r"\b(?:mise?|place|placee|plac[eé]s?|entree?|sommes|est) en (?:liquidation|redressement)\b",
            r"\b(?:declar\w+|produire|production) <0-3>creances?\b",
            r"\bbodacc\b|\bcessation (?:des|de) paiements?|\bdepot de (?:son |notre |leur )?bilan|\bdepos\w+ <0-2>bilan\b",
            r"\b(?:en|faillite|declaree? en) faillite\b|\breorganisation judiciaire|\bsursis concordataire|\bla faillite de\b",
            r"\bjugement d'ouverture",
        ),
    ),
    # --- dispute
    (
        Intent.DISPUTE,
        0.92,
        "price",
        True,
        (
            r"\b(?:prix|tarifs?|montants?|tva|remises?|total|taux|chiffres?)\b<..60>\b<wrongly>",
            r"\b(?:prix|montants?|tarifs?)\b<..30>(?:corrig|rectifi)\w*|\bfactur\w+ en trop|\bsurfactur\w+|\berreurs? (?:de|sur le|dans le|sur les) (?:prix|tarifs?|factur\w+|montants?|calcul|tva|taux|remise)",
            r"\bfactur\w+ (?:beaucoup )?(?:trop|plus) cher|\b(?:facture|factures|factures?)e?s? <0-6>au lieu de \d",
            r"\b(?:remise|tarif|prix|devis|montant)<..60>(?:pas (?:ete )?(?:appliqu|deduit|respect|repris)\w*|oublie\w*|convenu|negocie|prevoyait|au lieu de|contre \d)",
            r"\becart (?:de|entre)|\bne correspond <0-3>(?:devis|tarif|prix|bon de commande|commande)",
            r"\bfrais (?:de \S+ )?(?:non prevus|injustifies|pas prevus|indus)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "quantity",
        True,
        (
            r"\bquantites?\b<..60>(?:<wrongly>|manqu|inferieur|facture|livre)",
            r"\b(?:n'avons|n'ai|avons seulement|n'a) (?:\S+ )?(?:recu|livre) que\b",
            r"\b(?:recu|livres?|livree?s?|receptionne) <0-5>(?:au lieu de|sur les) \d",
            r"\b(?:\d+|deux|trois|quatre|plusieurs|des) (?:<goods>|unites|ramettes|sacs|boites|cartons) <0-2>manqu\w+|\bil (?:nous )?manqu\w+ <0-4>(?:<goods>|cartons|unites|palettes|pieces|ramettes|metres|\d+)|\blivraison (?:partielle|incomplete)",
            r"\b(?:nombre|trop) d'heures<..40>(?:factur|<wrongly>)|\b\d+ (?:heures|jours|unites|pieces|cartons) <0-4>au lieu de",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "quality",
        True,
        (
            r"\bdefectueu\w+|\bnon[-\s]conform\w+|\bpas conforme|\bendommage\w*|\babime\w*|\bcassee?s?\b|\bmalfacons?|\bvices? cache",
            r"\bmal (?:fait|faite|pose|posee|posees|execut\w+|regle|monte|monte\w+)|\bne fonctionn\w+ (?:pas|plus|toujours pas)|\ben panne\b",
            r"\b(?:<goods>)<..60>(?:pas termine|inacheve|non termine|bacle|pas satisfais|insatisfais|a reprendre|a refaire|fuit|defaut)",
            r"\breserves?\b<..40>(?:levee?s?|emises?|non)|\bpas satisfait\w*|\bqualite<..40>(?:pas|mauvaise|insuffisante|deplorable)",
            r"\bdefauts?\b(?! de paiement)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.92,
        "not_delivered",
        True,
        (
            r"\b(?:jamais|pas|toujours pas|rien|aucune?|non)(?: \S+){0,3} (?:recu|livre|receptionne|recue|livree|livres|livrees)\b(?! (?:la|cette|votre|vos|votre|les|de|ces|le|l'|notre|aucune)? ?(?:<doc>|mails?|courriers?|relances?|copie|reponse|retour|avoir|note))",
            r"\b(?:jamais|pas|rien)(?: \S+){0,3} (?:recu|receptionne) (?:la|le|les|cette|votre|vos|nos|notre|de|ces|l'integralite de la|toute la) ?(?:\S+ )?<goods>",
            r"\b<goods><..50>(?:jamais|pas|non|toujours pas)(?: encore)? (?:ete |nous )?(?:ete )?(?:livre|recu|arrive|realise|effectue|execute|fait|termine|rendu|installe|commence)\w*",
            r"\b(?:livr\w+|retard)(?: \S+){0,4} (?:en retard|avec (?:\S+ ){1,4}retard|de livraison)|\bpenalites de retard<..30>livraison",
            r"\battend\w* (?:toujours |encore )?(?:la livraison|d'etre livre|le reste de la (?:commande|livraison)|le materiel|la marchandise)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "not_ordered",
        True,
        (
            r"\b(?:jamais|pas|rien)(?: \S+){0,2} (?:command\w+|souscri\w+|sollicit\w+|signe (?:de|ce|le|cette)|passe (?:de|cette) commande)(?! (?:au|par) telephone)",
            r"\baucune? (?:commande|bon de commande signe|contrat|devis signe)<..30>(?:passee?|signe|chez vous|de notre part|correspond)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "duplicate",
        True,
        (
            r"\bdoublons?\b|\bdeja (?:ete )?facture\w*|\bfacture\w* (?:deux|2) fois|\bdouble (?:factur\w+|emploi)|\bfactur\w+ en double\b(?! exemplaire)",
            r"\b(?:meme|memes) (?:facture|prestation|commande|livraison)s?<..40>(?:deux|2) fois|\bavons? deja (?:recu|regle) <0-4>meme (?:prestation|facture)",
            r"\ben double\b(?! exemplaire)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.88,
        "wrong_company",
        True,
        (
            r"\b(?:ne|n')(?: \S+){0,2} (?:concerne|concernent) (?:pas|en rien|aucunement)(?! notre service| mon service| le service)",
            r"\b(?:pas|jamais) <0-2>(?:votre client|clients? chez vous|cliente? de votre|de votre client)",
            r"\b(?:mauvaise|autre|pas la bonne) (?:societe|entite|entreprise|structure|filiale|raison sociale)|\bhomonym\w+",
            r"\b(?:pas|plus) (?:a|au) (?:notre|nom de notre) (?:nom|societe)|\bpas (?:a )?notre (?:societe|entreprise)\b|\bn'(?:est|etait) pas (?:pour|a) nous\b",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "contract_ended",
        True,
        (
            r"\b(?:contrat|abonnement|bail|maintenance|engagement|licence|service)s?\b<..50>\b(?:resilie\w*|termine\w*|rompu|expire\w*|arrive a echeance|pris fin|denonce\w*|cesse)",
            r"\bresili(?:e|ee|ees|ation|ons|er)\b",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "credit_note_due",
        True,
        (
            r"\b(?:un|l'|d'|votre|cet|vos|des|les|d'un|aucun|mon|notre) ?avoirs?\b(?! (?:ete|bien|deja|recu|pris|regle|paye|effectue|fait|acces|une?|la|le|les|des|du|plus|davantage|confirm\w+)\b)",
            r"\bavoir (?:de|d'un montant|partiel|total|correspondant|n°|promis|a recevoir|a emettre|attendu)\b|\bnotes? de credit|\bfactures? (?:rectificative|d'avoir|corrigee|rectifiee)s?",
        ),
    ),
    (
        Intent.DISPUTE,
        0.93,
        "refusal",
        True,
        (
            r"\brefus(?:e|ons|ent|er|erons) (?:categoriquement )?(?:de |le |tout |a )(?:vous )?(?:<pay>|<payn>|proceder)",
            r"\bne (?:vous )?(?:la |le |les )?(?:paierons|payerons|reglerons|paierai|reglerai|paiera|reglera|verserons)(?: \S+)? (?:pas|rien|jamais|aucun\w*|plus)(?! avant (?:le|la fin|fin))",
            r"\bn'(?:allons|ai|avons) (?:pas|aucune intention|nullement)(?: l'intention)? (?:de |d')?(?:vous )?(?:<pay>)",
            r"\b(?:hors de question|pas question) (?:de|que|d')|\bn'entend\w+ pas (?:<pay>)|\bne (?:vous )?(?:devons|dois|devrons) (?:rien|pas|plus rien|aucun\w*)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "other",
        False,
        (
            r"\bcontest(?:e|ons|ent|ee|ees|es|er|ation|ations|erons)\b|\b(?:en|un|le|ce|du|au) litiges?\b|\blitigieu\w+",
            r"\bbloqu(?:e|ons|ent|ee?s?|er) (?:\S+ )?<payn>|\bsuspend\w* (?:\S+ )?<payn>|\bannul(?:er|ez|ation) (?:de )?(?:cette|la|votre|ces|les|vos) factures?|\b(?:retourne|rendu)e?s? (?:\S+ )?<goods>|\b(?:en )?desaccord\b|\bpas d'accord|\breclamations?\b(?! de paiement)",
            r"\b(?:factures?|reglement|paiement|somme|montant)\b<..40>\b(?:bloque\w*|suspendue?s?|injustifie\w*|indue?s?)\b",
        ),
    ),
    (
        Intent.DISPUTE,
        0.88,
        "other",
        True,
        (r"\bpas d'accord\b|\b(?:non|pas|n'est pas) (?:due|dues|du|fondee|justifiee)\b",),
    ),
    # --- already paid
    (
        Intent.ALREADY_PAID,
        0.92,
        "",
        False,
        (
            r"\b<have><0-4><paid>\b",
            r"\b<have> (?:bien |deja |entierement |integralement |tout |ete )*soldee?s?\b",
            r"\b<be><0-4><paid>\b",
            r"\b<be> (?:bien |deja |entierement |integralement |toutes? |tous |maintenant |desormais )*soldee?s?\b",
            r"\b<have>(?: (?!pour |service |avant |a )\S+){0,3} <did>(?: (?!pour |service |avant |mise |comptab)\S+){0,4} <payn>",
            r"\b<payn>(?: (?!sera|va\b|vont|vais|doi|devra|pourra|prevu|pour\b)\S+){0,6} (?:<did>|encaisse|debite|preleve|credite|execute)(?:e|s|es)?\b",
            r"\b(?:vient|viennent|venons|viens) (?:juste )?(?:de |d')(?:vous )?(?:la |le |les )?(?:<pay>|etre (?:bien )?<paid>|<do><0-3><payn>)",
        ),
    ),
    (
        Intent.ALREADY_PAID,
        0.8,
        "",
        False,
        (
            r"\b(?:preuve|avis|justificatif|confirmation|ordre|copie|recepisse|bordereau)s?(?: \S+){0,2} (?:du |de |d')(?:notre |ce |mon )?<payn>",
            r"(?<!prochain.)(?<!prochains.)\b<payn>(?: \S+){0,3} (?:du|en date du|n°) ?(?:\d|lundi|mardi|mercredi|jeudi|vendredi)",
            r"\b<payn> (?:d')hier\b|\bdeja (?:ete )?(?:<paid>|soldee?s?)\b|(?<!sera.)(?<!seront.)(?<!etre.)\b(?:payee|payees|reglee|reglees|soldee|soldees) (?:le|depuis|en|par|via|hier|ce|avant|la semaine derniere)\b",
            r"^(?:deja |c'est |facture )?(?:regle|paye|solde)(?:e|s|es)?\b(?! que)",
            r"\b(?:debite|encaisse|preleve)(?:e|s|es)? (?:\S+ )?(?:de|sur|le|chez|par|depuis)\b",
            r"\b(?:auriez du|avez du|devriez avoir) (?:recevoir|recu)<0-3><payn>|\bavez[-\s]vous (?:bien )?recu (?:notre|mon|le) <payn>",
            r"\b(?:pense|pensons|crois|croyons|semble)(?: \S+){0,2} (?:avoir|bien) <0-2><paid>\b|\bapres avoir <0-2><paid>\b",
            r"\b(?:fonds|argent|somme|montant)s? (?:\S+ )?(?:est|sont|a ete|ont ete) (?:bien )?(?:parti|vire|envoye|transfere)\w*",
        ),
    ),
    (
        Intent.ALREADY_PAID,
        0.6,
        "",
        False,
        (
            r"\b<have> (?:deja |bien )?fait le necessaire|\bplus rien (?:ne )?(?:reste|rest\w+) (?:du|a payer|a regler)",
        ),
    ),
    # --- promise to pay
    (
        Intent.PROMISE_TO_PAY,
        0.92,
        "",
        False,
        (
            r"\b(?:regler|paier|payer|virer|solder|acquitter|honorer|verser)(?:ai|as|a|ons|ont)\b",
            r"\b(?:effectuer|proceder|fer|emettr|enverr|adresser|lancer|passer|programmer|declencher|poster|remettr|transmettr|expedier)(?:ai|a|ons|ont)<0-5>(?:<payn>|reglement)",
            r"\b(?:sera|seront|va etre|vont etre|serez|seras)<0-4>(?:<paid>|soldee?s?|mis(?:e|es)? (?:en|au) (?:paiement|reglement)|mandatee?s?|virees?)\b",
            r"\b(?:<payn>|solde|reste|reliquat|complement)\b<..60>\b(?:sera|seront|partira|partiront|interviendra|interviendront|aura lieu|auront lieu|se fera|arrivera|va partir|vont partir|part|partent|va etre|suivra)\b(?! (?:possible|bloque|suspendu|refuse|difficile|effectif que))",
            r"\b(?:vais|allons|va|vont)(?: vous)?<0-3>(?:<pay>\b|<do><0-4><payn>)",
            r"\b(?:engage|engageons|engagement)<0-3>(?:a |de )(?:vous )?(?:<pay>|<do><0-3><payn>)",
        ),
    ),
    (
        Intent.PROMISE_TO_PAY,
        0.82,
        "",
        False,
        (
            r"\b<payn><0-6>(?:devrait|devraient|est prevue?s?|sont prevus|est programmee?s?|sont programmes|est planifiee?|est en cours|sont en cours|prevu|programme|planifie|prevus|programmes)\b",
            r"\b(?:je|on|nous) (?:vous |te )?(?:la |le |les |l')?(?:regle|paie|paye|vire|reglons|payons|virons|paierons)\b",
            r"\b(?:je|nous|on) (?:vous |te |t')?(?:fais|faisons|fait|procede|procedons|effectue|effectuons|lance|lancons|passe|passons|emets|emettons|envoie|envoyons|programme|programmons)<0-4><payn>",
            r"\b(?:comptons|compte|prevoyons|prevois|pensons|pense|prevu|prevoit) (?:de |d')?(?:vous )?(?:la |le |les )?(?:<pay>|<do><0-3><payn>)",
            r"\bmis(?:e|es)? (?:en|au) (?:paiement|reglement)\b|\bmandate(?:e|es|s)?\b|\bmandatement\b",
            r"\b(?:prochaine?s?) (?:\S+ )?(?:campagne|lot|train|vague|session|echeance|cycle|batch|run|proposition|virement|reglement|paiement)s?\b",
            r"\b(?:recevrez|aurez|percevrez)<0-3>(?:<payn>|fonds)",
            r"\b<payn>(?: \S+){0,2} (?:prevue?s? |attendu |programme )?(?:pour )?<when>",
            r"\ba (?:regler|payer|virer) (?:pour )?<when>|\bmandats? (?:\S+ ){0,2}(?:emis|transmis|envoye|valide)",
            r"\b(?:date|echeance) (?:de|du) <payn><0-3>(?:est|sera|prevue|:|le)",
            r"\bregularis(?:erons|erai|era|ation)\b|\bva(?:is|)? regulariser|\ballons regulariser",
            r"\b(?:sera|seront) (?:bien )?(?:fait|faite|effectue|effectuee|emis|regularise)\w*",
            r"\bbon a payer\b<..40>(?:donne|valide|transmis|signe|accorde)",
            r"\b(?:votre|la|cette|les|vos|ces) factures?<0-4>(?:passe|passera|part|partira|partent|est programmee|sont programmees|est prevue|est integree|sont integrees|est planifiee)\b<..30>(?:paiement|reglement|virement|<when>)",
        ),
    ),
    (
        Intent.PROMISE_TO_PAY,
        0.6,
        "",
        False,
        (
            r"\b(?:fais|faisons|fait|ferons|ferai|feront) (?:tout )?le necessaire\b",
            r"\besper\w+ (?:pouvoir )?(?:vous )?<pay>",
        ),
    ),
    # --- payment plan
    (
        Intent.PAYMENT_PLAN,
        0.92,
        "",
        False,
        (
            r"\b(?:un|l'|cet|d'un|votre|notre|d') ?echeanciers?\b|\bmoratoire\b|\bplan (?:de |d')(?:reglement|paiement|remboursement|apurement)|\betal(?:er|ement|ons|ee?|erons)\b|\bechelonn\w+|\bmensualites?\b|\bmensualis\w+",
            r"\bfacilites? de (?:paiement|caisse|reglement)|\b(?:en|par|sur) (?:deux|trois|quatre|cinq|six|\d+|plusieurs) (?:fois|versements|echeances|virements|mois|reglements|paiements|cheques|mensualites)",
            r"\b(?:deux|trois|quatre|cinq|six|plusieurs|\d+) (?:versements|virements|paiements|reglements|cheques|echeances) (?:de|egaux|mensuels|successifs|d')",
            r"\b(?:moitie|50 ?%|acompte|premier (?:versement|paiement|reglement|virement)|une partie|\d+ ?%|tiers)\b<..100>\b(?:solde|reste|reliquat|autre moitie|seconde|restant|deuxieme|second)\b",
        ),
    ),
    (
        Intent.PAYMENT_PLAN,
        0.88,
        "",
        False,
        (
            r"\b(?:accord\w+|consent\w+|octroy\w+|obtenir|sollicit\w+|demand\w+|souhait\w+|besoin|possib\w+|pourr\w+|pouvez|accept\w+|beneficier|conced\w+|laisser|propos\w+)\b<..80>(?:\bdelais?\b|\breport(?:er)?\b|\bdecal\w+|\bdiffer(?:er|e)\b|\brepouss\w+|\bprolong\w+|\bprorog\w+|(?:jours|semaines?|mois) (?:supplementaires?|de plus)|\bpatienter|\bsursis\b)",
            r"\b(?:delai|report|sursis|differe)\b<..60>\b(?:possible|envisageable|acceptable|accord\w*|convien\w+|supplementaire)",
            r"\b(?:pourr\w+|peut|possible|puis|pouvons|seriez|permettr\w+|conviendrait|iriez|accept\w+)\b(?![-\s]vous (?:nous |me )?(?:<give>))[^.!]{0,70}\b(?:<pay>|regl\w+|versions|verser)\b(?! par (?:carte|cb|cheque|virement|prelevement))[^.!]{0,80}\?",
            r"\b(?:propos\w+|suggere|suggerons)\b<..60>(?:<pay>|verser|\d ?(?:€|euros)|reglement|versement)",
            r"\b(?:suspendre|suspendez|differer) (?:\S+ )?(?:relances?|la procedure|poursuites)|\bpatienter\b|\bun (?:petit |leger )?delai (?:de paiement|de reglement|supplementaire)",
        ),
    ),
    # --- hardship
    (
        Intent.HARDSHIP,
        0.9,
        "",
        True,
        (
            r"\b(?:difficultes?|problemes?|soucis?|tensions?) (?:\S+ ){0,2}(?:de |d')?(?:financi\w+|tresorerie|passager\w*|economiques?|paiement)\b|\btresorerie\b<..40>(?:tendue?|difficile|fragile|delicate|exsangue|vide|sec|insuffisante|ne (?:nous|me) permet|basse|mal|critique)",
            r"\bmanque(?:r|ons)? de (?:tresorerie|liquidites)|\b(?:plus|pas|peu) (?:de |les |assez de |assez )(?:tresorerie|liquidites|fonds|moyens|argent)",
            r"\b(?:pas en mesure|dans l'incapacite|dans l'impossibilite|impossible|incapables?)(?: \S+){0,3} (?:de |d')(?:vous )?(?:la |le |les )?(?:<pay>|<do><0-3><payn>)(?!<..40>(?:sans|tant que))",
            r"\bne (?:pouvons|peux|peut|pourrons|pourrai|pouvions) (?:\S+ ){0,2}(?:pas|plus|actuellement|malheureusement)(?: \S+){0,3} (?:<pay>|honorer|<do><0-3><payn>)(?!<..60>(?:\bsans\b|tant que|avant (?:de|d'avoir|reception)))",
            r"\bpar manque de|\bdecouvert\b|\bcompte (?:\S+ )?(?:bloque|a sec|dans le rouge)|\battend\w* (?:\S+ )?(?:d'etre payes?|le paiement de (?:nos|notre|mes) clients?)|\bclients? (?:ne nous|ne m')<0-3>(?:pay|regl)\w+",
            r"\b(?:situation|periode|passe|moment) (?:\S+ )?(?:financier\w* )?(?:tres |assez )?(?:difficile|compliquee?|delicate|critique)",
        ),
    ),
    # --- document request
    (
        Intent.DOCUMENT_REQUEST,
        0.9,
        "",
        True,
        (
            r"\b<ask><..30>\b<give><..40>\b<doc>\b",
            r"\b(?:des que|des (?:la )?reception|une fois|lorsque|quand|apres (?:la )?reception|sous reserve|si)\b<..40>(?:recu|reception|aurons|aurai|obtenu|possession|fourni\w*|transmis|transmettez|envoyez|envoye)\b<..20>\b<doc>\b",
            r"\b(?:<giveus>)[-\s](?:nous|moi)<..60>\b<doc>\b",
            r"\b(?:sans|faute de|en l'absence d[eu']|tant que|manque|besoin d[eu']|besoin des|en attente d[eu']|en attente des|il (?:nous|me|vous) (?:faut|faudrait|manque)|il manque|attendons|attends)<..25>\b(?!facture (?:rectif|d'avoir|corrig))<doc>\b",
            r"\b(?:n'avons|n'ai|n'a|n'ont|avons|ai)(?: \S+){0,2} (?:pas|jamais|aucune?|plus|nulle)(?: \S+){0,2} (?:recu|trouve|retrouve|trace|eu|connaissance|en notre possession)?(?: \S+){0,3} ?\b(?:factures?|originale?|duplicata)\b",
            r"\b(?:ne (?:retrouv\w+|trouv\w+|voy\w+|vois)|pas (?:retrouve|trouve|trace|recu)|jamais recu|aucune trace)<0-5>(?:factures?|pieces?|documents?|bon de commande|trace)\b",
            r"\bfactures?\b<..40>(?:pas (?:ete )?recue?s?|jamais recue?s?|ne (?:nous )?(?:est|sont) (?:pas|jamais) parvenue?s?|introuvables?|jamais parvenue?s?|pas parvenue?s?|non recue?s?|inconnue)",
            r"\b(?:numero|n°|reference|bon|mention) (?:de commande|d'engagement|de bon)?<..40>(?:manqu\w+|absente?|n'apparait|ne figure|pas (?:mentionne|indique|renseigne)|obligatoire|errone)",
            r"\ba quoi (?:correspond\w*|se rapporte|cela correspond)|\bde quoi s'agit|\b(?:quelle|quel) (?:prestation|facture|commande|contrat|numero|est l'objet)<..60>\?",
            r"\b(?:deposer|depot|depose|deposee?s?|redepos\w+|transmise?s?|passer|envoy\w+)<..40>\bchorus|\bchorus(?: pro)?\b<..50>(?:rejet\w+|obligatoire|depos\w+|pas|uniquement|exclusivement)|\bvia chorus|\bsur chorus",
            r"\bfactures? (?:\S+ ){0,3}rejetee?s?\b|\bne (?:mentionne|comporte|porte|indique|precise|fait (?:pas )?(?:apparaitre|figurer)) (?:pas|ni|aucun\w*)<..40>(?:numero|n°|tva|siret|commande|reference|adresse|engagement)",
            r"\bfactures?\b<..20>\b(?:pas|non) (?:jointe|lisible|conforme au format)|\bpiece jointe<..30>(?:manqu|absente|illisible|vide|ne s'ouvre)|\bpas (?:de |la )?piece jointe",
            r"\b(?:refaire|reetablir|reemettre|rectifier|reediter|corriger) (?:la|cette|votre|une|les|vos) (?:nouvelle )?factures?\b",
            r"\b(?:a quel|sur quel|quel est votre|quel) (?:compte|iban|rib|numero de compte)<..60>\?",
            r"\bconfirm\w+ <0-3>(?:rib|iban|coordonnees bancaires)",
        ),
    ),
    # --- wrong contact
    (
        Intent.WRONG_CONTACT,
        0.9,
        "",
        True,
        (
            r"\b(?:ne|n')(?: \S+|\S+)? ?(?:fais|fait|font|est|travaille\w*|suis|sommes|fais|occupe|gere|traite)(?: \S+)? plus<..50>(?:partie|parmi|dans|pour|chez|en charge|salarie\w*|ici|responsable|charge|interlocut|bonne personne|comptab|effectif)",
            r"\b(?:a|ai|ont) quitte(?:e)? (?:la|l'|notre|nos|ses|mes|cette|le)",
            r"\b(?:suis|est|sommes|etes|sont) (?:pas|plus) (?:du tout )?(?:la bonne personne|le bon|la bonne adresse|le service|en charge|concerne\w*|votre interlocut|responsable|charge\w*|la personne|l'interlocut|habilite)",
            r"\b(?:mauvais|erreur de|pas le bon|mauvaise) (?:destinataires?|interlocut\w+|contact|service|adresse|personne)\b|\btrompe[srz]? de (?:destinataire|service|adresse|personne|interlocut\w+)",
            r"\b(?:veuillez|merci de|merci d'|priere de|pri\w+ de|invit\w+ a|il faut|faut|pouvez|devez|adressez|ecrivez|contactez|rapprochez|voyez|voir)(?:[-\s]vous)?<..60>\b(?:contacter|vous adresser|adresser|ecrire|rapprocher|envoyer|transmettre|voir|adressez-vous|ecrivez|contactez|avec|aupres|a)<..60>\S+@\S+",
            r"\b(?:contacter|vous adresser a|adressez-vous a|contactez|rapprocher d[eu']|rapprochez-vous d[eu'])<0-3>(?:mon|ma|notre|le|la|l'|mme|madame|monsieur|m\.|son)? ?(?:collegue|remplac\w+|successeur|service compta\w*|comptable|comptabilite|siege|collaborat\w+)",
            r"\b(?:nouvelle?|bonne|seule) adresse<..40>\S+@\S+|\b(?:desormais|dorenavant|a l'avenir|maintenant)<..60>\S+@\S+",
            r"\bremplacee? par\b|\bpris (?:ma|sa) (?:suite|succession|retraite)|\bparti(?:e)? (?:a la|en) retraite|\bnotre service<..30>pas concerne",
        ),
    ),
    # --- stop contact
    (
        Intent.STOP_CONTACT,
        0.9,
        "",
        True,
        (
            r"\bne plus (?:nous |me |m'|jamais )?(?:\S+ )?(?:contacter|ecrire|relancer|solliciter|envoyer|adresser|importuner|harceler|appeler)\b(?! a (?:mme|m\.|madame|monsieur|cette adresse|mon|ma))|\bne (?:nous|me|m') (?:\S+ )?(?:contactez|ecrivez|relancez|envoyez|appelez) plus",
            r"\b(?:cess\w+|arret\w+|stopp\w+)(?:[-\s]vous)? (?:immediatement |donc |tout de suite )?(?:de (?:nous|me|m')|d'|tout(?:e|es)?|vos|ces|les|cet|cette|l')\s?(?:\S+ )?(?:contact|ecri|relanc|envo|mail|courri|harcel|sollicit|messag|demarch|rappel|appel|spam)\w*",
            r"\bdesinscri\w+|\bdesabonn\w+|\brgpd\b|\bdroit d'opposition|\bsupprim\w+ <0-3>(?:donnees|adresse|coordonnees|fichier\w*|liste)|\bretir\w+ <0-4>(?:liste|fichier)",
            r"\b(?:par l'intermediaire|passer par|adresser\w* a|adressez-vous a|aupres|par le biais|contact\w*|avec|via|transit\w+ par)(?: \S+){0,3} (?:avocate?|conseil juridique|conseils?|cabinet d'avocats?)\b",
        ),
    ),
    # --- acknowledgement
    (
        Intent.ACKNOWLEDGEMENT,
        0.78,
        "",
        False,
        (
            r"\bbien recu|\bbonne reception|\b(?:bien )?(?:pris|prenons|prends|prend) (?:bonne |bien )?note|\bbien note|\baccus\w+ (?:bonne )?reception|\bc'est note|^note\b|^recu\b",
            r"\b(?:je |nous |on )?(?:transmets?|transmettons|transfere|transferons|fais suivre|faisons suivre|transmis|transfere|passe|remonte|relaye|relance)(?: \S+){0,6} (?:a|au|aux|en|vers|aupres)(?: \S+){0,3} ?(?:compta\w*|service\w*|collegue\w*|siege|responsable\w*|direction|daf|direct\w+|qui de droit|personne|equipe\w*|tresorerie|fournisseurs|achats?|gerant\w*|chef)",
            r"\b(?:je|nous|on) (?:\S+ )?(?:regarde|regardons|renseigne|renseignons|verifie|verifions|vais (?:\S+ )?(?:regarder|verifier|voir|me renseigner|faire suivre|transmettre)|allons (?:\S+ )?(?:regarder|verifier|voir|faire suivre|transmettre)|revien\w*|reviendrai|reviendrons|examin\w+|controle|controlons|fais le point|faisons le point)",
            r"\b(?:vous )?(?:tiens|tenons|tiendrai|tiendrons) (?:au courant|informe\w*)|\ben cours (?:de |d')(?:traitement|verification|validation|analyse|examen|controle|etude)|\brevien\w+ vers vous|\breviendr\w+ vers vous|\bfais suivre\b|\bfait suivre\b|\bje m'en occupe|\bnous nous en occupons",
        ),
    ),
)

FRENCH = rules(_MACROS, _TABLE)
