"""Italian: the words of dates, and the words that tell what a date is of."""

COMMON = (
    "il gli noi lei non per con sua nostra nostro fattura pagamento grazie questa una della abbiamo buongiorno che sono di la del le un da "
    "in si vi ho e al ha ma come anche bonifico saluti mese giorno giorni settimana entro prossima prossimo fine salve ci mi se fatto delle "
    "alla domani oggi"
)

WORDS = """
W1|lunedi
W2|martedi
W3|mercoledi
W4|giovedi
W5|venerdi
W6|sabato
W7|domenica
M1|gennaio,gen,genn
M2|febbraio,feb,febb
M3|marzo
M4|aprile,apr
M5|maggio,mag
M6|giugno,giu
M7|luglio,lug
M8|agosto,ago
M9|settembre,sett,set
M10|ottobre,ott
M11|novembre,nov
M12|dicembre,dic
m|mese,mesi
s|settimana,settimane,sett.
s N1|sett prox,sett prossima,sett. prossima,sett. prox
q|trimestre
y|anno
u|giorni,giorno,gg,gg.,giorni di calendario
b|giorni lavorativi,gg lavorativi,giorno lavorativo,giorni bancari,giorni feriali
H|ore,ora,h
E31|fine,la fine,ultimi
E5|inizio,primi,inizi,ai primi,i primi,l'inizio
E15|meta,prima meta,prima quindicina
E31 l|seconda meta,seconda quindicina
E31 m|fm,f.m.,fine mese,fine del mese,fine mese corrente
E31 s|fine settimana
N1|prossimo,prossima,prossimi,prossime,successivo,successiva,entrante,p.v.,pv,seguente,ventura,venturo,che viene
L1|scorso,scorsa,passato,passata,u.s.,us,ultimo,ultima,precedente
T|questo,questa,quest',corrente
C|c.m.,cm,corr.,corr,corrente mese,del corrente mese,corrente,del corrente,nel corso
l|di,del,della,dello,dell',la,lo,i,gli,mese di,d'
O|il,l',giorno,il giorno,lo
r|all'
A|al,entro il,entro e non oltre il,entro e non oltre,entro l',prima di,prima del,prima della,prima delle,al,fino al,per il,per l',non oltre il,entro la,per,dal
K|e,o,oppure,ed
I|entro,tra,fra,in,nel giro di,nell'arco di,nei,nelle,entro i,nel,entro il termine di,a,entro massimo,entro un,ad,nel corso di,nel mese di
F|dopo,dopo il,dopo la,dalla,da
G|fa
V|scadenza,data di scadenza,data scadenza
R0|oggi,oggi stesso,stasera,stamattina,stamane,questa mattina,stamani,in giornata,questo pomeriggio,questa sera,adesso
R1|domani,domani mattina,domattina,domani pomeriggio
R2|dopodomani,dopo domani
R-1|ieri,ieri sera,ieri mattina
R-2|l'altro ieri,altro ieri,l'altroieri,avantieri,ieri l'altro
P|mattina,pomeriggio,sera,mattino
n1|un,una,uno
n2|due,paio,paio di,un paio di
n3|tre
n4|quattro
n5|cinque
n6|sei
n7|sette
n8|otto
n9|nove
n10|dieci
n12|dodici
n14|quattordici
n15|quindici
n20|venti
n24|ventiquattro
n30|trenta
n45|quarantacinque
n48|quarantotto
n60|sessanta
n90|novanta
h10|decina
h15|quindicina
o1|primo,prima
o2|secondo,seconda
o3|terzo,terza
o4|quarto,quarta
a|circa,massimo,max,altri,altre,circa un
Z1|natale,feste,le feste,delle feste,le feste natalizie,festivita
Z2|pasqua
Z3|capodanno
Z7|epifania,befana
E5 y N1|anno nuovo,nuovo anno
s T|in settimana,settimana in corso
W7|weekend,week-end
c|fatture,fattura,volte,righe,colli,pezzi,solleciti,rate,persone,bancali,euro,articoli,copie
i|n°,num,num.,numero,rif,rif.,fattura,ordine,preventivo,ddt,articolo,art,art.,pagina,riga,tel,tel.,via,cap,iva,p.iva
j|distinta,flusso,bonifico,pagamenti,lotto
g|buon,buona,buone,felice
k|ogni,tutti i,tutte le
_|a oggi,ad oggi,un giorno,giorno per giorno,al giorno,buon giorno,fin da,per ora,prima di tutto,prima volta,per prima,prima possibile,quanto prima,seconda volta,fino a oggi,il primo sollecito,di corrente,come prima,per primo
"""

