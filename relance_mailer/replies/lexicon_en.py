"""What English answers to a reminder say, as patterns on folded text (see `lexicon.compiled`)."""

from __future__ import annotations

from relance_mailer.replies.lexicon import rules
from relance_mailer.replies.model import Intent

_MACROS = {
    "payn": r"(?:payments?|transfers?|remittances?|wires?|bacs|cheques?|checks?|funds|money|settlement|chaps|ach|direct credit)",
    "paid": r"(?:paid|settled|cleared|transferred|wired|remitted|actioned for payment)",
    "pay": r"(?:pay|settle|clear|transfer|wire|remit)",
    "sent": r"(?:sent|made|issued|released|executed|processed|initiated|posted|completed|gone|left|went|credited|debited|cashed)",
    "have": r"(?:have|has|had|'ve|'s)",
    "goods": r"(?:goods|orders?|parcels?|shipments?|deliver(?:y|ies)|items?|pallets?|products?|equipment|units?|materials?|services?|works?|boxes"
    r"|cartons?|machines?|installation|parts?|consignments?)",
    "doc": r"(?:cop(?:y|ies)|duplicate|invoices?|pdfs?|purchase orders?|p\.?o\.?s?(?: numbers?| no\.?| ref\w*)?|bank (?:account )?details|iban|account number"
    r"|sort code|remittance details|statements?|delivery notes?|pods?|proof of delivery|breakdown|timesheets?|w-?9|vat number|details|explanation"
    r"|supporting documents?|documents?|documentation|backup|signed contract|clarification|work order|packing slip|bill of lading|attachments?|order number)(?![\w.-]{0,40}@)",
    "ask": r"(?:please|kindly|could you|can you|would you|will you|may we have|can we have|could we (?:have|get)|could i (?:have|get)|can i (?:have|get)|we need|i need|need|needs|require|requires"
    r"|requires?d?|waiting (?:for|on)|awaiting|await|missing|without|lacks?|don't have|do not have|haven't got|grateful if|appreciate if|until we (?:have|receive|get)"
    r"|would like|would you mind|we'd need|able to|pls|plz)",
    "give": r"(?:send|resend|re-send|forward|provide|supply|share|email|e-mail|attach|let (?:us|me) have|give|confirm|advise|get|have|receive|issue|quote|explain|clarify|upload|submit|re-issue|reissue|furnish)",
    "wrong": r"(?:wrong|incorrect|too high|not correct|higher than|differs?|does(?: not|n't) match|do(?: not|n't) match|mismatch|overstated|inaccurate|doesn't agree|not what)",
    "soon": r"(?:on|by|before|this|next|tomorrow|today|at|within|in|end|early|mid|week|monday|tuesday|wednesday|thursday|friday|the|beginning|later|shortly|once|after)",
}

