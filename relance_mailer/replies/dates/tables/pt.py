"""Portuguese: the words of dates, and the words that tell what a date is of."""

COMMON = (
    "o os nos voce nao para com sua nossa nosso fatura factura pagamento obrigado esta uma do da temos bom dia boa tarde de em no na que e "
    "um ao se ja por mas foi semana mes transferencia segue cumprimentos ate vai vos bem as dias sera hoje amanha dos das isso este prazo"
)

WORDS = """
W1|segunda-feira,2a feira,2.a feira,segunda feira,2a-feira
W2|terca-feira,3a feira,terca feira,3a-feira
W3|quarta-feira,4a feira,quarta feira,4a-feira
W4|quinta-feira,5a feira,quinta feira,5a-feira
W5|sexta-feira,6a feira,sexta feira,6a-feira,sexta
W6|sabado
W7|domingo
w1|segunda
w2|terca
w3|quarta
w4|quinta
M1|janeiro,jan
M2|fevereiro,fev
M3|marco
M4|abril,abr
M5|maio
M6|junho,jun
M7|julho,jul
M8|agosto,ago
M9|setembro,set
M10|outubro,out
M11|novembro,nov
M12|dezembro,dez
m|mes,meses
s|semana,semanas
z|sem.
q|trimestre
y|ano
u|dias,dias corridos
b|dias uteis,dia util
H|horas,hora,h,hrs
E31|fim,final,finais,fins,ultimos
E5|inicio,principio,comeco,primeiros,inicios,principios
E15|meados,meio,a meio,metade,primeira quinzena,1a quinzena
E31 l|segunda quinzena,2a quinzena
N1|proximo,proxima,proximos,proximas,seguinte,que vem,q vem,que entra
L1|passado,passada,ultimo,ultima,anterior
T|este,esta,deste,desta,neste,nesta,corrente
C|do corrente,corrente,do corrente mes,decurso
l|de,do,da,o,os,as,d',dos,das,mes de
O|no dia,dia,no,na,o dia,ao dia,do dia,na,pelo dia
r|a
A|ao,ate ao,ate o,ate a,antes de,antes do,antes da,o mais tardar,no maximo ate,ate dia,ate ao dia,ate o dia,para,para o,para dia,para o dia,por volta do,por volta de
K|e,ou
I|no prazo de,num prazo de,em,dentro de,daqui a,em ate,no prazo maximo de,nos,nas,a,prazo de,ate,em cerca de,daqui
F|apos,depois de,depois do,apos o,apos a,a partir de
B|ha,faz
G|atras
V|vencimento,data de vencimento
R0|hj,hoje,hoje mesmo,ainda hoje,esta tarde,esta noite,esta manha,hoje de manha,hoje a tarde,agora mesmo,ao fim do dia,logo a tarde,fim do dia
R1|amanha,amanha de manha
R2|depois de amanha
R-1|ontem,ontem a tarde,ontem a noite
R-2|anteontem,antes de ontem
P|de manha,a tarde,a noite,tarde,noite
n1|um,uma
n2|dois,duas,par,par de,um par de
n3|tres
n4|quatro
n5|cinco
n6|seis
n7|sete
n8|oito
n9|nove
n10|dez
n12|doze
n14|catorze,quatorze
n15|quinze
n20|vinte
n24|vinte e quatro
n30|trinta
n45|quarenta e cinco
n48|quarenta e oito
n60|sessenta
n90|noventa
h10|dezena
h15|quinzena
o1|primeiro,primeira
o2|segundo
o3|terceiro,terceira
o4|quarto
a|cerca de,uns,umas,maximo,max,no maximo,aproximadamente,mais
Z1|natal,festas,as festas,das festas
Z2|pascoa
Z3|ano novo
Z8|carnaval
s N1|para a semana
W7|fim-de-semana,fim de semana que passou
E31 s|fim da semana,final da semana,fim de semana
E31 m|fim do mes,final do mes,fim de mes
c|faturas,facturas,fatura,factura,vezes,linhas,caixas,unidades,prestacoes,lembretes,pessoas,paletes,avisos,euros,reais,artigos,copias,vias,anos
i|n.,num,numero,ref,ref.,fatura,factura,encomenda,orcamento,guia,artigo,art,art.,pagina,linha,tel,tel.,rua,cep,nif,cnpj,ft,nf,pedido
j|lote,mapa,pagamentos,ordem de pagamentos,transferencia,remessa
g|bom,boa,boas,feliz,otimo,otima
k|cada,todos os,todas as,toda,todo
_|bom dia,em dia,o dia a dia,um dia,afinal,ate agora,ate hoje,hoje em dia,segunda via,segunda fatura,quarta parte,segunda prestacao,terca parte,segunda vez,a segunda via,dia a dia,ate a data,segunda factura,por fim,em tempo
"""

