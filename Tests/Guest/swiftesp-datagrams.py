#!/usr/bin/python3
# usage: swiftesp-datagrams.py send COUNT               datagrams from 10.1.0.1 to 10.2.0.1, by a socket
#        swiftesp-datagrams.py write FILE COUNT         the same as a pcap file of raw IP
#        swiftesp-datagrams.py compare FILE COUNT       whether a pcap file of raw IP has their contents, in order
#        swiftesp-datagrams.py inject FILE DEVICE TO    puts a pcap file's IP packets on an Ethernet device
import socket, struct, sys

SOURCE, DESTINATION, PORT = "10.1.0.1", "10.2.0.1", 7777


def content(number):
    return bytes((number * 7 + place) % 256 for place in range(number * 37 % 1200))


def packet(number):
    payload = content(number)
    header = struct.pack(">BBHHHBBH", 0x45, 0, 28 + len(payload), number, 0x4000, 64, 17, 0)
    header += socket.inet_aton(SOURCE) + socket.inet_aton(DESTINATION)
    total = sum(struct.unpack(">10H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    header = header[:10] + struct.pack(">H", ~total & 0xFFFF) + header[12:]
    return header + struct.pack(">HHHH", PORT, PORT, 8 + len(payload), 0) + payload


def packets(path):
    octets = open(path, "rb").read()
    place = 24
    while place + 16 <= len(octets):
        length = struct.unpack_from("<I", octets, place + 8)[0]
        yield octets[place + 16 : place + 16 + length]
        place += 16 + length


def send(count):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind((SOURCE, PORT))
    for number in range(int(count)):
        sender.sendto(content(number), (DESTINATION, PORT))


def write(path, count):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        for number in range(int(count)):
            octets = packet(number)
            file.write(struct.pack("<IIII", 1700000000, number, len(octets), len(octets)) + octets)


def compare(path, count):
    found = [octets[28:] for octets in packets(path)]
    if found != [content(number) for number in range(int(count))]:
        sys.exit(f"{len(found)} packets, not the {count} that were sent")


def inject(path, device, to):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    for octets in packets(path):
        wire.sendto(octets, (device, 0x0800, 0, 0, bytes.fromhex(to.replace(":", ""))))


{"send": send, "write": write, "compare": compare, "inject": inject}[sys.argv[1]](*sys.argv[2:])
