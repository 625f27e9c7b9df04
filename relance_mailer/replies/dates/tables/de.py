"""German: the words of dates, and the words that tell what a date is of."""

COMMON = (
    "der die das wir sie ist nicht und mit fur ihre ihr unser unsere rechnung bitte zahlung werden haben den dem ein eine einer am auf sehr "
    "geehrte ich uns zu zum bis im von vom es ihnen hallo gruss grusse wird hat sind noch aber dass wenn ja auch schon nur kann habe tagen "
    "tage woche monat ende nachste nachster nachsten uberwiesen uberweisung"
)

WORDS = """
W1|montag,montagabend,montagmorgen,montagvormittag,montagfruh
W2|dienstag,dienstagabend,dienstagmorgen
W3|mittwoch,mittwochabend,mittwochmorgen
W4|donnerstag,donnerstagabend,donnerstagmorgen
W5|freitag,freitagabend,freitagmorgen,freitagmittag,freitagnachmittag
W6|samstag,sonnabend
W7|sonntag
w1|mo
w2|di
w3|mi
w4|do
w5|fr
M1|januar,janner,jan,jaenner
M2|februar,feber,feb
M3|marz,maerz,mrz
M4|april,apr
M5|mai
M6|juni,jun
M7|juli,jul
M8|august,aug
M9|september,sept,sep
M10|oktober,okt,oktobers
M11|november,nov,novembers
M12|dezember,dez,dezembers
m|monat,monats,monaten,monate,monates
s|woche,wochen
z|kw,kalenderwoche
q|quartal,quartals
y|jahr,jahres,jahrs
u|tag,tage,tagen,tages,kalendertagen,kalendertage
b|werktagen,werktage,arbeitstagen,arbeitstage,bankarbeitstagen,bankarbeitstage,werktag,arbeitstag
H|stunden,stunde,std
E31|ende,end,spat
E5|anfang,beginn
E15|mitte
E31 m|monatsende,ultimo,monatsultimo,monatsletzten
E5 m|monatsanfang,monatsbeginn
E15 m|monatsmitte
E5 s|wochenanfang,wochenbeginn
E15 s|wochenmitte
E31 y|jahresende
E31 q|quartalsende
N1|nachster,nachste,nachsten,nachstes,naechster,naechste,naechsten,kommender,kommende,kommenden,kommendes,folgenden,folgende,folgender,darauffolgenden,neuen
N2|ubernachste,ubernachster,ubernachsten,uebernachste,uebernaechste,ubernachsten
L1|letzter,letzte,letzten,letztes,vergangene,vergangenen,vergangener,voriger,vorige,vorigen,vorletzten
T|dieser,diese,diesen,dieses,diesem,laufenden,laufender
C|d.m.,d. m.,ds.,ds. mts.,dieses monats,d.mts.,im laufe,laufe
l|der,die,das,des,dem,den,von,vom,d
O|am
O D1|am ersten
O D1|zum ersten
r|auf
A|bis,bis zum,bis spatestens,spatestens,spatestens am,spatestens bis,vor dem,zum,bis zu,bis einschliesslich,spaetestens,per
K|und,oder,bzw
I|innerhalb,innerhalb von,innert,binnen,in,in den,innerhalb der,binnen der,im,im laufe der,im laufe des,im monat,in der,ab
F|nach,nach dem
B|vor,seit
V|falligkeit,falligkeitsdatum,falligkeitstermin,faelligkeit
R0|am heutigen tag,heute,heut,heute noch,heute morgen,heute vormittag,heute abend,heute nachmittag,heute fruh,heute mittag,heit,haut
R1|morgen,morgen fruh,morgen vormittag,morgn,moang
R2|ubermorgen,uebermorgen
R-1|gestern,gestern abend,gestern fruh
R-2|vorgestern
P|abend,vormittag,nachmittag,fruh,mittag
n1|ein,eine,einem,einer,einen
n2|zwei,zwo
n3|drei
n4|vier
n5|funf,fuenf
n6|sechs
n7|sieben
n8|acht
n9|neun
n10|zehn
n12|zwolf
n14|vierzehn
n15|funfzehn
n20|zwanzig
n21|einundzwanzig
n24|vierundzwanzig
n30|dreissig,dreißig
n48|achtundvierzig
n60|sechzig
o1|erste,ersten,erster,erstes
o2|zweite,zweiten,zweites
o3|dritte,dritten,drittes
o4|vierte,vierten,viertes
a|etwa,ca,ca.,circa,rund,ungefahr,maximal,max,spatestens,langstens
Z1|weihnachten,weihnachtsfeiertagen,den feiertagen,heiligabend
Z2|ostern
Z3|neujahr
Z5|pfingsten
E5 y N1|neue jahr
W7|wochenende
c|rechnungen,rechnung,mal,positionen,mahnungen,mahnung,mitarbeiter,raten,rate,stuck,paletten,uhr,prozent,personen,lieferungen,strasse,str,stock,stocks
i|nr,nr.,rechnung,art,art.,artikel,auftrag,bestellung,angebot,position,pos,pos.,seite,az,az.,tel,tel.,kundennummer,plz,paragraf,abs,abs.,§,ziffer
j|zahllauf,zahlungslauf,lauf,uberweisung,zahlung
g|guten,schonen,schones,frohe,schone,gute,frohes
k|jeden,jede,jeder,alle,jeweils
_|guten morgen,schonen tag,am morgen,eines tages,den ganzen tag,letzten endes,heute nicht,bis heute,in den letzten,an dem tag,am tag,zu ende,erste mahnung,zweite mahnung,bis dato,tag und nacht,am ersten tag,im nachsten zahlungslauf,auf die letzte
"""

