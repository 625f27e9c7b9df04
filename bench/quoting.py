"""The author's own words told from the quotation: exact share by program and language, and beside two libraries.

python bench/quoting.py [--cases N] [--training FOLDER] [--errors N] [--peers]

Own answers (training/replies) are put over our own notices the way mail programs do (quoting_shapes.py). Exact means
that the words are the author's, all of them and in order; once with the notice known, once without. `--peers` also asks
quotequail and mail-parser-reply, where they are installed, on the same texts.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from html import unescape
from pathlib import Path

from quoting_shapes import ADDRESS, SHAPES, TO, WHO, Notice

from relance_mailer.replies.message import read
from relance_mailer.replies.quoting import own_text
from relance_mailer.texts.load import Templates, packaged_templates
from relance_mailer.texts.render import Renderer
from relance_mailer.texts.samples import full, sample

#: Languages without templates: greeting, first sentence, table's heads, how to pay, contest, thanks, close.
LETTERS = {
    "de": "Sehr geehrte Frau Martin,|nach unseren Unterlagen ist die folgende Rechnung trotz Fälligkeit noch nicht beglichen worden; sicher haben Sie sie nur übersehen.|Rechnung|Datum|Fällig am|Offener Betrag|Bitte überweisen Sie den Betrag in den nächsten Tagen oder teilen Sie uns mit, wann wir mit der Zahlung rechnen dürfen.|Sollten Sie die Rechnung beanstanden oder ein Dokument benötigen, antworten Sie einfach auf diese Nachricht.|Falls sich Ihre Zahlung mit diesem Schreiben überschnitten hat, betrachten Sie es bitte als gegenstandslos.|Mit freundlichen Grüßen",
    "es": "Estimada Sra. Martin:|Salvo error u omisión por nuestra parte, la siguiente factura, ya vencida, sigue pendiente de pago en nuestros registros.|Factura|Fecha|Vencimiento|Importe pendiente|Le agradeceríamos que efectuara el pago lo antes posible o nos indicara la fecha en que piensa realizarlo.|Si desea formular alguna observación o necesita algún documento, basta con responder a este mensaje.|Si su pago se ha cruzado con este mensaje, le rogamos que no lo tenga en cuenta.|Atentamente,",
    "it": "Gentile signora Martin,|salvo errori od omissioni da parte nostra, la seguente fattura risulta ancora insoluta nonostante la scadenza.|Fattura|Data|Scadenza|Importo dovuto|La preghiamo di provvedere al pagamento al più presto o di indicarci la data in cui prevede di effettuarlo.|Se desidera contestare la fattura o le manca un documento, è sufficiente rispondere a questo messaggio.|Se nel frattempo ha già provveduto al pagamento, La preghiamo di non tenere conto della presente.|Cordiali saluti",
    "nl": "Geachte mevrouw Martin,|Volgens onze administratie hebben wij de betaling van de volgende vervallen factuur nog niet ontvangen; wellicht is dit aan uw aandacht ontsnapt.|Factuur|Datum|Vervaldatum|Openstaand bedrag|Wij verzoeken u het bedrag zo spoedig mogelijk over te maken of ons te laten weten wanneer wij de betaling mogen verwachten.|Hebt u een opmerking bij de factuur of mist u een document, dan kunt u eenvoudig op dit bericht antwoorden.|Is uw betaling intussen onderweg, dan kunt u dit bericht als niet verzonden beschouwen.|Met vriendelijke groet,",
    "pt": "Exma. Senhora Martin,|Salvo erro ou omissão da nossa parte, a seguinte fatura, já vencida, continua por liquidar segundo os nossos registos.|Fatura|Data|Vencimento|Valor em dívida|Agradecemos que proceda ao pagamento com a maior brevidade ou que nos indique a data em que o prevê fazer.|Se tiver alguma observação a fazer ou lhe faltar algum documento, basta responder a esta mensagem.|Se o seu pagamento se cruzou com esta mensagem, pedimos que não a tenha em conta.|Com os melhores cumprimentos,",
}  # fmt: skip
_SIGNED = f"Hélène Marchand\n{WHO}\n12 rue des Forges\n69007 Lyon\nTél. 04 72 00 00 00\n{ADDRESS}"


def notices() -> dict[str, list[Notice]]:
    """Our notices by language: the templates' where there are, else letters like them."""
    renderer = Renderer(Templates([packaged_templates()]))
    found: dict[str, list[Notice]] = {code: [_letter(text)] for code, text in LETTERS.items()}
    for code in ("fr", "en"):
        contexts = [sample("reminder1", code), full("reminder2", code), full("formal_notice", code)]
        said = [renderer.render(context) for context in contexts]
        found[code] = [_notice(one.text, one.html) for one in said]
    return found


