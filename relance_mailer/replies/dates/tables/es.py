"""Spanish: the words of dates, and the words that tell what a date is of."""

COMMON = (
    "el los las nosotros usted es no para con su nuestra nuestro factura pago gracias por esta una del hemos buenos dias estimado que de la "
    "en un se lo le ya y al les mi me pero semana mes dia transferencia hola saludos buenas esto son hay fecha viene proxima proximo hoy"
)

WORDS = """
W1|lunes
W2|martes
W3|miercoles
W4|jueves
W5|viernes
W6|sabado
W7|domingo
M1|enero,ene
M2|febrero,feb
M3|marzo
M4|abril,abr
M5|mayo
M6|junio,jun
M7|julio,jul
M8|agosto,ago
M9|septiembre,setiembre,sept,sep
M10|octubre,oct
M11|noviembre,nov
M12|diciembre,dic
m|mes,meses
s|semana,semanas
z|sem.
q|trimestre
y|ano,anos
u|dias,dia,dias naturales,dias corridos
b|dias habiles,dias laborables,dia habil,dia laborable
H|horas,hora,h,hs
E31|fin,finales,final,fines,ultimos
E5|principios,primeros,principio,inicios,inicio,comienzos
E15|mediados,mitad,primera quincena
E31 l|segunda quincena
N1|proximo,proxima,proximos,proximas,siguiente,que viene,que entra,q viene,entrante,venidero,q entra
L1|pasado,pasada,ultimo,ultima,anterior
s N1|la otra semana,otra semana
T|este,esta,estos,presente,en curso
C|de los corrientes,del corriente,corriente,del presente,cte,cte.,los corrientes
l|de,del,la,las,los,mes de,el dia
O|el,dia,el dia
r|hasta
A|al,antes de,antes del,antes de el,hasta el,para el,a mas tardar,como muy tarde,a mas tardar el,como maximo el,para,hasta,sobre el,hacia el
K|y,o,u
I|en,dentro de,en un plazo de,en el plazo de,en un plazo maximo de,en el plazo maximo de,en los,en unos,a,plazo de,en unas,en las,en el mes de,de aqui a
F|despues del,despues de,tras,desde,a partir de
B|hace,hara
V|vencimiento,fecha de vencimiento
R0|hoy,hoy mismo,esta tarde,esta noche,esta manana,este mediodia,ahora mismo,a ultima hora,hoy por la tarde
R1|manana,manana mismo,manana por la manana
R2|pasado manana
R-1|ayer,ayer tarde,ayer por la tarde,anoche
R-2|anteayer,antes de ayer,antier
P|por la manana,por la tarde,tarde,noche,mediodia,a primera hora,a ultima hora
n1|un,una,uno
n2|dos,par,par de,un par de
n3|tres
n4|cuatro
n5|cinco
n6|seis
n7|siete
n8|ocho
n9|nueve
n10|diez
n12|doce
n14|catorce
n15|quince
n20|veinte
n24|veinticuatro
n30|treinta
n45|cuarenta y cinco
n48|cuarenta y ocho
n60|sesenta
n90|noventa
h10|decena
h15|quincena
o1|primer,primero,primera
o2|segundo,segunda
o3|tercer,tercero,tercera
o4|cuarto,cuarta
a|unos,unas,aproximadamente,maximo,max,como maximo,escasos,alrededor de
Z1|navidad,navidades,las fiestas,fiestas navidenas,las navidades
Z2|semana santa,pascua
Z3|ano nuevo
Z7|reyes
c|facturas,factura,veces,lineas,cajas,unidades,pagos,plazos,recordatorios,personas,palets,avisos,euros,articulos,ejemplares,entregas
i|n°,num,num.,numero,ref,factura,pedido,presupuesto,albaran,articulo,art,art.,pagina,linea,tel,tel.,expediente,calle,c/,cp
j|remesa,pagos,transferencia,pago,propuesta de pago,lote
g|buen,buena,buenas,buenos,feliz
k|cada,todos los,todas las
_|buenos dias,buen dia,al dia,hoy en dia,por fin,a fin de que,un dia,dia a dia,hasta la fecha,a dia de hoy,hasta hoy,de una vez,desde hace,primera vez,segunda vez,ultimos dias,en ultimo,el dia a dia,el otro dia,por mi parte
E31 m|a fin de mes,fin de mes,final de mes,fm
E31 y|fin de ano,final de ano
"""

