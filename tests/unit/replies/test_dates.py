from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance_mailer.replies.dates import Role, find_dates, paid_date, promise_date, return_date
from relance_mailer.replies.dates.lexicon import LANGUAGES

SENT = date(2025, 11, 19)  # a Wednesday
DUE = date(2025, 11, 10)
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
WEEKDAYS = {
    "lundi": 1, "mardi": 2, "mercredi": 3, "jeudi": 4, "vendredi": 5, "samedi": 6, "dimanche": 7,
    "Monday": 1, "Tuesday": 2, "Wednesday": 3, "Thursday": 4, "Friday": 5, "Saturday": 6, "Sunday": 7,
}  # fmt: skip
FRENCH_MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
ENGLISH_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nous réglerons vendredi", (11, 21)),
        ("mercredi", (11, 26)),
        ("vendredi de la semaine prochaine", (11, 28)),
        ("Friday next week", (11, 28)),
        ("vendredi en huit", (11, 28)),
        ("aujourd'hui", (11, 19)),
        ("payment goes out today", (11, 19)),
        ("demain", (11, 20)),
        ("après-demain", (11, 21)),
        ("fin de mois", (11, 30)),
        ("at the end of the month", (11, 30)),
        ("by month-end", (11, 30)),
        ("fin du mois prochain", (12, 31)),
        ("end of next month", (12, 31)),
        ("sous huitaine", (11, 27)),
        ("sous quinzaine", (12, 4)),
        ("dans une quinzaine de jours", (12, 4)),
        ("within 10 days", (11, 29)),
        ("sous dix jours", (11, 29)),
        ("sous 48h", (11, 21)),
        ("sous 5 jours ouvrés", (11, 26)),
        ("within 5 working days", (11, 26)),
        ("dans deux semaines", (12, 3)),
        ("in two weeks", (12, 3)),
        ("d'ici un mois", (12, 19)),
        ("en fin de semaine", (11, 21)),
        ("by the end of the week", (11, 21)),
        ("cette semaine", (11, 21)),
        ("la semaine prochaine", (11, 28)),
        ("next week", (11, 28)),
        ("end of next week", (11, 28)),
        ("début de mois prochain", (12, 5)),
        ("at the beginning of next month", (12, 5)),
        ("mi-décembre", (12, 15)),
        ("mid December", (12, 15)),
        ("fin novembre", (11, 30)),
        ("première quinzaine de décembre", (12, 15)),
        ("en semaine 48", (11, 28)),
        ("in week 48", (11, 28)),
        ("S48", (11, 28)),
        ("la semaine du 24 novembre", (11, 28)),
        ("entre le 10 et le 15 décembre", (12, 15)),
        ("du 10 au 15 décembre", (12, 15)),
        ("10-15 December", (12, 15)),
        ("le 10 ou le 12 décembre", (12, 12)),
        ("le 15", (12, 15)),
        ("le 19", (11, 19)),
        ("on the 28th", (11, 28)),
        ("le 15 du mois prochain", (12, 15)),
        ("on the 15th of next month", (12, 15)),
        ("le 30 de ce mois", (11, 30)),
        ("le 12/12", (12, 12)),
        ("le 1er décembre", (12, 1)),
        ("lundi 24", (11, 24)),
        ("Monday 24 November", (11, 24)),
        ("December 5th, 2025", (12, 5)),
        ("5/12/2025", (12, 5)),
        ("2025-12-05", (12, 5)),
        ("fin d'année", (12, 31)),
        ("30 jours fin de mois", (12, 31)),
        ("échéance + 10 jours", (11, 20)),
        ("10 days after the due date", (11, 20)),
    ],
)
def test_a_promise_is_read_against_the_sending_day(text: str, expected: tuple[int, int]) -> None:
    assert promise_date(text, SENT, due=DUE) == date(2025, *expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hier", (11, 18)),
        ("yesterday", (11, 18)),
        ("avant-hier", (11, 17)),
        ("ce matin", (11, 19)),
        ("vendredi", (11, 14)),
        ("on Wednesday", (11, 19)),
        ("last Friday", (11, 14)),
        ("le 3", (11, 3)),
        ("le 28", (10, 28)),
        ("le 12/11", (11, 12)),
        ("on 30 October", (10, 30)),
        ("la semaine dernière", (11, 14)),
        ("il y a trois jours", (11, 16)),
        ("two weeks ago", (11, 5)),
    ],
)
def test_a_payment_told_of_is_read_backwards(text: str, expected: tuple[int, int]) -> None:
    assert paid_date(text, SENT) == date(2025, *expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Je serai de retour le lundi 24.", (11, 24)),
        ("I will be back on Monday 24 November.", (11, 24)),
        ("Absent jusqu'au 23 inclus.", (11, 24)),
        ("Je suis en congés jusqu'au 23.", (11, 24)),
        ("I am out of the office until 23 December.", (12, 24)),
        ("Away until 23 December, returning on 29 December.", (12, 29)),
        ("Absente du 10 au 23 décembre.", (12, 24)),
    ],
)
def test_an_absence_ends_on_its_first_day_back(text: str, expected: tuple[int, int]) -> None:
    assert return_date(text, SENT) == date(2025, *expected)


@pytest.mark.parametrize(
    "text",
    [
        "Tél. 01 42 03 12 15",
        "Tél. 06.12.03.04.05",
        "à 14h30",
        "at 9:30",
        "1 250,00 €",
        "la facture FA-2025-11-0412",
        "n° 12/2025/0412",
        "24/7",
        "sous réserve",
        "à ce jour",
        "31 février",
        "les 15 factures",
        "the 3rd reminder",
        "IBAN FR76 3000 6000 0112 3456 7890 189",
    ],
)
def test_other_figures_are_no_dates(text: str) -> None:
    assert find_dates(text, SENT) == ()


def test_the_date_of_a_letter_is_not_the_promise() -> None:
    assert promise_date("Suite à votre relance du 12/11, nous paierons le 28.", SENT) == date(2025, 11, 28)
    assert promise_date("The invoice dated 3 October will be paid on 5 December.", SENT) == date(2025, 12, 5)
    assert promise_date("Nous avons reçu votre mail de ce jour.", SENT) is None
    assert promise_date("Nous réglerons cette facture vendredi.", SENT) == date(2025, 11, 21)


def test_figures_are_day_first_unless_the_sender_is_american() -> None:
    assert [found.date for found in find_dates("on 12/05/2025", SENT)] == [date(2025, 5, 12)]
    assert promise_date("on 12/05/2025", SENT, country="US") == date(2025, 12, 5)
    assert promise_date("on 11/28/2025", SENT) == date(2025, 11, 28)


def test_due_date_plus_n_without_a_due_date_is_no_date() -> None:
    assert promise_date("échéance + 10 jours", SENT) is None


@given(DAYS, st.sampled_from(sorted(WEEKDAYS)))
def test_a_weekday_is_the_next_one_strictly_after_and_backwards_the_last_one(sent: date, name: str) -> None:
    ahead, back = promise_date(name, sent), paid_date(name, sent)
    assert ahead is not None
    assert back is not None
    assert ahead.isoweekday() == back.isoweekday() == WEEKDAYS[name]
    assert sent < ahead <= sent + timedelta(7)
    assert sent - timedelta(6) <= back <= sent


@given(DAYS, DAYS, st.booleans())
def test_a_full_date_is_read_as_it_is_written(sent: date, day: date, french: bool) -> None:
    months = FRENCH_MONTHS if french else ENGLISH_MONTHS
    for text in (f"{day.day} {months[day.month - 1]} {day.year}", f"{day:%d/%m/%Y}", day.isoformat()):
        assert [found.date for found in find_dates(text, sent)] == [day]


@given(DAYS, st.dates(date(2023, 1, 1), date(2023, 12, 31)))
def test_a_day_and_month_is_the_next_on_or_after_and_backwards_the_last_on_or_before(
    sent: date, day: date
) -> None:
    text = f"le {day:%d/%m}"
    (ahead,) = (found.date for found in find_dates(text, sent))
    back = paid_date(text, sent)
    assert back is not None
    assert sent <= ahead < sent + timedelta(367)
    assert sent - timedelta(367) < back <= sent
    assert {(ahead.month, ahead.day), (back.month, back.day)} == {(day.month, day.day)}


@given(DAYS, st.integers(1, 31))
def test_a_bare_day_lies_within_the_next_two_months(sent: date, day: int) -> None:
    found = promise_date(f"le {day}", sent)
    assert found is not None
    assert found.day == day
    assert sent <= found <= sent + timedelta(62)


@given(DAYS, st.integers(1, 99))
def test_a_delay_counts_from_the_sending_day(sent: date, days: int) -> None:
    assert promise_date(f"sous {days} jours", sent) == sent + timedelta(days)
    assert promise_date(f"within {days} days", sent) == sent + timedelta(days)


