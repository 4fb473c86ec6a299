"""Sends requests over PF_KEY sockets and writes down all that comes back: a line a message, its socket before it."""
import errno
import select
import socket
import struct
import time

import octets as o
from kernel import Kernel
from masks import Masks

PF_KEY, PF_KEY_V2 = 15, 2
PATIENCE = 8


def opened():
    return socket.socket(PF_KEY, socket.SOCK_RAW, PF_KEY_V2)


def error_name(error):
    return errno.errorcode.get(error.errno, str(error.errno))


class Recorder:
    """One run: sockets by name, and the world in which each case begins."""

    def __init__(self, output, earlier=None):
        self.output = output
        # How many lines an earlier run had, by case and socket.
        self.earlier = earlier or {}
        self.counts = {}
        # The last message of each socket.
        self.last = {}
        self.masks = Masks()
        self.kernel = Kernel(self.masks)
        self.sockets = {}
        self.case_name = ""
        self.world = []
        self.made = []
        self.policy = 0

    # Sockets

    def open(self, *names):
        """Sockets of these names, new ones; all others are closed."""
        for name in list(self.sockets):
            self.sockets.pop(name).close()
        for name in names:
            self.sockets[name] = opened()

    def reopen(self):
        self.open(*self.sockets)

    # What is written

    def line(self, who, what):
        key = (self.case_name, who)
        self.counts[key] = self.counts.get(key, 0) + 1
        self.output.write(f"{self.case_name}\t{who}\t{what}\n")

    def begin(self, name):
        self.case_name = name

    def arrived(self, name):
        """What a socket has now, or None; the end of a socket is a line of its own."""
        try:
            octets = self.sockets[name].recv(1 << 20, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError as error:
            self.line(name, "recv " + error_name(error))
            return None
        if not octets:
            self.line(name, "closed")
            self.sockets[name].close()
            self.sockets[name] = opened()
            return None
        return octets

    def write_down(self, name, octets):
        self.last[name] = octets
        self.line(name, self.masks.message(octets))

    def drain(self, quiet=False):
        """All that the sockets have, without waiting."""
        found = []
        for name in self.sockets:
            while (octets := self.arrived(name)) is not None:
                found.append((name, octets))
                if not quiet:
                    self.write_down(name, octets)
        return found

    def gather(self, **wanted):
        """Waits until sockets have had as many messages in this case as are wanted, or as an earlier run had, and takes all."""
        wanted = self.earlier.get(self.case_name) or wanted
        end = time.monotonic() + PATIENCE
        self.drain()
        while any(self.counts.get((self.case_name, name), 0) < count for name, count in wanted.items() if name in self.sockets):
            if time.monotonic() > end:
                self.line("all", f"waited in vain for {wanted}")
                break
            select.select(list(self.sockets.values()), [], [], 0.1)
            self.drain()
        # Where nothing is known before, what is late has this long to come.
        while not self.earlier and select.select(list(self.sockets.values()), [], [], 0.2)[0] and time.monotonic() < end:
            self.drain()

    # Requests

    def send(self, octets, who="main", flags=0):
        """Sends, and says what send() did if it was not the ordinary."""
        self.masks.sent(octets)
        try:
            sent = self.sockets[who].send(octets, flags)
        except OSError as error:
            self.line(who, "send " + error_name(error))
            return False
        if sent != len(octets):
            self.line(who, f"sent {sent} of {len(octets)}")
        return True

    def exchange(self, octets, who="main", flags=0, quiet=False):
        """Sends, and takes what every socket has at once; a dump is taken to its end."""
        if not self.send(octets, who, flags):
            return self.drain(quiet)
        found = self.drain(quiet)
        if len(octets) >= o.HEADER and octets[1] in (o.DUMP, o.X_SPDDUMP):
            self._rest_of_dump(who, octets[1], found, quiet)
        return found

    def _rest_of_dump(self, who, kind, found, quiet):
        end = time.monotonic() + PATIENCE
        while not any(self._ends_dump(kind, octets) for name, octets in found if name == who):
            if time.monotonic() > end:
                return self.line(who, "the dump did not end")
            select.select([self.sockets[who]], [], [], 0.1)
            found += self.drain(quiet)

    @staticmethod
    def _ends_dump(kind, octets):
        answer, error, sequence = octets[1], octets[2], struct.unpack_from("=I", octets, 8)[0]
        return answer == kind and (error != 0 or sequence == 0)

    def case(self, name, *requests, who="main", flags=0):
        """Requests in a world as it is meant to be, and what they change there; the world is then made anew."""
        self.begin(name)
        self.masks.forget()
        found = []
        for number, octets in enumerate(requests):
            if number:
                self.begin(f"{name} #{number + 1}")
            found = self.exchange(octets, who, flags)
        self.state()
        return found

    def state(self):
        """What the kernel has lost and won, if it does not hold what the world began with."""
        lines = self.kernel.lines()
        if lines != self.made:
            for line in self.made:
                if line not in lines:
                    self.line("kernel", "lost " + line)
            for line in lines:
                if line not in self.made:
                    self.line("kernel", "has " + line)
            self.make()

    # The world

    def make(self, world=None):
        """Empties the namespace and makes the world by the requests that it consists of."""
        if world is not None:
            self.world = world
        if "main" not in self.sockets:
            self.open("main")
        for octets in [o.message(o.FLUSH), o.message(o.X_SPDFLUSH)]:
            self._quietly(octets)
        if self.kernel.lines():
            self.line("kernel", "was not emptied by FLUSH and X_SPDFLUSH")
            self.kernel.flush()
        for octets in self.world:
            found = self._quietly(octets)
            for name, answer in found:
                if name == "main" and answer[1] == o.X_SPDADD and not answer[2]:
                    self.policy = identity_of(answer)
        self.masks.forget(all=True)
        self.made = self.kernel.lines()
        self.masks.keep()

    def _quietly(self, octets):
        self.masks.sent(octets)
        self.sockets["main"].send(octets)
        return self.drain(quiet=True)


def identity_of(octets):
    """The identity of the policy that a message tells."""
    for name, start, _ in o.fields(octets):
        if name == "X_POLICY.id":
            return struct.unpack_from("=I", octets, start)[0]
    return 0
