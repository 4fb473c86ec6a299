#!/usr/bin/python3
"""usage: listener.py   adds an SA with HMAC-SHA2-256, and says how many keys its sender and another socket are told."""
import socket

import octets as o

KEYS = [o.key(o.EXT_KEY_AUTH, bytes(range(32))), o.key(o.EXT_KEY_ENCRYPT, bytes(range(16)))]
ADD = o.message(o.ADD, o.ESP, [o.association(0x1000, auth=5), o.source("192.0.2.1"), o.destination("192.0.2.2"), *KEYS])


def told(sock):
    """The keys in the message that a socket has for us."""
    octets = sock.recv(4096)
    assert octets[1:3] == bytes([o.ADD, 0]), octets.hex()
    return sum(name.endswith(".bits") for name, _, _ in o.fields(octets))


sender, listener = (socket.socket(15, socket.SOCK_RAW, 2) for _ in range(2))
for one in (sender, listener):
    one.settimeout(20)
sender.send(o.message(o.FLUSH))
sender.recv(4096)
# What was flushed, if there was something, is told to all.
for one in (sender, listener):
    one.setblocking(False)
    try:
        one.recv(4096)
    except BlockingIOError:
        pass
    one.settimeout(20)
sender.send(ADD)
print(f"keys: sender {told(sender)}, listener {told(listener)}")
