#!/usr/bin/env python3
"""client.py WORD...: a PF_KEY program that does one thing after another, and prints the errno of each answer.

policy: adds a policy, out, from 10.1.0.0/24 to 10.2.0.0/24, with a tunnel. spi: asks for an SPI. sa: adds an SA.
dump: counts policies. listen: waits for what the next line of standard input makes others do.
"""
import os, socket, struct, sys

key = socket.socket(15, socket.SOCK_RAW, 2)


def exchange(kind, satype, body=b""):
    message = struct.pack("=BBBBHHII", 2, kind, 0, satype, 2 + len(body) // 8, 0, kind * 100, os.getpid()) + body
    key.send(message)
    return answer()


def answer():
    # As libipsec does: the header first, then as much as it says.
    header = key.recv(16, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    return key.recv(struct.unpack("=H", header[4:6])[0] * 8, socket.MSG_DONTWAIT)


def address(kind, text, prefix=32):
    name = struct.pack("=HH", 2, 0) + socket.inet_aton(text) + bytes(8)
    return struct.pack("=HHBBH", 3, kind, 255, prefix, 0) + name


def sockaddr(text):
    return struct.pack("=HH", 2, 0) + socket.inet_aton(text) + bytes(8)


def policy():
    request = struct.pack("=HHBBHII", 48, 50, 2, 3, 0, 7, 0) + sockaddr("192.0.2.1") + sockaddr("192.0.2.2")
    body = address(5, "10.1.0.0", 24) + address(6, "10.2.0.0", 24)
    return exchange(14, 0, body + struct.pack("=HHHBBII", 8, 18, 2, 2, 0, 0, 0) + request)


def spi():
    return exchange(1, 3, address(5, "192.0.2.2") + address(6, "192.0.2.1") + struct.pack("=HHIII", 2, 16, 4096, 8191, 0))


def sa():
    keys = struct.pack("=HHHH", 3, 9, 128, 0) + bytes(range(16))
    body = struct.pack("=HHIBBBBI", 2, 1, 0x20100000, 0, 1, 0, 12, 0)
    return exchange(3, 3, body + address(5, "192.0.2.1") + address(6, "192.0.2.2") + keys)


def dump():
    message, count = exchange(18, 0), 0
    while not message[2]:
        count += 1
        if not struct.unpack("=I", message[8:12])[0]:
            break
        message = answer()
    return message[:2] + bytes([count])


for word in sys.argv[1:]:
    if word == "listen":
        print("listening", flush=True)
        sys.stdin.readline()
        print("heard", answer()[1], flush=True)
    else:
        print(word, globals()[word]()[2], flush=True)
