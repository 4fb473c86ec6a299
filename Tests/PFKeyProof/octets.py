"""PF_KEY messages as octets: how they are made, and what each of their octets is called."""
import socket
import struct

MESSAGES = dict(enumerate(
    "GETSPI UPDATE ADD DELETE GET ACQUIRE REGISTER EXPIRE FLUSH DUMP X_PROMISC X_PCHANGE X_SPDUPDATE X_SPDADD X_SPDDELETE "
    "X_SPDGET X_SPDACQUIRE X_SPDDUMP X_SPDFLUSH X_SPDSETIDX X_SPDEXPIRE X_SPDDELETE2 X_NAT_T_NEW_MAPPING X_MIGRATE".split(), 1))
EXTENSIONS = dict(enumerate(
    "SA LIFETIME_CURRENT LIFETIME_HARD LIFETIME_SOFT ADDRESS_SRC ADDRESS_DST ADDRESS_PROXY KEY_AUTH KEY_ENCRYPT IDENTITY_SRC "
    "IDENTITY_DST SENSITIVITY PROPOSAL SUPPORTED_AUTH SUPPORTED_ENCRYPT SPIRANGE X_KMPRIVATE X_POLICY X_SA2 X_NAT_T_TYPE "
    "X_NAT_T_SPORT X_NAT_T_DPORT X_NAT_T_OA X_SEC_CTX X_KMADDRESS X_FILTER".split(), 1))
# The numbers by name: GETSPI is 1, and SA too.
globals().update({name: number for number, name in MESSAGES.items()})
globals().update({"EXT_" + name: number for number, name in EXTENSIONS.items()})

AH, ESP, IPCOMP = 2, 3, 9
PID, SEQUENCE = 4242, 77
HEADER = 16