def _letter(text: str) -> Notice:
    hello, first, *heads, pay, contest, crossed, close = text.split("|")
    row = ["F-2026-0412", "13/02/2026", "15/03/2026", "1 250,00 €"]
    table = "\n".join("  ".join(one.ljust(14) for one in line) for line in (heads, row))
    iban = "IBAN: FR76 3000 6000 0112 3456 7890 189"
    plain = (
        f"{hello}\n\n{first}\n\n{table}\n\n{pay}\n\n{iban}\n\n{contest}\n\n{crossed}\n\n{close}\n\n{_SIGNED}"
    )
    cells = "".join("<tr>" + "".join(f"<td>{one}</td>" for one in line) + "</tr>" for line in (heads, row))
    html = "".join(
        f"<p>{one}</p>" for one in plain.replace(table, "TABLE").replace("\n", "<br>").split("<br><br>")
    )
    return _notice(plain, html.replace("<p>TABLE</p>", f"<table>{cells}</table>"))


def _notice(text: str, html: str) -> Notice:
    body = re.sub(r"(?s).*<body[^>]*>|</body>.*", "", html)
    flat = re.sub(r"\s+", " ", body)
    flat = re.sub(r"</(?:p|tr|h\d|table|div|li|ul)>|<br ?/?>|</t[dh]>", "\n", flat)
    flat = unescape(re.sub(r"<[^>]+>", "", flat))
    lines = "\n".join(line.strip() for line in flat.split("\n"))
    return Notice(text, body, re.sub(r"\n{3,}", "\n\n", lines).strip())


def cases(folder: Path, count: int) -> Iterator[tuple[str, str]]:
    """Yield (language, text) of `count` own answers a language, spread over the files."""
    by_language = defaultdict(list)
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            case = json.loads(line)
            by_language[case["lang"]].append(case["text"])
    for language, texts in sorted(by_language.items()):
        step = max(1, len(texts) // count)
        yield from ((language, text) for text in texts[::step][:count])


def sent(text: str, kind: str) -> bytes:
    """The answer as a raw message."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = TO, ADDRESS, "Re: Facture F-2026-0412"
    message.set_content(text, subtype=kind)
    return message.as_bytes()


def words(text: str) -> list[str]:
    """What is compared."""
    return re.findall(r"\w+", re.sub(r"<https?:[^>]*>", "", text).lower())


def peers() -> dict[str, Callable[[str], str]]:
    """The libraries that are installed: each from a text to the author's words."""
    found: dict[str, Callable[[str], str]] = {}
    try:
        quail = importlib.import_module("quotequail")
        found["quotequail"] = lambda text: (
            (quail.unwrap(text) or {}).get("text_top")
            or "\n".join(part for is_own, part in quail.quote(text) if is_own)
        )
    except ImportError:
        pass
    try:
        parser = importlib.import_module("mailparser_reply").EmailReplyParser(
            languages=["fr", "en", "de", "es", "it", "nl", "pt"]
        )
        found["mail-parser-reply"] = lambda text: parser.read(text=text).latest_reply or ""
    except ImportError:
        pass
    return found


def main() -> None:
    """Print the table."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--cases", type=int, default=6)
    ask.add_argument("--training", type=Path, default=Path(__file__).parent.parent / "training" / "replies")
    ask.add_argument("--errors", type=int, default=0)
    ask.add_argument("--peers", action="store_true")
    args = ask.parse_args()
    known_as = notices()
    others = peers() if args.peers else {}
    tally: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    spent, shown = 0.0, 0
    for number, (language, text) in enumerate(cases(args.training, args.cases)):
        notice = known_as[language][number % len(known_as[language])]
        for shape, build in SHAPES.items():
            raw, kind, want = build(text, notice, language)
            seen = read(sent(raw, kind)).text
            began = time.perf_counter()
            got = {"known": own_text(seen, notice.text).text, "unknown": own_text(seen, None).text}
            spent += time.perf_counter() - began
            got |= {name: extract(seen) for name, extract in others.items()}
            for column, said in got.items():
                right = words(said) == words(want)
                for key in (shape, f"language {language}", "all"):
                    tally[key, column][0] += right
                    tally[key, column][1] += 1
                if not right and column in {"known", "unknown"} and shown < args.errors:
                    shown += 1
                    print(
                        f"--- {shape} · {language} · {column}\nWANT {want!r}\nGOT  {said!r}\nSEEN {seen!r}\n"
                    )
    columns = ["known", "unknown", *others]
    print(f"{'':45}" + "".join(f"{column:>18}" for column in columns))
    for key in [*SHAPES, *(f"language {code}" for code in sorted(known_as)), "all"]:
        print(f"{key:45}" + "".join(f"{_share(tally[key, column]):>18}" for column in columns))
    print(f"{1000 * spent / (2 * tally['all', 'known'][1]):.2f} ms a text")


def _share(pair: list[int]) -> str:
    return f"{100 * pair[0] / max(1, pair[1]):.1f} %"


if __name__ == "__main__":
    main()