@given(DAYS)
def test_weeks_end_on_a_friday_not_before_the_sending_day(sent: date) -> None:
    for text in ("fin de semaine", "semaine prochaine", "end of the week", "next week"):
        found = promise_date(text, sent)
        assert found is not None
        assert found.isoweekday() == 5
        assert found >= sent


@given(st.text(max_size=400), DAYS)
def test_any_text_is_read_without_an_error_and_offsets_lie_in_it(text: str, sent: date) -> None:
    for found in find_dates(text, sent):
        assert 0 <= found.start < found.end <= len(text)


TABLES = Path(__file__).resolve().parents[2] / "data" / "dates"
PHRASES = [
    (language, *line.split("\t"))
    for language in LANGUAGES
    for line in (TABLES / f"{language}.tsv").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("row", PHRASES, ids=lambda row: f"{row[0]}: {row[1]}")
def test_each_phrase_of_the_tables_means_its_day(row: tuple[str, ...]) -> None:
    language, text, day, *flags = row
    found = find_dates(
        text,
        SENT,
        due=DUE if "due" in flags else None,
        country="US" if "US" in flags else "",
        past="paid" in flags,
        language=language,
    )
    year = "" if len(day) > 5 else "2025-"
    assert [find.date.isoformat() for find in found[-1:]] == ([] if day == "-" else [year + day])


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Nous vous paierons le 28.", Role.PROMISED),
        ("Le virement partira vendredi.", Role.PROMISED),
        ("It will be paid on the 28th.", Role.PROMISED),
        ("Wir überweisen am 28.", Role.PROMISED),
        ("Pagaremos el 28.", Role.PROMISED),
        ("Pagheremo il 28.", Role.PROMISED),
        ("Wij betalen op 28 november.", Role.PROMISED),
        ("Pagaremos no dia 28.", Role.PROMISED),
        ("Elle figure dans la campagne du 28.", Role.PROMISED),
        ("Nous avons payé le 3 novembre.", Role.PAID),
        ("We have paid on 3 November.", Role.PAID),
        ("Wir haben am 3. November überwiesen.", Role.PAID),
        ("Votre facture du 3 novembre est bien arrivée.", Role.RECALLED),
        ("Ihre Rechnung vom 3. November liegt vor.", Role.RECALLED),
        ("La facture est échue le 10 décembre.", Role.RECALLED),
        ("La livraison est arrivée le 3 novembre.", Role.OTHER),
        ("Serait-il possible de payer le 28 ?", Role.OTHER),
        ("Nous ne paierons pas avant le 28.", Role.DENIED),
        ("The transfer will not leave before the 28th.", Role.DENIED),
        ("Le paiement ne partira pas le 28.", Role.DENIED),
        ("Dès réception de l'avoir, nous réglerons sous 10 jours.", Role.WAITING),
        ("We will pay within 10 days of receiving it.", Role.WAITING),
    ],
)
def test_the_words_around_a_date_tell_what_it_is_the_day_of(text: str, role: Role) -> None:
    (found,) = find_dates(text, SENT)
    assert found.role is role


def test_a_promise_is_the_promised_date_among_others() -> None:
    text = "Votre facture du 3 novembre a été livrée le 5 novembre, nous la paierons le 28 novembre."
    assert promise_date(text, SENT, told=True) == date(2025, 11, 28)
    assert promise_date("Nous ne paierons pas avant le 28.", SENT) is None
    assert promise_date("La livraison du 28 novembre était incomplète.", SENT, told=True) is None


@pytest.mark.parametrize(
    "text", ["1" * 100_000, "1 " * 50_000, "12/" * 33_000, "12." * 33_000, "1-" * 50_000]
)
def test_a_hundred_kilobytes_of_digits_are_read_at_once(text: str) -> None:
    find_dates("le 12", SENT)
    began = time.process_time()
    find_dates(text, SENT)
    assert time.process_time() - began < 0.5  # 0.1 on the machine it was written on


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("We will settle this on Wednesday 18 March.", date(2026, 3, 18)),
        ("We will pay this on Wednesday, the 18th of March.", date(2026, 3, 18)),
        ("We will settle this on Wednesday.", date(2026, 3, 11)),
        ("We will settle this Friday.", date(2026, 3, 6)),
    ],
)
def test_a_thing_paid_on_a_weekday_is_no_day_of_this_week(text: str, day: date) -> None:
    assert promise_date(text, date(2026, 3, 4)) == day