CUES = {
    "promise": (
        r"\w{2,}(?:eremo|iremo|aremo|rremo|eranno|iranno|aranno|rranno|ero|iro|rro|rra)\b|(?:pago|saldo|faccio|verso|giro|mando|chiudo|sistemo|provvedo|paghiamo|facciamo|disponiamo|provvediamo|bonifichiamo|eseguiamo|pagano|viene|vengono)\b|pagar\w+|(?:paghero|pagheremo|paghera|faro|faremo|fara|saldero|salderemo|effettueremo|effettuero|effettuera|disporremo|disporro|invieremo|inviero|provvederemo|provvedero|provvede|provvederanno|bonifichero|bonificheremo|partira|partiranno|sara|saranno|eseguiremo|verseremo|verra|verranno|avra|avrete|riceverete|mettero|chiudero|chiudiamo)"
        r"|(?:vado|andiamo|conto|contiamo|prevediamo|previsto|posso|possiamo|potremo|potro|pensiamo|penso|dovrebbe|dovremmo|riesco|riusciamo|devo|vogliamo|impegniamo|impegno|cerco|cerchiamo) (?:\S+ ){0,3}?(?:pagar\w*|saldar\w*|fare|farlo|fartelo|farvi|effettuar\w*|disporre|bonificar\w*|partire|essere|chiuder\w*|versar\w*|provveder\w*|far\w*)"
        r"|(?:ti|te|vi|le|lo|la|li) (?:\w+ )?(?:pago|faccio|paghiamo|facciamo|mando|bonifico|verso|saldo|sistemo)|(?:paghiamo|saldiamo|disponiamo|facciamo|pago|faccio|va in|esce|parte|va) |faccio tutto|sistemo|in pagamento|previst\w+|programmat\w+|distinta|bonifico (?:il|per|entro|parte|sara|a|in|previsto)|pagamento (?:il|per|entro|e|sara|a|previsto|in)|senza fallo|ri\.?ba"
    ),
    "paid": (
        r"(?:ho|abbiamo|ha|hanno|e|sono|avevamo|avevo|risulta|risultano) (?:\S+ ){0,4}?(?:pagat\w*|saldat\w*|fatt[oa] (?:il|un) bonific\w*|effettuat\w*|dispost\w*|inviat\w*|bonificat\w*|versat\w*|partit\w*|eseguit\w*|addebitat\w*|stat\w*|fatto|spedit\w*)"
        r"|pagat[oaei]|saldat[oaei]|bonifico (?:del|di|in data|fatto|effettuato|eseguito|disposto|partito)|valuta|cro|addebit\w*|contabile|quietanz\w*|eseguit[oa]|effettuat[oa]|dispost[oa]|gia (?:pagat|saldat)\w*"
    ),
    "recall": (
        r"fattur[ae] (?:\S+ ){0,4}?(?:del|dell'|di|in data|datata)|scad\w+ (?:\w+ )?(?:il|del|dal|era|e|al)?|(?:mail|email|e-mail|messaggio|lettera|sollecito|ordine|preventivo|contratto|ddt|pec|telefonata|nota di credito|raccomandata) (?:\S+ ){0,3}?(?:del|dell'|di|in data)|dal|dall'|emess\w+ (?:il)?|ricevut\w+ (?:il)?|del|datat\w+"
    ),
    "other": (
        r"consegn\w*|riunione|appuntamento|ferie|chius[oaie]\w*|chiusura|torn\w*|rientr\w*|orari\w*|apert\w*|ordin\w+|visita\w*|cantiere|install\w*|tribunale|concordato|fallimento|telefon\w*|chiam\w*|sent\w*|rispost\w*|rispond\w*|ricev\w*|arriv\w*|verific\w*|disdett\w*|guast\w*|reclam\w*|contest\w*|stipendi|aggiorn\w*|far\w* sapere|conferm\w*|risc\w*|spedi\w*|sostitu\w*"
    ),
    "deny": r"non prima d\w+'?|non (?:\w+ ){0,4}prima d\w+'?|invece d\w+'?|anziche|non il|non entro|non per",
    "neutral": r"(?:e )?non oltre|non si preoccup\w*|non ti preoccup\w*|nessun problema|non solo|senza fallo",
    "run": r"(?:distinta|flusso|lotto|valuta|scadenza di pagamento|pagamenti) (?:del|dell'|di|al|il)?",
    "condition": r"appena arriv\w+|se (?:mi|ci|vi|ti|si|lei|il|la|potete)|una volta|al ricevimento|dal ricevimento|dopo (?:aver|il ricevimento|ricezione)|a condizione|potremmo|potrei|sarebbe possibile|qualora|previa|forse|ricevut[oa] (?:il|la)",
    "not": r"(?:\bnon\b|\bmai\b|\bimpossibile\b|\bno\b)",
}
