"""What the kernel holds after a request, asked over netlink: one line of named fields for each SA and each policy."""
import socket
import struct

_NEWSA, _GETSA, _NEWPOLICY, _GETPOLICY, _FLUSHSA, _FLUSHPOLICY = 0x10, 0x12, 0x13, 0x15, 0x1C, 0x1D
_REQUEST, _ACK, _DUMP = 1, 4, 0x300
_TEMPLATES, _LAST_USED = 5, 15

_SELECTOR = [("daddr", 16), ("saddr", 16), ("dport", 4), ("sport", 4), ("family", 2), ("prefixes", 2), ("proto", 1), ("", 3),
             ("ifindex", 4), ("user", 4)]
_LIMITS = [("soft_byte", 8), ("hard_byte", 8), ("soft_packet", 8), ("hard_packet", 8), ("soft_add", 8), ("hard_add", 8),
           ("soft_use", 8), ("hard_use", 8)]
_CURRENT = [("bytes", 8), ("packets", 8), ("add_time", 8), ("use_time", 8)]
_ASSOCIATION = ([("sel." + name, size) for name, size in _SELECTOR] +
                [("daddr", 16), ("spi", 4), ("proto", 1), ("", 3), ("saddr", 16)] + _LIMITS + _CURRENT +
                [("stats", 12), ("seq", 4), ("reqid", 4), ("family", 2), ("mode", 1), ("replay_window", 1), ("flags", 1), ("", 7)])
_POLICY = ([("sel." + name, size) for name, size in _SELECTOR] + _LIMITS + _CURRENT +
           [("priority", 4), ("index", 4), ("dir", 1), ("action", 1), ("flags", 1), ("share", 1), ("", 4)])
# Which algorithms a template allows is left out: af_key says "all" by a flag that netlink does not show, netlink by all bits.
_TEMPLATE = [("daddr", 16), ("spi", 4), ("proto", 1), ("", 3), ("family", 2), ("", 2), ("saddr", 16), ("reqid", 4), ("mode", 1),
             ("share", 1), ("optional", 1), ("", 1), ("", 12)]


class Kernel:
    """The SAs and policies of this network namespace."""

    def __init__(self, masks):
        self.masks = masks
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 6)

    def _asked(self, kind, flags, body):
        self.socket.send(struct.pack("=IHHII", 16 + len(body), kind, flags | _REQUEST, 1, 0) + body)
        while True:
            octets, start = self.socket.recv(1 << 17), 0
            while start + 16 <= len(octets):
                length, answer = struct.unpack_from("=IH", octets, start)
                if answer in (2, 3):
                    return
                yield octets[start + 16:start + length]
                start += (length + 3) & ~3

    def flush(self):
        for kind, body in ((_FLUSHSA, bytes(1)), (_FLUSHPOLICY, b"")):
            list(self._asked(kind, _ACK, body))

    def lines(self):
        found = ["sa " + self._line(octets, _ASSOCIATION) for octets in self._asked(_GETSA, _DUMP, b"")]
        return found + ["policy " + self._line(octets, _POLICY) for octets in self._asked(_GETPOLICY, _DUMP, b"")]

    def _line(self, octets, layout):
        words, start = self._fields("", layout, octets)
        attributes = []
        while start + 4 <= len(octets):
            length, kind = struct.unpack_from("=HH", octets, start)
            body = octets[start + 4:start + length]
            start += max(4, (length + 3) & ~3)
            if kind == _TEMPLATES:
                for number in range(0, len(body), 64):
                    attributes.append((kind, self._fields(f"tmpl{number // 64}.", _TEMPLATE, body[number:number + 64])[0]))
            elif kind != _LAST_USED:
                attributes.append((kind, [f"attribute{kind}={body.hex()}"]))
        for _, more in sorted(attributes):
            words += more
        return " ".join(words)

    def _fields(self, prefix, layout, octets):
        words, start = [], 0
        for name, size in layout:
            raw = octets[start:start + size]
            start += size
            if name and any(raw):
                words.append(f"{prefix}{name}={self._masked(prefix + name, raw)}")
        return words, start

    def _masked(self, name, raw):
        number, word = int.from_bytes(raw, "little"), None
        if name in ("add_time", "use_time"):
            word = self.masks.clock(number)
        elif name == "spi":
            word = self.masks.spi(int.from_bytes(raw, "big"))
        elif name.startswith("tmpl") and name.endswith(".reqid"):
            word = self.masks.reqid(number)
        elif name == "index":
            word = self.masks.policy(number)
        elif name == "seq" and (self.masks.asked(number) or number not in self.masks.sequences):
            word = self.masks.ordinal("A", number)
        return word or raw.hex()
