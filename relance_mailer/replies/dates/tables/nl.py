"""Dutch: the words of dates, and the words that tell what a date is of."""

COMMON = (
    "de het wij u uw is niet en met voor onze factuur betaling dank een wordt hebben geachte van op ik we dat deze te dit er aan zijn ons "
    "bij nog al maar om naar kan die als heeft heb jullie je week maand dagen binnen volgende eind einde groeten beste betaald over dag "
    "gestort mijn alvast"
)

WORDS = """
W1|maandag,maandagochtend,maandagmorgen
W2|dinsdag,dinsdagochtend
W3|woensdag,woensdagochtend
W4|donderdag,donderdagochtend
W5|vrijdag,vrijdagavond,vrijdagmiddag,vrijdagochtend
W6|zaterdag
W7|zondag
w1|ma
w2|di
w3|wo
w4|do
w5|vr,vrij
M1|januari,jan
M2|februari,feb,febr
M3|maart,mrt
M4|april,apr
M5|mei
M6|juni,jun
M7|juli,jul
M8|augustus,aug
M9|september,sept,sep
M10|oktober,okt
M11|november,nov
M12|december,dec
m|maand,maanden
s|week,weken
z|wk,weeknummer,wk.
q|kwartaal
y|jaar
u|dagen,dag,kalenderdagen,dgn
b|werkdagen,werkdag,bankwerkdagen
H|uur
E31|eind,einde
E5|begin
E15|half,medio,midden
E31 m|maandeinde,ultimo
E31 q|kwartaaleinde
E31 y|jaareinde
N1|volgende,komende,aanstaande,eerstvolgende,eerstkomende,a.s.,as.,volgend,komend
N2|daaropvolgende
L1|vorige,afgelopen,laatste,jongstleden,jl.,jl,vorig,verleden
T|deze,dit,lopende
C|dezer,de loop,loop,van deze maand
l|de,het,van,'s,der
O|op,op de,den
r|t/m,tot en met
A|voor,tegen,uiterlijk,ten laatste,uiterlijk op,uiterlijk de,voor de,tegen de,uiterlijk voor,ten laatste op,tot,per,rond,omstreeks
K|en,of,a
I|binnen,over,in,binnen de,in de,binnen een termijn van,in de loop,gedurende,vanaf nu,binnen nu en
F|na
G|geleden
V|vervaldatum,vervaldag
R0|vandaag,vandaag nog,vanavond,vanmiddag,vanmorgen,vanochtend,nu meteen,daarnet,zonet,vandaag de dag
R1|morgen,morgenochtend,morgenvroeg,morgenavond,morgenmiddag,morgen vroeg
R2|overmorgen
R-1|gisteren,gisteravond,gisterenavond,gister,gistermiddag,gisterenmiddag
R-2|eergisteren
P|ochtend,middag,avond,vroeg
n1|een,1tje
n2|twee,paar
n3|drie
n4|vier
n5|vijf
n6|zes
n7|zeven
n8|acht
n9|negen
n10|tien
n12|twaalf
n14|veertien
n15|vijftien
n20|twintig
n24|vierentwintig
n30|dertig
n45|vijfenveertig
n48|achtenveertig
n60|zestig
n90|negentig
h10|tiental
o1|eerste
o2|tweede
o3|derde
o4|vierde
a|ongeveer,circa,ca,ca.,maximaal,max,een kleine,zowat,goed
Z1|kerst,kerstmis,feestdagen,de feestdagen
Z2|pasen
Z3|nieuwjaar,oudjaar
Z5|pinksteren
E5 y N1|nieuwe jaar
W7|weekend,weekeinde
c|facturen,factuur,keer,regels,dozen,stuks,herinneringen,herinnering,mensen,pallets,euro,termijnen,betalingen,aanmaning,werven,straat,orders
i|nr,nr.,nummer,ref,ref.,factuur,order,bestelling,offerte,artikel,art,art.,pagina,regel,tel,tel.,bon,btw,pos
j|betaalrun,betaalronde,betaalbatch,betaling,betalingsrun
g|goede,fijn,fijne,prettig,prettige,goed,zalig
k|elke,iedere,alle
_|tot op heden,tot nu toe,op een dag,een dezer,eind goed,tot vandaag,de laatste tijd,een paar dagen,op de dag,de hele dag,ten eerste,de dag,het eerste,of zo,goede morgen
"""

