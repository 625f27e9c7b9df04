"""Dates in running text in seven languages, by the rules of the reply taxonomy.

`lexicon` turns words and figures into symbols (one table a language in `tables`), `grammar` reads forms over them,
`meaning` gives their days, `roles` tells what each is the day of; `choose` and `returning` answer what is asked.
"""

from relance_mailer.replies.dates.choose import paid_date, promise_date
from relance_mailer.replies.dates.find import FoundDate, find_dates
from relance_mailer.replies.dates.returning import return_date
from relance_mailer.replies.dates.roles import Role

__all__ = [
    "FoundDate",
    "Role",
    "find_dates",
    "paid_date",
    "promise_date",
    "return_date",
]
