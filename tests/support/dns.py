"""A real DNS server on loopback, of a zone that the test writes down."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

#: (name, type) to its records as a zone file writes them:
#: {("exemple.fr", "MX"): ["10 mx1.exemple.fr."], ("exemple.fr", "TXT"): ['"v=spf1 -all"']}
Zone = Mapping[tuple[str, str], list[str]]


@contextmanager
def serve(
    zone: Zone, *, failing: Collection[str] = (), silent: Collection[str] = ()
) -> Iterator[tuple[str, int]]:
    """Answer UDP questions out of `zone` while the context lasts; give the server's host and port.

    A name that is nowhere in the zone does not exist (NXDOMAIN); one without records of the type asked has an empty answer.
    CNAME records are followed within the zone. Names in `failing` get SERVFAIL, names in `silent` no answer at all.
    """
    records = {
        (dns.name.from_text(name), dns.rdatatype.from_text(kind)): texts
        for (name, kind), texts in zone.items()
    }
    errors = {dns.name.from_text(name): dns.rcode.SERVFAIL for name in failing}
    mute = {dns.name.from_text(name) for name in silent}

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            query = dns.message.from_wire(data)
            if query.question[0].name in mute:
                return
            socket.sendto(_answer(query, records, errors).to_wire(max_size=65535), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            host, port = server.server_address[:2]
            yield str(host), int(port)
        finally:
            server.shutdown()
            thread.join()


def _answer(query: Any, records: Mapping[Any, list[str]], errors: Mapping[Any, dns.rcode.Rcode]) -> Any:
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.AA | dns.flags.RA
    name, kind = query.question[0].name, query.question[0].rdtype
    while alias := records.get((name, dns.rdatatype.CNAME)):
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", *alias))
        name = dns.name.from_text(alias[0])
    if name in errors:
        answer.set_rcode(errors[name])
    elif texts := records.get((name, kind)):
        answer.answer.append(dns.rrset.from_text_list(name, 60, "IN", dns.rdatatype.to_text(kind), texts))
    elif all(known != name for known, _ in records):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer
