#!/usr/bin/env python3
"""usage: openssl-judge.py PLAIN SEALED CIPHER KEY SALT DIGEST KEY ICV_OCTETS

Seals the IP packets of the capture PLAIN with the `openssl` program, with the IVs that SEALED has, and compares: every octet
of every ESP packet must be the same (RFC 4303, tunnel mode). CIPHER is the program's own name, - for none; so is DIGEST, of
an HMAC. Keys and salt are hexadecimal, - for none. Captures are pcap over Ethernet."""
import struct
import subprocess
import sys

plain, sealed, cipher, key, salt, digest, integrity_key, icv_size = sys.argv[1:]
icv_size = int(icv_size)
BLOCKS = {"aes": 16, "camellia": 16}


def packets(path):
    """The IP packets of a capture."""
    octets = open(path, "rb").read()
    place = 24
    while place < len(octets):
        size = struct.unpack_from("<I", octets, place + 8)[0]
        frame = octets[place + 16 : place + 16 + size]
        place += 16 + size
        yield frame[14 : 14 + struct.unpack_from(">H", frame, 16)[0]]


def program(words, text):
    return subprocess.run(["openssl", *words], input=text, stdout=subprocess.PIPE, check=True).stdout


def encrypted(text, iv):
    if cipher == "-":
        return text
    # RFC 3686 section 4: nonce, IV, and a counter of blocks from one.
    whole = salt + iv.hex() + "00000001" if salt != "-" else iv.hex()
    old = ["-provider", "legacy", "-provider", "default"]
    return program(["enc", "-e", f"-{cipher}", "-K", key, "-iv", whole, "-nopad", *old], text)


def authenticated(text):
    return program(["dgst", f"-{digest}", "-mac", "HMAC", "-macopt", f"hexkey:{integrity_key}", "-binary"], text)[:icv_size]


count = 0
for inner, outer in zip(packets(plain), packets(sealed), strict=True):
    esp = outer[20:]
    block = 4 if cipher == "-" or salt != "-" else BLOCKS.get(cipher.split("-")[0], 8)
    iv_size = 0 if cipher == "-" else 8 if salt != "-" else block
    iv = esp[8 : 8 + iv_size]
    padding = -(len(inner) + 2) % block
    text = inner + bytes(range(1, padding + 1)) + bytes([padding, 4])
    packet = esp[:8] + iv + encrypted(text, iv)
    packet += authenticated(packet)
    count += 1
    if struct.unpack_from(">I", esp, 4)[0] != count or packet != esp:
        sys.exit(f"packet {count} differs:\n  openssl {packet.hex()}\n  ours    {esp.hex()}")
if count == 0:
    sys.exit("no packet")