CUES = {
    "promise": (
        r"(?:wordt|worden|zal|zullen|ga|gaan|gaat|kan|kunnen|kon|wil|willen|zou|zouden|moet|moeten) (?:\S+ ){0,10}?(?:betalen|betaald|overmaken|overgemaakt|storten|gestort|voldoen|voldaan|vereffenen|vereffend|vertrekken|uitvoeren|gebeuren|meegaan|mee|doen|regelen|komen|overschrijven|overgeschreven|afgewerkt|meegenomen|plaatsvinden)"
        r"|(?:wordt|worden|staat|staan|gaat|gaan|vertrekt|volgt|komt|krijgt|krijgen|krijg) |(?:betaal|betalen|stort|storten|maak|maken|voldoe|voldoen|doe|doen|schrijf|regel|regelen) |betaalrun|betaalronde|betaalbatch|betalingsrun|gepland|ingepland|voorzien|ingeboekt|uiterlijk|beloofd|beloof|zeker|betaling|overschrijving|betaaldatum"
    ),
    "paid": (
        r"(?:heb|hebben|heeft|had|hadden|is|zijn|werd|werden) (?:(?!(?:en|wordt|worden|maar)\b)\S+ ){0,12}?(?:betaald|overgemaakt|gestort|voldaan|vereffend|uitgevoerd|vertrokken|overgeschreven|afgeschreven|gedaan|verstuurd|weg|bijgeschreven|afgegaan)"
        r"|betaald|overgemaakt|gestort|voldaan|overgeschreven|afgeschreven|valutadatum|betaalbewijs|rekeninguittreksel|overschrijving van|uitgevoerd"
    ),
    "recall": (
        r"factu(?:ur|ren) (?:\S+ ){0,4}?(?:van|d\.d\.|dd|gedateerd|met datum)|verval\w* (?:\w+ )?(?:op|van|was|is|sinds)?|(?:mail|e-mail|bericht|brief|herinnering|aanmaning|bestelling|offerte|order|contract|creditnota|telefoontje|gesprek) (?:\S+ ){0,3}?(?:van|d\.d\.|dd|op)|sinds|gedateerd|ontvangen (?:op)?|van"
    ),
    "other": (
        r"lever\w*|geleverd|vergadering|afspraak|verlof|vakantie|gesloten|sluit\w*|terug|weer (?:op|aan)|openingsuren|open|bestel\w*|bezoek\w*|werf|geplaatst|installat\w*|rechtbank|faillissement|failliet|wco|bel|bellen|gebeld|telef\w*|antwoord\w*|reageer\w*|laat\w* (?:\w+ ){0,4}weten|opgezegd|opzeg\w*|herstel\w*|klacht\w*|lonen|controle\w*|nakijk\w*|kijk\w*|betwist\w*|gemaild|gemeld|geschreven|gekregen"
    ),
    "deny": r"niet (?:voor|op|eerder|deze)|niet (?:\w+ ){0,4}(?:voor|eerder dan)|pas (?:niet)(?=x)|in plaats van|ten vroegste|op zijn vroegst|nooit",
    "neutral": r"niet later dan|geen probleem|geen zorgen|niet alleen|zeker niet vergeten|wees gerust",
    "run": r"(?:betaalrun|betaalronde|betaalbatch|betalingsrun|betaling|run) (?:van|op|per|d\.d\.)?",
    "condition": r"zodra|als (?:u|je|jullie|we|ik|de|het|wij|die)|na ontvangst|wanneer|indien|mits|eens (?:we|ik|de)|onder voorbehoud|kunnen we|zouden we|mag ik|misschien",
    "not": r"(?:\bniet\b|\bgeen\b|\bnooit\b|\bonmogelijk\b)",
}
