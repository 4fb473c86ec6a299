"""What two runs cannot have in common: clocks and running numbers. Clocks become a word, numbers their order of appearance."""
import struct
import time

import octets as o

# A policy's reference count is the kernel's own.
_COUNTED = {o.X_SPDUPDATE, o.X_SPDADD, o.X_SPDDELETE, o.X_SPDGET, o.X_SPDDUMP, o.X_SPDSETIDX, o.X_SPDDELETE2}
FIRST_RUNNING_REQID = 0x4000


class Masks:
    """Remembers the running numbers of one run."""

    def __init__(self):
        self.began = int(time.time()) - 1
        self.numbers = {}
        self.kept = {}
        self.spis = set()
        # Sequence numbers that requests bear.
        self.sequences = {0, o.SEQUENCE}

    def keep(self):
        """What has a number now keeps it in all cases that follow."""
        self.kept = {letter: dict(known) for letter, known in self.numbers.items()}

    def forget(self, all=False):
        """Another case begins to count."""
        self.numbers = {} if all else {letter: dict(known) for letter, known in self.kept.items()}

    def ordinal(self, letter, value, digits=8):
        known = self.numbers.setdefault(letter, {})
        return letter + str(known.setdefault(value, len(known) + 1)).rjust(digits - 1, "0")

    def sent(self, octets):
        """SPIs that a request names are no running numbers."""
        for name, start, length in o.fields(octets):
            if name == "SA.spi" and length == 4:
                self.spis.add(struct.unpack_from("!I", octets, start)[0])
            elif name == "SPIRANGE.min" and length == 4 and octets[start:start + 4] == octets[start + 4:start + 8]:
                self.spis.add(struct.unpack_from("=I", octets, start)[0])

    def clock(self, value):
        return "clock".ljust(16, "~") if self.began <= value <= time.time() + 2 else None

    def spi(self, value):
        return None if value == 0 or value in self.spis else self.ordinal("S", value)

    def reqid(self, value):
        return None if value < FIRST_RUNNING_REQID else self.ordinal("R", value)

    def policy(self, value):
        return None if value == 0 else self.ordinal("P", value >> 3, 7) + str(value & 7)

    def asked(self, number):
        """Whether the kernel has asked for an SA by this number in this case."""
        return number in self.numbers.get("A", {})

    def _masked(self, name, kind, raw, from_kernel):
        number = int.from_bytes(raw, "little")
        if name in ("LIFETIME_CURRENT.addtime", "LIFETIME_CURRENT.usetime"):
            return self.clock(number)
        if name == "SA.spi":
            return self.spi(int.from_bytes(raw, "big"))
        if name.startswith("X_POLICY.request") and name.endswith(".reqid"):
            return self.reqid(number)
        if name == "X_POLICY.id":
            return self.policy(number)
        if name == "seq" and (number not in self.sequences or (kind == o.ACQUIRE and from_kernel) or self.asked(number)):
            # iproute2 numbers its requests from the clock on.
            if self.clock(number):
                return "clocked~"
            return self.ordinal("A", number) if kind == o.ACQUIRE or self.asked(number) else None
        if name == "reserved" and kind in _COUNTED and number:
            return "refs"
        return None

    def message(self, octets):
        """A message in hexadecimal digits, masked fields in as many other characters."""
        text = list(octets.hex())
        kind = octets[1] if len(octets) > 1 else 0
        for name, start, length in o.fields(octets):
            word = self._masked(name, kind, octets[start:start + length], octets[12:16] == bytes(4))
            if word is not None and len(word) == 2 * length:
                text[2 * start:2 * (start + length)] = word
        return "".join(text)
