"""English: the words of dates, and the words that tell what a date is of."""

COMMON = (
    "the we you your our is not for with on and this will have has are to of it in please thank thanks hello dear invoice invoices payment "
    "paid pay that be by i regards us from was week month hi within days next end at a an until before or an as so but my me they their "
    "been can there"
)

WORDS = """
W1|monday,mon
W2|tuesday,tues,tue
W3|wednesday,weds,wed,wensday
W4|thursday,thurs,thur,thu
W5|friday,fri
W6|saturday
W7|sunday
w6|sat
w7|sun
M1|january,jan
M2|february,feb
M3|march,mar
M4|april,apr
M5|may
M6|june,jun
M7|july,jul
M8|august,aug
M9|september,sept,sep
M10|october,oct
M11|november,nov
M12|december,dec
m|month,months
s|week,weeks,wk,wks
z|wk,week no,week number,week no.,cw
q|quarter
y|year
u|days,day,calendar days
b|working days,business days,working day,business day,banking days,workdays
H|hours,hour,hrs,hr
E31|end,late,latter part,tail end
E5|beginning,start,early,first days,top
E15|mid,middle,first half
E31 l|second half,back half
E31 m|month end,month-end,eom,end of month
E31 y|year end,year-end,eoy
E31 q|quarter end,quarter-end
N1|next,following,coming,upcoming
N2 s|week after next
N2 m|month after next
L1|last,past,previous
T|this,current
C|inst,inst.,instant,during
l|the,of,'s,'
O|on,the,on the,dated,with date,value date
r|to,till,until,thru,through
A|by,before,on or before,on or about,by or before,until,no later than,not later than,latest,prior to,by the,before the,up to,at the latest by
K|and,or,to
I|within,in,within the,in the,inside,in about,inside of,over the
F|after,from
G|ago,back
V|due date
R0|today,tonight,this morning,this afternoon,this evening,cob,eod,close of play,close of business,end of business,end of day,end of play,end of the day,later today,just now,within the hour,by close,close of play today,cop
R1|tomorrow,tomorow,tmrw,tomorow,tommorow,tommorrow,tomoz,2moro,2morrow,tmr
R2|day after tomorrow
R-1|yesterday,last night,yday
R-2|day before yesterday
P|morning,afternoon,evening,night,lunchtime,noon
n1|a,an,one
n2|two,couple,couple of,a couple of
n3|three
n4|four
n5|five
n6|six
n7|seven
n8|eight
n9|nine
n10|ten
n12|twelve
n14|fourteen
n15|fifteen
n20|twenty
n21|twenty-one
n24|twenty-four
n28|twenty-eight
n30|thirty
n45|forty-five
n48|forty-eight
n60|sixty
n90|ninety
h14|fortnight
h1|day or so
o1|first
o2|second
o3|third
o4|fourth,last quarter
a|about,approx,approximately,around,maximum,max,roughly,another
t|time
Z1|christmas,xmas,holidays,the holidays,christmas break,festive season
Z2|easter
Z3|new year's day
E5 y N1|new year
s l|week commencing,week beginning,w/c,wc,week of,week starting,wk commencing,week ending,w/e
W7|weekend,week-end
c|invoices,times,items,reminders,notices,floor,requests,lines,units,boxes,pallets,people,staff,copies,reminder,request,notice,invoice,instalments,payments,attempt,party,parties,email,emails,letter,time,orders,street,road,lane,avenue,st,rd,million
i|invoice no,no.,number,ref,reference,po,order,quote,ticket,clause,article,section,page,unit,suite,room,inv,invoice,item,job,line,case,account,plot,flat,apt
j|run,cycle,batch,pay run,payment run,file,proposal
g|good,nice,great,lovely,happy,merry,wonderful,relaxing
k|every,each,any,per,twice a
_|to date,one day,these days,the other day,day one,at the end of the day,second to none,early bird,in the first place,day to day,may i,may we,you may,we may,it may,that may,may be,i may,and may,may have,may not,week in,last notice,last reminder,last email,next step,for the past,in the past,every day,to the day,end of story,end to end,dead end,front end,start to finish,from the start,march into
"""

