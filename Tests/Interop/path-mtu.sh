#!/bin/bash
# usage: path-mtu.sh   a router with a narrow link stands between two tunnel ends: hosts behind them are told, and TCP
# gets through, whether ESP is raw or in UDP; forged reports change nothing. Leaves nothing behind.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }
middle=$tag-middle
narrow=1300

# east 192.0.2.1 --- 192.0.2.254 middle 198.51.100.254 --- 198.51.100.2 west, the second link as narrow as said.
narrow_topology_up() {
    ip netns add "$east" && ip netns add "$middle" && ip netns add "$west"
    ip link add "$tag-e" netns "$east" type veth peer name "$tag-me" netns "$middle"
    ip link add "$tag-w" netns "$west" type veth peer name "$tag-mw" netns "$middle"
    ip -n "$east" addr add 10.1.0.1/24 dev lo
    ip -n "$west" addr add 10.2.0.1/24 dev lo
    ip -n "$east" addr add 192.0.2.1/24 dev "$tag-e"
    ip -n "$middle" addr add 192.0.2.254/24 dev "$tag-me"
    ip -n "$middle" addr add 198.51.100.254/24 dev "$tag-mw"
    ip -n "$west" addr add 198.51.100.2/24 dev "$tag-w"
    ip -n "$middle" link set "$tag-mw" mtu $narrow
    ip -n "$west" link set "$tag-w" mtu $narrow
    local ns
    for ns in "$east" "$middle" "$west"; do
        ip -n "$ns" link set lo up
        ip netns exec "$ns" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
    done
    ip -n "$east" link set "$tag-e" up
    ip -n "$west" link set "$tag-w" up
    ip -n "$middle" link set "$tag-me" up
    ip -n "$middle" link set "$tag-mw" up
    ip netns exec "$middle" sysctl -qw net.ipv4.ip_forward=1
    ip -n "$east" route add default via 192.0.2.254
    ip -n "$west" route add default via 198.51.100.254
}

narrow_topology_down() {
    topology_down
    ip netns del "$middle" 2>/dev/null
}

# conf SIDE PEER LOCAL_NET REMOTE_NET NAT_TRAVERSAL START
conf() {
    cat >"$work/$1.conf" <<END
path pre_shared_key "psk.txt";
remote "peer" {
    remote_address $2;
    exchange_mode main;
    nat_traversal $5;
    proposal { encryption_algorithm aes 128; hash_algorithm sha256; authentication_method pre_shared_key; dh_group modp2048; }
}
sainfo anonymous { encryption_algorithm aes_gcm_16 128; }
tunnel "net" { remote "peer"; local_net $3; remote_net $4; start $6; }
END
}

# ping_out SIZE DF: octets of payload, and ping's word for DF.
ping_out() { in_ns east ping -n -c 3 -i 0.3 -W 12 -M "$2" -s "$1" -I 10.1.0.1 10.2.0.1 >"$work/ping.out" 2>&1; }

# The largest inner packet: the narrow link without headers and the ICV, in whole words with two octets of trailer.
#   raw 20 + 8 + 8 + 16, in UDP 8 more
expected_mtu() { echo $(((narrow - $1) / 4 * 4 - 2)); }

told() {
    ping_out 1380 do && { echo "packets of 1408 octets go through"; return 1; }
    grep -qE "(mtu = |mtu=)$1\b" "$work/ping.out" || { cat "$work/ping.out"; return 1; }
}

out_packets() { json east '[.child_sas[].packets_out] | add'; }
in_packets() { json west '[.child_sas[].packets_in] | add'; }

# All packets that east's SAs sent arrive: none is lost for its length any more.
fits_exactly() {
    local sent received
    sent=$(out_packets) received=$(in_packets)
    ping_out $(($1 - 28)) do || { cat "$work/ping.out"; return 1; }
    [ $(($(out_packets) - sent)) -eq 3 ] && [ $(($(in_packets) - received)) -eq 3 ]
}

# Without DF each packet goes as two fragments, each protected by itself.
cut_before_protection() {
    local sent
    sent=$(out_packets)
    ping_out 1380 dont || { cat "$work/ping.out"; return 1; }
    [ $(($(out_packets) - sent)) -eq 6 ] || { echo "$(($(out_packets) - sent)) packets for 3 pings"; return 1; }
}

# A megabyte each way over TCP, which knows of no narrow link: nobody changes its segment size.
tcp_goes_through() {
    exec_in_ns west timeout 90 python3 -c 'import socket
with socket.create_server(("10.2.0.1", 7777)) as server:
    peer = server.accept()[0]
    got = 0
    while got < 1 << 20: got += len(peer.recv(65536))
    peer.sendall(bytes(1 << 20))
    peer.close()' &
    local server=$!
    pids+=("$server")
    wait_until 5 eval "in_ns west ss -Hltn sport = 7777 | grep -q 7777"
    in_ns east timeout 90 python3 -c 'import socket
peer = socket.create_connection(("10.2.0.1", 7777), 30, ("10.1.0.1", 0))
peer.sendall(bytes(1 << 20))
got = 0
while octets := peer.recv(65536): got += len(octets)
raise SystemExit(got != 1 << 20)'
}

# A report of a packet that no SA sent: right addresses, wrong SPI or sequence number.
forged_reports_change_nothing() {
    local spi
    spi=$(json east '.child_sas[0].spi_out')
    in_ns middle python3 - "$spi" <<'END' || return 1
import socket, struct, sys
def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
spi = int(sys.argv[1], 0)
for forged, sequence in [(spi ^ 1, 1), (spi, 0), (spi, 0x7fffffff)]:
    quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 1300, 1, 0x4000, 60, 50, 0,
        socket.inet_aton("192.0.2.1"), socket.inet_aton("198.51.100.2")) + struct.pack("!II", forged, sequence) + bytes(64)
    body = struct.pack("!BBHHH", 3, 4, 0, 0, 600) + quoted
    sender.sendto(body[:2] + struct.pack("!H", checksum(body)) + body[4:], ("192.0.2.1", 0))
END
    fits_exactly "$1"
}


# tunnel NAME NAT_TRAVERSAL OVERHEAD FILTER
tunnel() {
    local name=$1 mtu
    mtu=$(expected_mtu "$3")
    fresh
    narrow_topology_down
    narrow_topology_up
    conf east 198.51.100.2 10.1.0.0/24 10.2.0.0/24 "$2" up
    conf west 192.0.2.1 10.2.0.0/24 10.1.0.0/24 "$2" listen
    start_swiftike west "$work/west.conf" --datapath userspace || return
    start_swiftike east "$work/east.conf" --datapath userspace || return
    echo "== path MTU: $name through a link of $narrow octets"
    check "$name: small packets go through" wait_until 20 ping_through 2
    check "$name: who forbids fragmentation is told $mtu octets" told "$mtu"
    check "$name: packets of $mtu octets arrive, all of them" fits_exactly "$mtu"
    check "$name: packets that may be cut are cut before they are protected" cut_before_protection
    check "$name: TCP gets through without a changed segment size" tcp_goes_through
    [ "$2" != off ] || check "$name: reports of packets that were never sent change nothing" forged_reports_change_nothing "$mtu"
}

trap 'narrow_topology_down; cleanup' EXIT
trap 'narrow_topology_down; cleanup; exit 130' INT TERM
psk "$work/psk.txt" "192.0.2.1 a key that both know" "198.51.100.2 a key that both know"
tunnel "raw ESP" off 52
tunnel "ESP in UDP" force 60
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