CUES = {
    "promise": (
        r"\w{2,}(?:aremos|eremos|iremos|arei|erei|irei|arao|erao|irao)\b|(?:pagarei|pagaremos|pagara|farei|faremos|fara|transferirei|transferiremos|liquidarei|liquidaremos|enviarei|enviaremos|efetuaremos|efectuaremos|regularizaremos|regularizarei|procederemos|sera|serao|saira|sairao|seguira|tera|terao|recebera|depositarei|depositaremos|quitaremos|cai|entra|vao|estara|ficara|ficam?)"
        r"|(?:vou|vamos|vai|posso|podemos|poderemos|conto|contamos|prevemos|pretendo|pretendemos|espero|esperamos|deve|devera|estamos a prever|consigo|conseguimos|tenho de|comprometo|comprometemos) (?:\S+ ){0,3}?(?:pagar\w*|fazer|faze-lo|transferir\w*|liquidar\w*|efetuar|efectuar|regularizar\w*|sair|ser|enviar|mandar|depositar|quitar|seguir|entrar|tratar)"
        r"|(?:pago|segue na|vao|faco|transfiro|mando|pagamos|fazemos|segue|sai|liquido|liquidamos|trato|deposito|paga|faz)\b|previst\w+|agendad\w+|programad\w+|sem falta|pagamento (?:para|sera|esta|no|ate|em)|transferencia (?:para|sera|esta|no|na|sai)|mapa de pagamentos|lote"
    ),
    "paid": (
        r"(?:foi|foram|ja|temos|tinha|esta|estao|ficou) (?:\S+ ){0,4}?(?:pag[oa]s?|liquidad\w*|transferid\w*|feit\w*|efetuad\w*|efectuad\w*|enviad\w*|regularizad\w*|debitad\w*|emitid\w*|quitad\w*|realizad\w*|processad\w*|saiu|paguei|pagamos)"
        r"|paguei|pagamos|fiz|fizemos|transferi|transferimos|liquidei|enviei|saiu|liquidad[oa]s?|pag[oa]s?\b|quitad[oa]|efetuad[oa]|data.valor|comprovativo|comprovante|transferencia (?:de|do dia|feita)|debitad[oa]|mandei|depositei"
    ),
    "recall": (
        r"fac?turas? (?:\S+ ){0,4}?(?:de|do|do dia|datada|emitida)|venc\w+ (?:\w+ )?(?:a|em|no dia|de|era|desde|do)?|(?:mail|email|e-mail|mensagem|carta|lembrete|aviso|encomenda|orcamento|contrato|guia|nota de credito|chamada|pedido) (?:\S+ ){0,3}?(?:de|do|do dia|datad\w)|desde (?:o)?|emitid\w+ (?:a|em)?|recebid\w+ (?:a|em|no dia)?|datad\w+"
    ),
    "other": (
        r"entreg\w*|reuniao|ferias|fechad\w*|encerrad\w*|volt\w*|regress\w*|horario|abert\w*|encomend\w*|visita\w*|obra|instal\w*|tribunal|insolvencia|per\b|declarad\w*|telefon\w*|lig\w*|respond\w*|resposta|recebe\w*|chega\w*|verific\w*|rescind\w*|avari\w*|reclam\w*|contest\w*|salarios|ordenados|confirm\w*|analis\w*|devolv\w*|avis\w*|montar|montagem|recebi"
    ),
    "deny": r"nao antes d\w+|nao (?:\w+ ){0,4}(?:antes d\w+|ate)|so depois|em vez d\w+|nao (?:e )?(?:no|na|em)|nunca antes",
    "neutral": r"o mais tardar|sem falta|nao se preocupe\w*|nao ha problema|nao so|sem problema",
    "run": r"(?:lote|mapa|pagamentos|ordem de pagamentos|remessa) (?:de|do|do dia|em)?",
    "condition": r"assim que|logo que|se (?:me|nos|o|a|for|voce|puder|vier|houver)|apos (?:a )?(?:rececao|recepcao|recebimento)|desde que|uma vez|mediante|poderiamos|poderia|podiamos|caso|depois de receb\w+|talvez",
    "not": r"(?:\bnao\b|\bnem\b|\bnunca\b|\bimpossivel\b)",
}