CUES = {
    "promise": (
        r"(?:will|'ll|shall|wil|gonna|going to|intend to|plan to|expect to|aim to|can|able to|should|promise to|undertake to|set to|due to|scheduled to|ready to|to) (?:\w+ ){0,3}(?:pay|paid|settle|settled|transfer|transferred|send|sent|remit|remitted|clear|cleared|process|processed|go|leave|hit|reach|make|made|be|have|get|sort|do|land|issue|wire|release|released|include|included|post|drop|run|pop|put|bacs|arrive|raise|execute|chuck|bring|cut|give|discharge|credit|credited|follow|mail|dae|fix)"
        r"|(?:is|are|be|been) (?:\w+ ){0,2}(?:scheduled|planned|set|queued|booked|due to go|lined up|going out|on the|in the|in our|approved for|programmed|included|going|cleared for)"
        r"|(?:paying|settling|doing|sending|transferring|sorting|clearing|popping|putting|dropping|running|making|wiring) (?:\w+ ){0,4}"
        r"|being paid|gets paid|goes to payment|doing it|is going|(?:it|one|transfer|payment|money|cheque|they) (?:leaves?|goes|pays|lands|follows)|leaving|go out|hits|queued|cycle|instruct|cut a che|for payment|(?:i|we) (?:\w+ )?(?:pay|settle|transfer|send|do|clear|run|wire)\b|scheduled|pay ?run|payment run|payment (?:is |will |date |by |on |goes |due |to |should |of )|you'll have|you will have|goes out|going out|released for|falls in|promise|commit|run of|batch|remittance|without fail|at the latest|bacs"
    ),
    "paid": (
        r"(?:have|has|had|'ve|was|were|been|already|just|did|is|got|we|i|and) (?:\w+ ){0,2}(?:paid|settled|transferred|sent|remitted|cleared|made|debited|processed|left|wired|executed|posted|collected|gone|credited|released)"
        r"|paid|settled|transferred|debited|payment (?:was |made|of |on |sent|dated|went|left)|went (?:out|through|over|off|by)|left (?:our|my|us)|(?:sent|paid|settled|went|done) (?:it|them|this|that|the|you|via|by|on|since|off|~)|(?:is|are) (?:done|balanced|paid)|in the mail|in your account|value date|bank(?:ed)?|cashed|taken from|came out|made (?:the|a) (?:payment|transfer)|cleared|credited|remitted|wired"
    ),
    "recall": (
        r"(?:had |i |we |you )(?:promised|said|told you|promise)|did say|told (?:you|him|her|them)|invoices? (?:\S+ ){0,4}?(?:of|dated|from|date)|due (?:date )?(?:\w+ ){0,2}(?:on|of|is|was|back|until|by|for)|due|overdue since|fell due (?:on)?|(?:reminder|letter|email|e-mail|message|mail|notice|statement|call|chat|conversation|quote|order|po|contract|agreement|note|dispute|query|complaint) (?:\S+ ){0,3}?(?:of|dated|from|on|sent)"
        r"|dated|issued (?:on)?|received (?:it |this |your \w+ )?(?:on|only)?|since|posted (?:on|in)?|approved (?:on)?|raised (?:on)?|delivered (?:on)?"
    ),
    "other": (
        r"deliver\w*|meeting|meet|call(?:ed|ing)?|phone\w*|ring|holiday|leave|leav\w+|away|out of (?:the )?office|return\w*|back|clos\w+|open\w*|order\w*|quot\w+|visit\w*|install\w*|site|hearing|court|tribunal|administration|liquidation|appointed|review\w*|respond|reply|get back|come back|update|confirm\w*|receiv\w*|arriv\w*|terminat\w*|cancel\w*"
        r"|expir\w*|start\w* (?:work|trading)|finish\w*|broke\w*|repair\w*|fix\w*|inspect\w*|audit|renew\w*|collect(?:ed)? (?:the|it|them)|wages|payroll|board|chase|raised (?:a|the)|rejected|complain\w*|emailed|wrote|told you|spoke|asked|wait\w*|look\w*|check\w*|let you know|know more|dispute\w*"
    ),
    "deny": r"not (?:before|until|till|by|on|this|next|in|the)|never before|(?:instead of|rather than|nothing (?:before|until))|(?:won't|cannot|can't|will not) (?:\w+ ){0,5}(?:before|until|till|by)|no(?:t|thing)? (?:\w+ ){0,3}(?:before|until|till)|earliest",
    "neutral": r"in order|my word|be in touch|(?:no|not) later than|no (?:problem|worries)|not a problem|without fail|don't worry|not only|not in dispute|no dispute",
    "run": r"(?:run|cycle|batch|file|proposal|wires?)s? (?:of|on|for|dated)?(?: the)?",
    "condition": r"once|as soon as|soon as|if (?:you|it|i|we)|upon (?:receipt|receiving)|on receipt|after (?:receipt|receiving|we)|subject to|provided (?:that|you)|unless|of getting|of receiving|of receipt|the minute|the day (?:you|we)|how about|would you|could we|can we|could you|could i|can i|maybe|perhaps|might",
    "not": r"(?:\bnot\b|n't\b|\bnever\b|\bcannot\b|\bunable\b|\bwont\b|\bcant\b|\bno longer\b|\bunless\b)",
}
