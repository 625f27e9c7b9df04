"""French: the words of dates, and the words that tell what a date is of."""

COMMON = (
    "le la les nous vous votre vos notre est pas pour avec sur une des du je merci bonjour cette dans mais sera ont avons et au aux que "
    "qui facture factures reglement virement paiement semaine cordialement mois jours bien ce il sous avant fin jour courant ici mon ma "
    "mes on en sont suis ai fait paye regle payer vire viens ete cela ca tout compte dernier prochain debut entre ou hier demain"
)

WORDS = """
W1|lundi,lun.
W2|mardi,mar.
W3|mercredi,mer.
W4|jeudi,jeu.
W5|vendredi,vend,ven.
W6|samedi
W7|dimanche
M1|janvier,janv,jan
M2|fevrier,fevr,fev
M3|mars
M4|avril,avr
M5|mai
M6|juin
M7|juillet,juil
M8|aout
M9|septembre,sept
M10|octobre,oct
M11|novembre,nov
M12|decembre,dec
m|mois
s|semaine,semaines,sem
z|sem.,sem n°
q|trimestre
y|annee,an
u|jours,jour,j,jrs,jours calendaires,jours francs
b|jours ouvres,jours ouvrables,jour ouvre,jour ouvrable,j ouvres,jours de banque
H|heures,heure,h
E31|fin,derniers jours,toute fin
E5|debut,tout debut,premiers jours,commencement
E15|mi,milieu
E31 m|fdm,eom,fin mois
N1|prochain,prochaine,prochains,prochaines,suivant,suivante,a venir,qui vient,d'apres,pro,pchain
N2|qui suit la prochaine,suivant la prochaine
L1|dernier,derniere,derniers,dernieres,ecoule,ecoulee,precedent,precedente,qui s'acheve
p1|passe,passee
T|ce,cette,cet,en cours
C|courant,crt,ct,ct.,cours,courante
l|du,de,des,d',la,les,l',ci,meme,mois de
O|le
r|a
A|au,jusqu'au,avant,au plus tard,avant le,d'ici au,d'ici le,d'ici la,jusqu'a,pour
K|et,ou,voire
I|sous,dans,dans un delai de,dans un delai maximum de,dans un delai d',sous un delai de,sous les,dans les,endeans,endeans les,d'ici,d'ici a,au bout de,au cours des,en
F|apres,a compter de,a compter du,a partir de,a partir du
B|il y a,y a,ya,voici,voila,ca fait
V|echeance,date d'echeance
R0|a soir,tt a l heure,tout a l heure,aujourd'hui,aujourd hui,auj,ajd,aujourdhui,ce jour,ce matin,ce soir,ce midi,cet apres-midi,cet aprem,cette apres-midi,cet apres midi,cette nuit,dans la journee,fin de journee,en fin de journee,ce jour meme,dans l'heure,tout a l'heure,tantot,a l'instant,a la seconde,cob,eod
R1|demain,dmain,2main
R2|apres-demain,apres demain
R-1|hier,hier soir,hier matin
R-2|avant-hier,avant hier
P|matin,soir,midi,apres-midi,aprem,matinee,soiree
n1|un,une
n2|deux
n3|trois
n4|quatre
n5|cinq
n6|six
n7|sept
n8|huit
n9|neuf
n10|dix
n12|douze
n14|quatorze
n15|quinze
n20|vingt
n24|vingt-quatre
n30|trente
n45|quarante-cinq
n48|quarante-huit
n60|soixante
n90|quatre-vingt-dix
h8|huitaine
h10|dizaine
h15|quinzaine
h30|trentaine
o1|premier,premiere,1er
o2|deuxieme,second,seconde,2nd,2nde
o3|troisieme
o4|quatrieme
a|environ,maximum,max,max.,grand maximum,petite
Z1|noel,fetes,les fetes,fetes de fin d'annee,les fetes de fin d'annee
Z2|paques
Z3|nouvel an,jour de l'an
Z5|pentecote
Z6|toussaint
E5 y N1|nouvelle annee,rentree de janvier
D15 M8|quinze aout
W7|week-end,weekend,week end,we
c|factures,facture,fois,lignes,articles,colis,autres,premieres,premiers,relances,personnes,salaries,cartons,pieces,palettes,exemplaires,dossiers,chantiers,commandes,euros,euro,mensualites,echeances,versements,ans,km,kg,unites,rue,avenue,bd,boulevard,place,chemin,allee,impasse,route,quai,square,rdv
i|article,art,art.,n°,no,numero,ref,reference,devis,commande,bl,lot,bon,dossier,page,alinea,ligne,tva,siret,cp,poste
j|campagne,run,virement,vague,train,train de reglements,train de virements,campagne de reglement,campagne de paiement,reglement,remise,proposal,paiement,lot,run de paiement
g|bon,bonne,bonnes,belle,excellent,excellente,joyeux,joyeuses
k|chaque,tous les,toutes les
_|le jour meme,le jour,a ce jour,jusqu'a ce jour,du jour,dans les meilleurs delais,sous reserve,sous peu,le jour ou,en fin de compte,fin prete,de ce fait,le premier a,en premier,ce mois de,24/7,7/7,un jour,dans ce cas,en cours de,ce qui,ce que,jour de paie,mi-temps,dans le temps,en mars dernier,mon dernier,votre dernier,notre dernier,depuis un an,depuis hier
"""