_TABLE = (
    (
        Intent.INSOLVENCY,
        0.97,
        "",
        False,
        (
            r"\b(?:in|into|under|entered|enter|entering|to) (?:\w+ )?(?:voluntary |compulsory |creditors' voluntary |creditors voluntary |pre-pack )?(?:administration|liquidation|receivership|insolvency|bankruptcy|examinership)\b(?! (?:department|team|office|dept))",
            r"\bchapter (?:7|11|13|seven|eleven)\b|\binsolven(?:t|cy)\b(?! practitioners association)|\bbankrupt\w*|\bwound[-\s]up\b|\bwinding[-\s]up\b|\bcompany voluntary arrangement|\bcva\b",
            r"\b(?:joint )?(?:administrators?|liquidators?|receivers?|trustee in bankruptcy) (?:have|has|had|were|was|is|are)(?: \S+){0,2} appointed|\bappoint\w+<..40>\b(?:administrators?|liquidators?|receivers?)\b",
            r"\bjoint administrators\b|\bofficial receiver\b|\bliquidators?\b|\bproofs? of (?:debt|claim)|\bceased trading\b|\bcreditors' meeting|\bmeeting of creditors|\badministration order|\bfiled for (?:protection|bankruptcy|insolvency)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.92,
        "price",
        True,
        (
            r"\b(?:price|prices|pricing|rate|rates|amount|total|vat|discount|tax|figure|unit price)s?\b<..60>\b<wrong>\b|\b<wrong> (?:price|rate|amount|vat|discount|pricing|total|unit price)",
            r"\bover-?charged?\w*|\bover-?billed|\bover-?priced|\bovercharge\b|\b(?:charged|billed|invoiced)(?: \S+){0,6} (?:instead of|rather than|too much|twice the)",
            r"\b(?:discount|rate|price|quote|quoted|agreed)\b<..60>(?:not (?:been )?(?:applied|deducted|honou?red)|missing|instead of|we agreed|was agreed|not what|but (?:you|the invoice|we were))",
            r"\bdoes(?: not|n't) (?:match|correspond to|agree with|reflect)<0-4>(?:quote|quotation|order|po|purchase order|price|contract|agreement)",
            r"\b(?:price|amount|rate|vat)s? (?:is|are|has been|have been|to be|be) (?:corrected|amended|revised|fixed)",
            r"\b(?:pricing|price|billing) (?:error|discrepancy|difference|mistake|issue|query)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "quantity",
        True,
        (
            r"\b(?:only|just) (?:received|got|delivered|had)\b|\b(?:received|got|delivered) only\b|\bshort(?:age|[-\s]?shipped|[-\s]delivered|[-\s]delivery| delivery| by \d)|\b(?:quantity|quantities|qty)\b<..60>(?:<wrong>|short|invoiced|billed|delivered)",
            r"\b(?:partial|incomplete) (?:delivery|shipment|order)|\b(?:\d+|two|three|four|five|six|ten|several|some) (?:\S+ ){0,3}(?:were |was |are |is )?missing\b(?! from (?:our|my) (?:records|files|inbox))|\b(?:hours|days|units|items)<..40>(?:instead of|but (?:we|you|only)|rather than|more than (?:we|were|was))",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "quality",
        True,
        (
            r"\bdefective\b|\bfaulty\b|\bdamaged?\b|\bbroken\b(?! down)|\b(?:poor|substandard|sub-standard|bad|inferior) (?:quality|workmanship|work|service)|\bnot (?:up to|fit for|of satisfactory|as described|to spec\w*|to the agreed|in working)|\b(?:does|do|did)(?: not|n't) work\b|\bnot working\b|\bdefects?\b|\bsnag\w*|\bstopped working|\bunsatisfactory\b|\bnot satisfied\b|\bunhappy with\b|\bleak(?:s|ing|ed)?\b|\bnot (?:been )?(?:finished|completed properly)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.92,
        "not_delivered",
        True,
        (
            r"\b(?:never|not|n't|yet to|still waiting|nothing)(?: \S+){0,4} (?:received|receive|delivered|arrived|deliver|turned up|shipped|got)(?: (?:the|our|these|those|any|your|this|that|all|of|any of|rest)){0,3} <goods>\b(?! notes?| details)",
            r"\b<goods>\b(?!\snotes?)<..50>\b(?:never|not|n't|yet to|still)(?: \S+){0,3} (?:received|delivered|arrived|turned up|shipped|completed|performed|carried out|provided|outstanding|started|installed|dispatched|been delivered)\b",
            r"\b(?:still )?(?:waiting for|awaiting)<0-3>(?:delivery|goods|shipment|rest of the order|remaining items|replacement)|\b(?:delivered|delivery was|arrived)(?: \S+){0,4} late\b|\blate deliver(?:y|ies)|\bnon-delivery|\bundelivered",
            r"\b(?:not|n't|never) (?:been )?(?:delivered|carried out|performed)\b",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "not_ordered",
        True,
        (
            r"\b(?:never|not|n't|nothing|nobody|no one)(?: \S+){0,3} (?:ordered|order|requested|request|signed up|authori[sz]ed|commissioned|asked for|agreed to|place[d]?)\b(?! (?:number|ref))|\bno (?:such )?(?:order|contract|agreement) (?:was |has |from |with |on )|\bunsolicited|\bunauthori[sz]ed",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "duplicate",
        True,
        (
            r"\b(?:is|are|was|be|looks like|appears to be|seems to be|as)(?: \S+)? (?:a )?duplicate\b|\bduplicated?\b(?! (?:copy|of the invoice|invoice,? please))|\b(?:billed|invoiced|charged)(?: \S+){0,4} (?:twice|already)|\balready (?:been )?(?:invoiced|billed|charged)|\bdouble[-\s](?:billed|billing|charged|invoiced)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.88,
        "wrong_company",
        True,
        (
            r"\b(?:wrong|different|another|incorrect) (?:company|entity|legal entity|business|firm|customer)|\b(?:not|n't|never)(?: \S+){0,3} (?:a )?(?:your customer|customer of yours|your client|client of yours|our company|our invoice|ours|addressed to us|dealt with you|done business|do business)",
            r"\b(?:we|i) (?:do not|don't|have no|have never had)(?: \S+)? (?:have )?an? account with you|\bnot (?:for|related to) (?:us|our company)\b|\bnothing to do with (?:us|our company)",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "contract_ended",
        True,
        (
            r"\b(?:contract|subscription|agreement|service|lease|licen[cs]e|membership|account|order)s?\b<..50>\b(?:terminated|cancelled|canceled|ended|expired|ceased|lapsed|came to an end)|\b(?:cancelled|canceled|terminated|ended)<0-4>(?:contract|subscription|agreement|service|lease|licen[cs]e|membership|order)|\bgave (?:\S+ ){0,3}notice\b",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "credit_note_due",
        True,
        (
            r"\bcredit (?:note|memo|invoice)s?\b|\b(?:issue|raise|send|owe|await\w*|expect\w*|for)(?: \S+){0,2} (?:a |the )?credit (?:for|against|to our)\b|\bcorrected invoice|\brevised invoice|\bamended invoice",
        ),
    ),
    (
        Intent.DISPUTE,
        0.93,
        "refusal",
        True,
        (
            r"\brefus(?:e|es|ing|al) (?:to (?:<pay>|make)|payment|of payment)|\b(?:will not|won't|not going to|shall not|not be|no intention of|not prepared to|not willing to)(?: be)? (?:<pay>(?:ing|ling)?|paying|settling|making (?:any |this )?payment)\b(?! (?:before|until (?:the )?\d|till|today|this week))",
            r"\b(?:do not|don't) owe\b|\bowe you nothing|\bnot (?:liable|payable)\b|\bnothing (?:is )?(?:due|owed|owing)\b",
        ),
    ),
    (
        Intent.DISPUTE,
        0.9,
        "other",
        False,
        (
            r"\bdisput(?:e|ed|es|ing)\b|\bcontest(?:ed|ing)?\b|\b(?:in|under|raised a) query\b|\bqueried\b|\bchalleng(?:e|ing) (?:this|the|these|your) (?:invoice|charge|amount)|\bobject to\b|\bliability is denied|\bcancel (?:this|the|your|that) (?:invoice|bill|charge)|\breturned (?:\S+ )?<goods>|\bcomplaints?\b|\bwithh(?:old|olding|eld)\b",
        ),
    ),
    (
        Intent.DISPUTE,
        0.88,
        "other",
        True,
        (
            r"\b(?:do not|don't|cannot|can't) (?:agree|accept)\b|\bdisagree\b|\bnot (?:due|owed|justified|valid|owing)\b(?! (?:yet|until|for|before|till))|\bon hold (?:pending|because|due|until)",
        ),
    ),
    # --- already paid
    (
        Intent.ALREADY_PAID,
        0.92,
        "",
        False,
        (
            r"\b(?:we|i|they|it|accounts|finance|invoice|and|which|all|our \w+|\d+)(?:<have>| <have>)?(?: (?!be\b|to\b|get|are\b|is\b|will\b|'ll|been able|being)\S+){0,2} <paid>\b",
            r"\b(?:was|were|has been|have been|had been|is|are|been|got)(?: (?!to|being|not be)\S+){0,3} <paid>\b(?! (?:on \S+ terms|within|in \d+ days|by the end|next|at the end|once|as soon|when|out next|tomorrow))",
            r"\b<payn>(?: (?!will|is due|to|should|would|can|be|being|scheduled|planned|not|run|for)\S+){0,6} <sent>\b(?! (?:tomorrow|next|on (?:monday|tuesday|wednesday|thursday|friday) next))",
            r"\b(?:we|i|they)(?: <have>|<have>)?(?: \S+){0,2} (?:sent|made|issued|released|processed|initiated|executed|posted|completed)(?: (?!for|your|to)\S+){0,4} <payn>\b",
        ),
    ),
    (
        Intent.ALREADY_PAID,
        0.8,
        "",
        False,
        (
            r"\b(?:proof|confirmation|copy|evidence|receipt|advice|swift)s?(?: \S+){0,2} (?:of|for) (?:the |our |this )?<payn>|\b(?:remittance|payment|transfer) (?:advice|confirmation|receipt|proof|slip)\b|\b(?:see|find)<0-3>(?:proof|remittance)|\bremittance (?:\S+ )?(?:attached|enclosed|below)|\battached (?:is )?(?:the |our )?remittance",
            r"\b(?:our|the|my) <payn> (?:of|dated|on|from|reference|ref) ?<0-4>\d|\balready (?:been )?(?:<paid>|processed|sent)\b",
            r"^(?:already |this was |it was |that was )?(?:paid|settled|cleared|done)\b(?! up)|\bpaid (?:on|by (?:bacs|bank|wire|cheque|check|card|transfer)|via|yesterday|last|this morning|in full|today|already|\d)|\b(?:left|debited from|cleared|came out of) our (?:bank|account)|\bcheque is in the (?:post|mail)|\bcheck is in the mail|\bcashed\b",
            r"\b(?:should|you will|you'll)(?: \S+)? have (?:received|got|had)<0-3><payn>|\b(?:have|did) you (?:not )?receive<..20>(?:our|the|my) <payn>|\bpayment (?:has )?(?:already )?(?:gone|left|went) (?:out|through|off)|\b(?:went|gone) out (?:on|yesterday|this morning|last|today)",
        ),
    ),
    # --- promise
    (
        Intent.PROMISE_TO_PAY,
        0.92,
        "",
        False,
        (
            r"\b(?:will|'ll|shall|going to)(?: \S+){0,3} (?:<pay>\b(?! (?:attention|your|you a))|be <paid>|be (?:made|paid|sent|released|processed|settled|issued|included|on)\b(?=<..60>(?:<payn>|\bpaid|<soon>)))",
            r"\b<payn>(?: \S+){0,5} (?:will|'ll|shall) (?:\S+ )?(?:be|go|leave|reach|follow|arrive|happen|clear|hit|land)",
            r"\b(?:will|'ll|shall)(?: \S+){0,3} (?:make|send|issue|process|release|arrange|schedule|action|execute|effect|post|raise|initiate)(?: \S+){0,5} (?:<payn>|payment run)\b",
            r"\b(?:commit|undertake|promise|guarantee|confirm)(?: \S+){0,4} (?:to (?:<pay>|make)|<payn> (?:by|on|will))|\bwill have (?:it|this|them|the \S+) (?:paid|settled|cleared)|\byou(?:'ll| will)(?: \S+)? (?:have|receive|get|see)<0-4>(?:<payn>)",
        ),
    ),
    (
        Intent.PROMISE_TO_PAY,
        0.82,
        "",
        False,
        (
            r"\b(?:is|are|has been|have been|it's|we have|have|been)(?: \S+){0,2} (?:scheduled|planned|due to be paid|set up|approved|lined up|queued|included|down)(?: \S+){0,3} (?:for|to be|in|on) ?(?:\S+ ){0,4}(?:<payn>|paid|run|release|<soon>)",
            r"\b<payn>(?: \S+){0,4} (?:is|are|has been|should be|due|expected|scheduled|planned|set|is due)(?: \S+)? (?:scheduled|planned|due|set|expected|programmed|to (?:go|leave|be)|on its way|in progress|being processed|going out|leaving|for|out|made|with you|sent)\b",
            r"\b(?:next|upcoming|this week's|our|the|friday's|today's|tomorrow's|weekly|monthly|month-end)(?: \S+)? (?:payment|pay|bacs|cheque|check|ap|supplier) run\b|\bpayment run (?:on|of|this|next)|\bpay run\b",
            r"\b(?:we|i|we're|i'm|we are|i am)(?: (?:are|am|intend|plan|aim|expect|to|planning|aiming|intending|hope|hoping|be|now|just))* (?:paying|settling|arranging payment|processing (?:the |this |your )?payment|making (?:the |this |a )?payment|transferring|<pay>) (?:this|it|the|you|your|on|by|today|tomorrow|next|in|all|both|invoice|them|within)\b",
            r"\bexpect(?: to receive)? (?:the |our |your )?(?:payment|funds)|\b<payn> (?:by|on|next|this|tomorrow|today|end of|within) \S+|\b(?:will|'ll) (?:get |have )?(?:sort|fix|do) (?:it|this|that)\b|\bshould (?:be paid|go out|be with you|be settled|be released|leave)\b|\bwill (?:be sorted|sort (?:it|this)|take care of (?:the |this )?(?:payment|it)|get (?:this|it) (?:paid|sorted|settled))\b",
            r"\b(?:due|set|scheduled|approved|passed|released|cleared|processed) for payment\b|\bto be paid (?:on|by|in|next|this|with|at)\b|\bwill (?:be )?pa(?:y|id)\b|\b<payn>(?: \S+){0,3} (?:goes|go|going|leaves) out\b|\bwill (?:go|leave|be sent|be made)(?: out)? (?:on|by|today|tomorrow|next|this|at)\b",
        ),
    ),
    # --- payment plan
    (
        Intent.PAYMENT_PLAN,
        0.92,
        "",
        False,
        (
            r"\binstal+ments?\b|\b(?:payment|repayment) (?:plan|schedule|arrangement)s?\b|\bspread(?:ing)? (?:the |this |it |out )*(?:payments?|cost|balance|over|amount)|\bstaged payments?|\bpay(?:ing)? (?:it |this )?(?:in|over) (?:two|three|four|five|six|\d+|several) (?:parts|payments|months|instal\w+|weeks|goes)|\b(?:two|three|four|five|six|\d+) (?:equal |monthly |weekly )+(?:payments|transfers)",
            r"\b(?:half|50 ?%|part payment|part-payment|partial payment|deposit|first payment|a third|\d+ ?%|some of it)\b<..100>\b(?:balance|rest|remainder|other half|second|remaining|remainder)\b|\bper month until|\ba month until|\beach month until",
        ),
    ),
    (
        Intent.PAYMENT_PLAN,
        0.88,
        "",
        False,
        (
            r"\b(?:grant|give|allow|extend|extension|need|ask|asking|request|requesting|possible|could|would|can|may|accept|consider|agree|appreciate|grateful)\b<..70>(?:\bextensions?\b|\bextra (?:time|days|weeks?|month)|\bmore time|\b(?:\d+|few|couple of|two|three|\w+) (?:more|extra|additional|further) (?:days|weeks?|months?)|\bdefer\w*|\bpostpone\w*|\bdelay (?:the |this |our )?payment|\bpush (?:\S+ ){0,3}back|\bgrace\b|\bextend(?: \S+){0,3} (?:due date|terms|deadline|payment)|\badditional time|\blonger to pay)",
            r"\b(?:could|can|may|might|would|possible|ok|okay|acceptable|alright|mind)\b(?! you (?:please )?<give>)[^.!]{0,70}\b(?:<pay>|paid|payment)\b(?! by (?:card|cheque|check|transfer|credit)| (?:details|advice|into|terms)| to (?:your|the) (?:new|old))[^.!]{0,80}\?",
            r"\b(?:propose|suggest|offer|offering)\b<..60>(?:<pay>|payments?|[£$€] ?\d|\d ?(?:eur|gbp|usd))",
        ),
    ),
    # --- hardship
    (
        Intent.HARDSHIP,
        0.9,
        "",
        True,
        (
            r"\bcash[-\s]?flow\b(?! statement)|\b(?:financial|trading|liquidity) (?:difficult\w+|problems?|trouble|hardship|pressure|issues?)|\b(?:short of|run out of|no|lack of|enough|insufficient) (?:cash|funds|money|liquidity)\b|\bstruggling\b|\b(?:times are|things are|business is) (?:very |really |so |a bit )?(?:hard|tough|tight|difficult|slow)|\bmoney is (?:very )?tight|\bcash is (?:very )?tight",
            r"\b(?:cannot|can't|can not|unable to|not able to|not in a position to|couldn't|impossible to|can ?not currently)(?: \S+){0,3} (?:<pay>|make (?:\S+ ){0,3}payment|afford)\b(?!<..60>(?:\bwithout\b|until (?:we|you|i) (?:have|receive|get|send)|unless))|\b(?:waiting (?:for|on)|until) (?:our|my|a|the)(?: own)? (?:customers?|clients?)(?:'s|'| \S+){0,2} (?:pay|paid|to pay|payments?)|\boverdrawn\b|\bcan't afford|\bdon't have the (?:money|funds|cash)",
        ),
    ),
    # --- document request
    (
        Intent.DOCUMENT_REQUEST,
        0.9,
        "",
        True,
        (
            r"\b<ask><..30>\b<give><..40>\b<doc>(?!\w)",
            r"\b(?:as soon as|once|upon|subject to|when|if)\b<..25>(?:receive|have|get|receipt of|send us|provide|supply)\b<..25>\b<doc>(?!\w)",
            r"\b(?:we need|i need|need|needs|require|requires|waiting (?:for|on)|awaiting|await|missing|without|lacks|until we (?:have|receive|get)|don't have|do not have|may we have|can we have|could we (?:have|get)|can i (?:have|get)|could i (?:have|get))(?: (?!corrected|revised|credit)\S+){0,4}\s(?:<doc>)(?!\w)",
            r"\b(?:never|not|n't|no)(?: \S+){0,3} (?:received|receive|seen|see|have|had|got|find|trace|locate|record|traced?|got)(?: \S+){0,5} (?:invoices?|original|cop(?:y|ies)|bill)\b|\bno (?:record|trace|copy|sign) of\b|\bnot on (?:our|the) (?:system|ledger|account)\b|\binvoices?\b<..30>\b(?:not|never|n't) (?:been )?(?:received|reached|arrived|attached|on our system|in our system)",
            r"\b(?:po|p\.o\.|purchase order|order)(?: number| no\.?| reference| ref)?\b<..30>\b(?:missing|required|not (?:quoted|shown|on|mentioned|included|stated)|needed|mandatory|invalid)|\bno (?:po|purchase order)\b|\bpo (?:number )?is (?:missing|required)",
            r"\bwhat (?:is|are|was|were|does|do)(?: \S+){0,6} (?:for|relate to|about|refer to|cover|correspond to)\?|\bwhich (?:bank|account|iban|order|invoice|invoices|project|service)<..60>\?|\bwhat (?:is|are) your (?:bank|iban|account|payment) ?(?:details|number)?|\b(?:send|resend|re-send|forward)(?: \S+){0,4} (?:again|through again|over again|one more time)\b|\b(?:resend|re-send)\b|\bre-?submit\w*|\bthrough (?:our|the) (?:supplier )?portal|\b(?:confirm|verify|check) (?:\S+ ){0,2}(?:bank|account|banking) details|\bcannot open (?:the|your) attachment|\battachment<..20>(?:missing|empty|corrupt\w*|won't open)|\bno attachment|\b(?:raise|issue|re-?issue|send) (?:us )?(?:a new|a fresh|another) invoice|\bre-?issue (?:the|this|your) invoice",
        ),
    ),
    # --- wrong contact
    (
        Intent.WRONG_CONTACT,
        0.9,
        "",
        True,
        (
            r"\bno longer (?:works?|working|with|employed|at|in charge|responsible|handles?|deals?|dealing|the (?:right|correct)|looks? after|part of|here|manages?)|\b(?:has|have) left (?:the |our |us|this )|\bleft the (?:company|business|organi[sz]ation|firm)|\b(?:not|n't)(?: \S+)? (?:the )?(?:right|correct|best) (?:person|contact|department|address|team)|\bwrong (?:person|contact|department|address|team|email|e-mail|recipient)|\b(?:not|n't) (?:responsible for|in charge of|handle|deal with|work (?:there|here|for))",
            r"\b(?:please|kindly|should|must|need to|can you|could you|pls)?<..20>\b(?:contact|write to|email|e-mail|send|direct|address|reach out to|forward|redirect|speak to|get in touch with|copy in|use|redirected to|sent to|addressed to)\b(?! me\b| us\b| you\b)<..60>\S+@\S+|\b(?:contact|write to|speak to|get in touch with|reach out to|direct (?:this|your \w+) to) (?:my colleague|our (?:accounts|finance|ap|accounts payable|head office)|the (?:accounts|finance|ap))\b",
            r"\b(?:new|correct|right) (?:email |e-mail )?(?:address|contact)<..40>\S+@\S+|\b(?:replaced by|taken over (?:by|from)|successor|retired)\b|\bin future<..60>\S+@\S+|\bgoing forward<..60>\S+@\S+",
        ),
    ),
    # --- stop contact
    (
        Intent.STOP_CONTACT,
        0.9,
        "",
        True,
        (
            r"\bstop (?:\S+ )?(?:contacting|emailing|e-mailing|writing|sending|chasing|harassing|mailing|messaging|calling|bothering|these|this)|\b(?:do not|don't) (?:ever )?(?:contact|email|e-mail|write to|call|chase|message) (?:me|us|this)\b(?! (?:before|until) )|\bcease (?:and desist|all|any|contacting|sending|writing)|\bunsubscribe\b|\bgdpr\b|\bremove (?:me|us|my|our|this)(?: \S+){0,3} (?:from|data|address|list)|\bdelete my (?:data|details)|\b(?:address|direct|send|refer) (?:all|any) (?:further |future )?correspondence to (?:this firm|us|our office)|\bright to object|\btake (?:me|us) off\b",
            r"\b(?:through|via|to|with|by) (?:our|my) (?:solicitors?|lawyers?|attorneys?|counsel|legal (?:counsel|representatives?|team|department))\b",
        ),
    ),
    # --- acknowledgement
    (
        Intent.ACKNOWLEDGEMENT,
        0.78,
        "",
        False,
        (
            r"\bwell received|\b(?:we |i )?(?:acknowledge|confirm) receipt|\b(?:message|e?-?mail|reminder|letter) received\b|^received\b|^noted\b|\bthanks? (?:you )?for (?:your|the) (?:e-?mail|reminder|message|note|letter|heads up)|\bduly noted|\bnoted with thanks|\bgot (?:it|your)\b",
            r"\b(?:asked|asking|forwarded|passed|forwarding|passing|forward|pass|passed on|sent|referred|escalated|raised)(?: \S+){0,5} (?:to|on to|with|onto|our|my|the)(?: \S+){0,3} ?(?:accounts\w*|finance|colleagues?|department|team|ap|manager|director|head office|accountant|payables|bookkeeper|office|boss|treasury)",
            r"\b(?:will|'ll|shall|let me|going to|are|am|i'm|we're|currently)(?: \S+){0,2} (?:look|looking|check|checking|investigate|investigating|review|reviewing|come back|get back|revert|chase|follow up|find out|check with|ask|enquire|update|let you know|keep you|speak to|speak with)\b|\bleave (?:it|this) with (?:me|us)|\b(?:under|in) review\b|\bbeing (?:looked|reviewed|processed|checked|investigated|dealt)",
        ),
    ),
)

ENGLISH = rules(_MACROS, _TABLE)
