#!/usr/bin/python3
"""usage: record.py FILE [EARLIER]   sends every PF_KEY request there is and writes each reply to FILE, for compare.py.

EARLIER is what another run wrote: where it is not known when something comes, as much is waited for as came then.
Needs the right to administer a network namespace of its own, in which nothing else uses IPsec, with 192.0.2.1 and 2001:db8::1
on a link to the namespace PEER_NAMESPACE with 192.0.2.2, 192.0.2.3 and 2001:db8::2. PARTS says which parts are wanted.
"""
import os
import sys
import time

import events
import matrix
import sockets
import values
from recorder import Recorder

PARTS = {"matrix": matrix.run, "values": values.run, "sockets": sockets.run, "events": events.run}


def lines_of(file):
    """How many lines each case has of each socket."""
    found = {}
    with open(file, encoding="ascii") as lines:
        for line in lines:
            case, who, _ = line.split("\t", 2)
            case = found.setdefault(case, {})
            case[who] = case.get(who, 0) + 1
    return found


def main(file, earlier=None):
    with open(file, "w", encoding="ascii") as output:
        recorder = Recorder(output, lines_of(earlier) if earlier else None)
        for part in os.environ.get("PARTS", " ".join(PARTS)).split():
            began = time.monotonic()
            PARTS[part](recorder)
            print(f"{part}: {time.monotonic() - began:.1f} s", flush=True)


if len(sys.argv) not in (2, 3):
    sys.exit(__doc__)
main(*sys.argv[1:])