CUES = {
    "promise": (
        r"(?:(?:re)?glerai|reglerons|regleront|reglera|payerai|paierai|payerons|paierons|paiera|payera|virerai|virerons|virera|verserai|verserons|effectuerai|effectuerons"
        r"|solderai|solderons|enverrai|enverrons|partira|partiront|interviendra|procederons|procederai|ferai|ferons|fera|donnerons|donnerai|deposerai|passera|passerai|passerons|passeront|aurez|recevrez)"
        r"|(?:sera|seront|va etre|vont etre|soit|etre) (?:bien |\w+ment ){0,2}(?:regle|paye|vire|solde|mis|programme|prevu|planifie|effectue|verse|envoye|inclu|execute|poste|emis|honore|credite)\w*"
        r"|(?:est|sont) (?:bien |deja )?(?:prog|prevu|planifi|inscrit|inclus|dans (?:le|la))\w*|(?:le|la) sera|seront|c'est ferme|engagement|(?:je|on|nous|j') ?(?:vous |te |la |le |les |l')*(?:paie|paye|payes|regle|reglons|payons|vire|virons|fais|faisons|verse|versons|solde|soldons|m'en occupe|passe|poste|envoie|envoi|prevois|prevoyons|lance|depose|ferais)\b"
        r"|(?:vais|allons|va|vas|vont|compte|comptons|pense|pensons|pouvons|peux|pourrai|pourrons|pourra|peut|m'engage a|engageons a|engage a|prevoyons de|prevu de|souhaitons|dois|devrait|devrais|devrions|devraient|devons|propose de|proposons de|essaie de|essayer de) (?:\w+ |\w'){0,3}(?:regler|payer|virer|verser|effectuer|faire|solder|partir|etre|proceder|passer|envoyer|poster|honorer|mettre|lancer|deposer|tomber|arriver|intervenir)"
        r"|(?:reglement|paiement|virement|cheque|versement)s? (?:\w+ ){0,3}(?:prevus?|programmes?|planifies?|pour|sous|d'ici|est|part|sera|fin|interviendra|le|au|avant|en|dans)\b"
        r"|\w{2,}(?:erons|irons|drons|erai|irai|drai|eront|iront|dront)\b|c'est prevu|prevue?s?\b|programmee?s?|planifiee?s?|campagne|echeancier|sans faute|au plus tard|part (?:le|ce|en|dans|demain)|mise? en paiement|pour vous|ok|nouvelle execution|j ?l[ae] pa[iy]e|jte pa[iy]e|j ?vous (?:pa[iy]e|fais|regle|vire)|(?:sera|seront) fait\w*|(?:viens|vient|venir|passe|passera|passerai|viendrai) (?:vous )?(?:regler|payer|deposer)|suivra|parviendr\w+|partent|partir|prochain train|run de paiement|prochaine echeance de paiement|lot de|paie|paye tout|tombe"
    ),
    "paid": (
        r"(?:avons|ai|a|as|avait|ont|avez|avions|avais|j'ai|on a) (?:deja |bien |tout |pourtant |ete |donc |vous |aussi |fait |effectivement |normalement |finalement ){0,3}(?:regle|paye|vire|verse|solde|effectue|fait (?:le|un|ton|votre) (?:virement|paiement|reglement|necessaire|versement|cheque)|fait partir|fait|poste|envoye|emis|transmis|adresse|depose|execute|encaisse|debite|acquitte|remis|donne|honore|preleve|passe)\w*"
        r"|(?:est|sont|etait|etaient) (?:deja |bien |bel et bien )?(?:partie?s?|passee?s?|regle\w*|paye\w*|vire\w*|solde\w*|encaisse\w*|debite\w*|acquitte\w*|preleve\w*|parti)"
        r"|(?:a|ont) (?:bien |deja )?ete (?:\w+ )?(?:regle|paye|vire|verse|solde|effectue|emis|execute|poste|envoye|debite|encaisse|preleve|credite|honore|acquitte|passe)\w*"
        r"|(?:deja|bien) (?:paye|regle|vire|verse)\w*|(?:paye|payee|payees|payes|regle|reglee|reglees|regles|vire|(?<!le )(?<!du )(?<!un )soldee?|acquittee?|debitee?|encaissee?|prelevement|(?:virement|cheque|paiement|reglement) (?=fait|parti|effectue|emis|execute|a ete|poste|envoye|passe)) ?(?:le|du|de|fait|parti|effectue|emis|execute|depuis|hier|a ete|date|en date|par|sur|envoye|poste|passe|ce|vendredi|lundi|mardi|mercredi|jeudi|n)\b"
        r"|c'est (?:bien )?fait|(?:paye|regle|vire)\w* ~|en route|intervenu\w*|credite\w*|date de valeur|ci-joint l'avis|preuve de|mon releve|notre releve|debit"
    ),
    "recall": (
        r"(?:avais|avions|avait|aviez|annoncais) (?:\S+ ){0,3}?(?:dit|promis|annonce|ecrit|parle|virement)(?: \S+){0,2}|factures? (?:\S+ ){0,4}?(?:du|de|datee du|en date du|emise le|recue le|d')|echeance (?:\w+ ){0,3}(?:du|au|le|etait|est|de|fixee)|echue?s? (?:depuis )?(?:le|au|depuis|fin)|relances? (?:\w+ ){0,2}(?:du|de|d')|rappels? (?:\w+ )?(?:du|de|d')"
        r"|(?:mail|courriel|message|courrier|lettre|mise en demeure|email|e-mail|echange|appel|conversation|reclamation|avoir|bl|commande|devis|contrat|recommande)s? (?:\S+ ){0,3}?(?:du|de|d'|en date du)|du|date du|depuis le|depuis|exigible|a echeance|prestations? (?:\w+ )?(?:du|de)"
        r"|receptionnee? (?:\w+ )?le|recue? (?:\w+ )?(?:le|que)|validee? (?:\w+ )?(?:le|depuis)|comptabilisee? (?:\w+ )?(?:le|depuis)|enregistree? (?:\w+ )?(?:le|depuis)|mandatee? le|deposee? le"
    ),
    "other": (
        r"accueil|permanence|horaires|secretariat|livr\w+|reunion|rendez-vous|rdv|conges?|vacances|absent\w*|ferm\w+|ouvert\w*|ouvre\w*|retour|revien\w*|rentre\w*|chantier|intervention|intervenu\w*|expert\w*|passage|rappell?er\w*|appel\w*|joindre|signe\w*|command\w+|travaux|audience|jugement|tribunal|liquidation|redressement|sauvegarde|declar\w+"
        r"|resili\w+|renvoy\w*|recept\w*|recu\w*|attend\w*|arret\w*|rupture|panne|demenag\w*|embauch\w*|salaires|paie des|retourn\w*|repris\w*|contest\w*|signal\w*|reponse|repond\w*|reviendr\w*|tiens au courant|tiendr\w*|confirmer\w*|valid\w*|bilan|assemblee|conseil|commission|depose plainte|constat\w*|constater"
    ),
    "deny": r"pas avant|plus avant|jamais avant|non pas|et non (?:pas )?(?:le|au)?|(?:au lieu|plutot que|pas) (?:du|le|de|d'|ce|cette|la|en|pour)?|ni",
    "neutral": r"pas plus tard qu\w*'?|au plus tard|pas de (?:souci|probleme)s?|ne (?:vous )?inquiete\w* pas|sans faute|n'hesitez pas|pas tarder",
    "run": r"(?:run|campagne|train|lot|vague|remise|bordereau|cycle|proposal|reglements?|paiements?|virements?|echeance de paiement|partira avec l'echeance|payable|programmation)s? (?:de (?:reglements?|paiements?|virements?) )?(?:du|au|le)",
    "condition": r"des (?:que|reception|lors|son|leur|la reception|votre)|une fois|si (?:vous|on|tout|le|la|je|nous|ca)|s'il|a reception|apres reception|sous reserve|a condition|aussitot|a compter de|peut-etre|pourriez|est-ce qu\w*|serait-il|possible de|suivant la reception|en attente de",
    "not": r"(?:\bne|\bn'|\bpas\b|\bplus\b(?= (?:le|en|avant))|\bjamais\b|\baucun\w*|\bni\b|\bimpossible\b)",
}
