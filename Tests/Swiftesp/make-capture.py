#!/usr/bin/env python3
"""usage: make-capture.py plain COUNT       a pcap file of UDP datagrams in clear on standard output, over Ethernet
       make-capture.py repeat COUNT FILE   the packets of a pcap file over and over, COUNT in all"""
import socket
import struct
import sys


def checksum(octets):
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(number, size):
    addresses = socket.inet_aton("10.1.0.1") + socket.inet_aton("10.2.0.1")
    text = bytes((number + place) % 256 for place in range(size))
    udp = struct.pack(">HHHH", 1234, 9, 8 + size, 0) + text
    header = struct.pack(">BBHHHBBH", 0x45, 0, 28 + size, number & 0xFFFF, 0x4000, 64, 17, 0) + addresses
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + udp


def header(link_type):
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)


def record(number, frame):
    return struct.pack("<IIII", 1700000000 + number // 1000, number % 1000 * 1000, len(frame), len(frame)) + frame


def records(path):
    octets = open(path, "rb").read()
    place = 24
    while place < len(octets):
        size = struct.unpack_from("<I", octets, place + 8)[0]
        yield octets[place + 16 : place + 16 + size]
        place += 16 + size


out = sys.stdout.buffer
count = int(sys.argv[2])
if sys.argv[1] == "plain":
    out.write(header(1))
    for number in range(count):
        out.write(record(number, bytes(12) + b"\x08\x00" + datagram(number, number * 97 % 1300)))
else:
    frames = list(records(sys.argv[3]))
    out.write(open(sys.argv[3], "rb").read(24))
    for number in range(count):
        out.write(record(number, frames[number % len(frames)]))