def extension(kind, body, words=None):
    """An extension of a kind, filled up to whole words; `words` is a length that it claims."""
    body += bytes(-(len(body) + 4) % 8)
    return struct.pack("=HH", (len(body) + 4) // 8 if words is None else words, kind) + body


def message(kind, satype=0, extensions=(), words=None, version=2, errno=0, reserved=0, seq=SEQUENCE, pid=PID):
    body = b"".join(extensions)
    if words is None:
        words = (HEADER + len(body)) // 8
    return struct.pack("=BBBBHHII", version, kind, errno, satype, words & 0xFFFF, reserved, seq, pid) + body


def sockaddr(address, port=0):
    if ":" in address:
        return struct.pack("=HHI", 10, socket.htons(port), 0) + socket.inet_pton(socket.AF_INET6, address) + bytes(4)
    return struct.pack("=HH", 2, socket.htons(port)) + socket.inet_aton(address) + bytes(8)


def address(kind, text, port=0, protocol=0):
    """An address such as 10.1.0.0/24, or without a prefix length that of a host."""
    host, _, prefix = text.partition("/")
    whole = 128 if ":" in host else 32
    return extension(kind, struct.pack("=BBH", protocol, int(prefix or whole), 0) + sockaddr(host, port))


def source(text, port=0, protocol=0):
    return address(EXT_ADDRESS_SRC, text, port, protocol)


def destination(text, port=0, protocol=0):
    return address(EXT_ADDRESS_DST, text, port, protocol)


def association(spi, replay=4, state=1, auth=3, encrypt=12, flags=0):
    return extension(EXT_SA, struct.pack("!I", spi) + struct.pack("=BBBBI", replay, state, auth, encrypt, flags))


def lifetime(kind, allocations=0, octets=0, added=0, used=0):
    return extension(kind, struct.pack("=IQQQ", allocations, octets, added, used))


def key(kind, octets, bits=None):
    return extension(kind, struct.pack("=HH", len(octets) * 8 if bits is None else bits, 0) + octets)


def sa2(mode=0, reqid=0):
    return extension(EXT_X_SA2, struct.pack("=BBHII", mode, 0, 0, 0, reqid))


def spi_range(least, most):
    return extension(EXT_SPIRANGE, struct.pack("=III", least, most, 0))


def request(protocol=50, mode=2, level=2, reqid=0, ends=("192.0.2.1", "192.0.2.2"), length=None):
    """One template of a policy; ends are written back to back."""
    tail = b"".join(sockaddr(end) for end in ends) if mode == 2 and ends else b""
    tail += bytes(-len(tail) % 8)
    return struct.pack("=HHBBHII", 16 + len(tail) if length is None else length, protocol, mode, level, 0, reqid, 0) + tail


def policy(kind=2, direction=2, identity=0, priority=0, requests=()):
    return extension(EXT_X_POLICY, struct.pack("=HBBII", kind, direction, 0, identity, priority) + b"".join(requests))


def encapsulation(kind=2, near=4500, far=4500):
    return [extension(EXT_X_NAT_T_TYPE, struct.pack("=B3x", kind)), extension(EXT_X_NAT_T_SPORT, struct.pack("!Hxx", near)),
            extension(EXT_X_NAT_T_DPORT, struct.pack("!Hxx", far))]


def context(text, algorithm=1, interpretation=1, length=None):
    return extension(EXT_X_SEC_CTX, struct.pack("=BBH", algorithm, interpretation, len(text) if length is None else length) + text)


def address_filter(family, near, near_length, far, far_length):
    def filled(text):
        return socket.inet_pton(family, text).ljust(16, b"\0")
    return extension(EXT_X_FILTER, filled(near) + filled(far) + struct.pack("=HBB", family, near_length, far_length))


def key_manager(local, remote):
    return extension(EXT_X_KMADDRESS, bytes(4) + sockaddr(local) + sockaddr(remote))


# The fields of what follows an extension's length and type.
_LIFETIME = [("allocations", 4), ("bytes", 8), ("addtime", 8), ("usetime", 8)]
_ADDRESS = [("proto", 1), ("prefixlen", 1), ("reserved", 2), ("sockaddr.family", 2), ("sockaddr.port", 2)]
_KEY = [("bits", 2), ("reserved", 2), ("key", None)]
_FIELDS = {
    "SA": [("spi", 4), ("replay", 1), ("state", 1), ("auth", 1), ("encrypt", 1), ("flags", 4)],
    "LIFETIME_CURRENT": _LIFETIME, "LIFETIME_HARD": _LIFETIME, "LIFETIME_SOFT": _LIFETIME,
    "ADDRESS_SRC": _ADDRESS, "ADDRESS_DST": _ADDRESS, "ADDRESS_PROXY": _ADDRESS,
    "KEY_AUTH": _KEY, "KEY_ENCRYPT": _KEY,
    "SPIRANGE": [("min", 4), ("max", 4), ("reserved", 4)],
    "X_POLICY": [("type", 2), ("dir", 1), ("reserved", 1), ("id", 4), ("priority", 4)],
    "X_SA2": [("mode", 1), ("reserved1", 1), ("reserved2", 2), ("sequence", 4), ("reqid", 4)],
    "X_NAT_T_TYPE": [("type", 1), ("reserved", 3)],
    "X_NAT_T_SPORT": [("port", 2), ("reserved", 2)], "X_NAT_T_DPORT": [("port", 2), ("reserved", 2)],
    "PROPOSAL": [("replay", 1), ("reserved", 3)],
    "SUPPORTED_AUTH": [("reserved", 4)], "SUPPORTED_ENCRYPT": [("reserved", 4)],
}
_REQUEST = [("len", 2), ("proto", 2), ("mode", 1), ("level", 1), ("reserved1", 2), ("reqid", 4), ("reserved2", 4)]
_COMBINATION = [("auth", 1), ("encrypt", 1), ("flags", 2), ("auth_minbits", 2), ("auth_maxbits", 2), ("encrypt_minbits", 2),
                ("encrypt_maxbits", 2), ("reserved", 4), ("soft_allocations", 4), ("hard_allocations", 4), ("soft_bytes", 8),
                ("hard_bytes", 8), ("soft_addtime", 8), ("hard_addtime", 8), ("soft_usetime", 8), ("hard_usetime", 8)]
_ALGORITHM = [("id", 1), ("ivlen", 1), ("minbits", 2), ("maxbits", 2), ("reserved", 2)]
_REPEATED = {"PROPOSAL": ("comb", _COMBINATION), "SUPPORTED_AUTH": ("alg", _ALGORITHM), "SUPPORTED_ENCRYPT": ("alg", _ALGORITHM)}
_MESSAGE = [("version", 1), ("type", 1), ("errno", 1), ("satype", 1), ("len", 2), ("reserved", 2), ("seq", 4), ("pid", 4)]


def _laid_out(prefix, fields, start, end):
    """Fields from an offset on, as far as there are octets; what is left over has a name too."""
    for name, length in fields:
        length = min(end - start if length is None else length, end - start)
        if length <= 0:
            return start
        yield prefix + name, start, length
        start += length
    return start


def _inside(name, octets, start, end):
    start = yield from _laid_out(name + ".", _FIELDS.get(name, []), start, end)
    number = 0
    while name == "X_POLICY" and start < end:
        length = struct.unpack_from("=H", octets, start)[0] if end - start >= 2 else 0
        stop = min(end, start + max(length, HEADER))
        inner = yield from _laid_out(f"{name}.request{number}.", _REQUEST, start, stop)
        yield from _laid_out(f"{name}.request{number}.", [("addresses", None)], inner, stop)
        start, number = stop, number + 1
    while name in _REPEATED and start < end:
        part, fields = _REPEATED[name]
        start = yield from _laid_out(f"{name}.{part}{number}.", fields, start, end)
        number += 1
    yield from _laid_out(name + ".", [("rest", None)], start, end)


def fields(octets):
    """Each field of a message: its name, its offset and its length."""
    start = yield from _laid_out("", _MESSAGE, 0, len(octets))
    while start + 4 <= len(octets):
        words, kind = struct.unpack_from("=HH", octets, start)
        name = EXTENSIONS.get(kind, f"extension {kind}")
        end = min(len(octets), start + max(words, 1) * 8)
        inner = yield from _laid_out(name + ".", [("len", 2), ("exttype", 2)], start, end)
        yield from _inside(name, octets, inner, end)
        start = end
    yield from _laid_out("", [("stray", None)], start, len(octets))


def field_at(octets, offset):
    for name, start, length in fields(octets):
        if start <= offset < start + length:
            return name
    return "end of message"