CUES = {
    "promise": (
        r"(?:werde|werden|wird|werd|wollen|will|kann|konnen|konnte|konnten|sollte|sollten|soll) (?:\S+ ){0,12}?(?:zahlen|bezahlen|bezahlt|uberweisen|uberwiesen|begleichen|beglichen|anweisen|angewiesen|ausgleichen|ausgeglichen|gezahlt|raus|erfolgen|ausgefuhrt|beglichen|gutgeschrieben|eingehen)"
        r"|(?:wird|werden|ist|sind|geht|gehen|kommt|kriegen|kriagst|kriegst|bekommen|erhalten|erfolgt|lauft|steht)\b|(?:uberweise|uberweisen|zahle|zahlen|bezahle|bezahlen|begleiche|begleichen|weise|weisen|mach|mache|machen|zahl|uberweis|schick|schicke|gleichen)\b"
        r"|mach i|(?:zahl|uberweis) (?:i|ma|ich)|habt ihr|geht das geld|zahllauf|zahlungslauf|eingeplant|vorgemerkt|freigegeben|vorgesehen|geplant|angewiesen|spatestens|versprochen|zugesagt|zahlungsziel|zahlung|uberweisung|terminiert"
    ),
    "paid": (
        r"(?:habe|haben|hab|hat|hatte|hatten|ham) (?:(?!(?:und|wird|werden|aber)\b)\S+ ){0,12}?(?:bezahlt|uberwiesen|gezahlt|beglichen|angewiesen|eingezahlt|ausgeglichen|abgebucht|veranlasst|getatigt|rausgeschickt)"
        r"|(?:wurde|wurden|ist|sind|is) (?:(?!(?:und|wird|werden|aber)\b)\S+ ){0,12}?(?:bezahlt|uberwiesen|gezahlt|beglichen|angewiesen|raus|rausgegangen|erledigt|ausgefuhrt|abgebucht|ausgeglichen|weg|belastet|gebucht)"
        r"|bezahlt|uberwiesen|beglichen|abgebucht|gezahlt|wertstellung|valuta|valutadatum|kontoauszug|raus|rausgegangen|uberweisung vom|zahlung vom|belastet|bezoit|zoit"
    ),
    "recall": (
        r"rechnung(?:en)? (?:\S+ ){0,4}?(?:vom|von|aus|datiert)|fallig (?:\w+ )?(?:am|seit|zum|war|gewesen)?|falligkeit (?:\w+ )?(?:am|vom|war|ist|zum)|zahlungserinnerung vom|mahnung (?:\S+ )?vom|(?:mail|e-mail|schreiben|brief|nachricht|bestellung|angebot|auftrag|lieferschein|gutschrift|vertrag|telefonat|gesprach) (?:\S+ ){0,3}?(?:vom|von|am)"
        r"|vom|seit|datiert|erhalten (?:am)?|eingegangen (?:am)?|ausgestellt (?:am)?"
    ),
    "other": (
        r"liefer\w*|geliefert|termin|besprech\w*|urlaub|betriebsferien|ruckkehr|zuruck|wieder (?:da|im)|geschlossen|offnungs\w*|geoffnet|bestell\w*|besuch\w*|baustelle|montage|montiert|abnahme|gericht|insolvenz\w*|eroffnet|anruf\w*|telefon\w*|meld\w*|ruckmeld\w*|antwort\w*|kundig\w*|gekundigt"
        r"|erhalten haben|bekommen haben|reklam\w*|gerugt|repar\w*|prufen|gepruft|pruf\w*|bescheid|klar\w*|gutacht\w*|lohne|gehalter|storn\w*|beanstand\w*|bemangel\w*|gemailt|geschrieben"
    ),
    "deny": r"nicht (?:vor|am|bis|zum|diese|mehr|in)|erst (?:nicht)?(?!\w)(?=x)|statt|keinesfalls|fruhestens|nicht (?:\w+ ){0,3}vor",
    "neutral": r"nicht spater als|kein problem|keine sorge|nicht nur|nicht bestritten",
    "run": r"(?:zahllauf|zahlungslauf|lauf|sammeluberweisung|zahllaufs) (?:vom|am|zum|des)?",
    "condition": r"sobald|falls|wenn sie|nach (?:erhalt|eingang|prufung|freigabe|klarung|zugang)|ab (?:erhalt|eingang)|vorbehaltlich|sofern|vorausgesetzt|konnten wir|konnte ich|ware|vielleicht",
    "not": r"(?:\bnicht\b|\bkein\w*|\bnie\b|\bned\b|\bnet\b)",
}