CUES = {
    "promise": (
        r"\w{2,}(?:aremos|eremos|iremos|dremos|aran|dran|iran|are|dre|ire|dra|ira)\b|(?:pago|abono|hago|ingreso|transfiero|liquido|envio|mando|giro|deposito|cancelo|paso|meto|bajo|arreglo)\b|pagarl\w|abonarl\w|cobrar\w*|queda (?:pagad|programad|abonad)\w*|(?:pagare|pagaremos|pagara|abonare|abonaremos|abonara|hare|haremos|hara|realizare|realizaremos|realizara|transferire|transferiremos|liquidare|liquidaremos|ingresare|ingresaremos|enviare|enviaremos|mandare|saldra|saldran|procederemos|procedere|efectuaremos|efectuara|tendra|tendran|recibira|entrara|entran|regularizaremos|cancelaremos)"
        r"|(?:va|voy|vamos|van|puedo|podemos|podremos|podre|pienso|esperamos|espero|tengo previsto|esta previsto|debe|deberia|intentaremos|comprometo|comprometemos|tenemos previsto|queda) (?:\S+ ){0,3}?(?:pagar\w*|abonar\w*|hacer\w*|realizar\w*|transferir\w*|liquidar\w*|ingresar\w*|mandar\w*|enviar\w*|salir|ser|efectuar\w*|cobrar|programad\w*|cancelar\w*)"
        r"|(?:te|le|os|se|lo|les|la) (?:\w+ )?(?:pago|hago|abono|ingreso|mando|transfiero|paga|hace|abona|pagamos|hacemos|ingresa|ingresamos|abonamos|envio)|incluira|ejecutara|repito|lo tiene|la tiene|sera pagada|se pagara|previst\w+|programad\w+|remesa|sin falta|compromiso|fecha de pago|dia de pago|pago para|pago el|pagamos|se paga|sale|transferencia (?:el|para|de|sera|saldra)"
    ),
    "paid": (
        r"(?:he|hemos|ha|han|habiamos|habia|fue|fueron|esta|estan|quedo) (?:\S+ ){0,4}?(?:pagad\w*|abonad\w*|hech\w*|realizad\w*|transferid\w*|liquidad\w*|ingresad\w*|enviad\w*|mandad\w*|efectuad\w*|cargad\w*|salido|emitid\w*|saldad\w*|ordenad\w*|cobrad\w*)"
        r"|se (?:realizo|efectuo|ordeno|curso|pago)|cursad\w+|pague|pagamos|hice|hicimos|abone|abonamos|transferi|ingrese|ingresamos|mande|envie|salio|se pago|se hizo|se abono|se realizo|pagad[oa]s?|abonad[oa]s?|cargo en cuenta|fecha valor|transferencia (?:del|de fecha|con fecha)|justificante|realizad[oa]"
    ),
    "recall": (
        r"facturas? (?:\S+ ){0,4}?(?:del|de|con fecha|de fecha|emitida el)|venc\w+ (?:\w+ )?(?:el|del|es|era|desde|fue)?|(?:correo|mensaje|email|e-mail|carta|recordatorio|aviso|pedido|albaran|presupuesto|contrato|reclamacion|llamada|burofax) (?:\S+ ){0,3}?(?:del|de|de fecha|con fecha)|desde (?:el)?|emitida (?:el)?|recibid\w+ (?:el)?|con fecha|de fecha"
    ),
    "other": (
        r"entreg\w*|reunion|cita|vacaciones|cerrad\w*|cerramos|vuelv\w*|vuelt\w*|regres\w*|horario|abiert\w*|pedido|visita\w*|obra|instal\w*|juzgado|concurso|auto|declarad\w*|llam\w*|telefon\w*|respond\w*|respuesta|conteste\w*|contest\w*|recib\w*|lleg\w*|revis\w*|rescind\w*|cancelad\w* el|averi\w*|reclam\w*|nominas|dev\w*|avis\w*|baja"
    ),
    "deny": r"no antes d\w+|no (?:\w+ ){0,4}(?:antes d\w+|hasta)|en (?:vez|lugar) d\w+|no el|nunca antes|no (?:es )?para",
    "neutral": r"no mas tarde d\w+|a no mas tardar|no te preocupes|no se preocupe\w*|sin falta|no hay problema|no solo",
    "run": r"(?:remesa|lote|dia de pago|pagos) (?:del|de|el)?",
    "condition": r"en cuanto|si (?:me|nos|te|os|usted|se|la|el|podemos|llega)|una vez|tras (?:recibir|la recepcion)|a partir de la recepcion|siempre que|desde la recepcion|podria\w*|podriamos|tan pronto|a la recepcion|despues de recibir|quiza|quizas",
    "not": r"(?:\bno\b|\bni\b|\bnunca\b|\bimposible\b)",
}
