#!/bin/bash
# Two user-space data planes with fixed keys in two network namespaces: pings through tunnel and transport mode, raw ESP
# and ESP in UDP, at once and on demand, judged by what a capture between them shows and by the SA counters.
#
# usage: userspace-selftest.sh [PROGRAM]      as root; leaves nothing behind
set -u
cd "$(dirname "$0")/../.."
program=${1:-}
if [ -z "$program" ]; then
    swift build --product userspace-selftest >&2 || exit 1
    program=$(swift build --show-bin-path)/userspace-selftest
fi
a=userspace-a b=userspace-b
work=$(mktemp -d)
failures=0
pids=()

clean() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done
    pids=()
    ip netns del $a 2>/dev/null
    ip netns del $b 2>/dev/null
}
trap 'clean; rm -rf "$work"' EXIT

in_a() { ip netns exec $a "$@"; }
in_b() { ip netns exec $b "$@"; }

lay_out() {
    clean
    # What an earlier scenario said would let this one pass for ready.
    rm -f "$work"/{a,b,capture}
    ip netns add $a && ip netns add $b
    ip link add us-a netns $a type veth peer name us-b netns $b
    for side in a:1 b:2; do
        ns=userspace-${side%:*} n=${side#*:}
        ip -n $ns link set lo up
        ip -n $ns link set us-${side%:*} up
        ip -n $ns address add 192.0.2.$n/24 dev us-${side%:*}
        ip -n $ns address add 192.0.2.1$n/24 dev us-${side%:*}
        ip -n $ns address add 2001:db8::$n/64 dev us-${side%:*} nodad
        ip -n $ns address add 10.$n.0.1/24 dev lo
        ip -n $ns address add 2001:db8:$n::1/64 dev lo nodad
        ip netns exec $ns sysctl -qw net.ipv4.conf.all.rp_filter=${RP_FILTER:-0}
    done
    # The network behind the peer must be reachable through the tunnel alone.
    in_a ip route add default via 192.0.2.2 && in_b ip route add default via 192.0.2.1
}

# wait_until SECONDS COMMAND...
wait_until() {
    local end=$((SECONDS + $1))
    shift
    while ! "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# The capture has its header when tcpdump sees packets.
started() { grep -qs ready "$work/a" && grep -qs ready "$work/b" && [ -s "$work/capture" ]; }

# seen FILTER: how many captured packets match.
seen() { tcpdump -n -r "$work/capture" "$1" 2>/dev/null | wc -l; }

fail() { echo "  FAIL: $*"; failures=$((failures + 1)); }

# scenario NAME LOCAL REMOTE LOCAL_NET REMOTE_NET MODE ENCAPSULATION CIPHER START PING_TARGET CAPTURE_FILTER
scenario() {
    local name=$1 local=$2 remote=$3 localnet=$4 remotenet=$5 mode=$6 wrap=$7 cipher=$8 start=$9 target=${10} filter=${11}
    local before=$failures
    lay_out
    ip netns exec $a tcpdump -i us-a --immediate-mode -U -w "$work/capture" 2>/dev/null &
    local tap=$!
    ip netns exec $a "$program" "$local" "$remote" "$localnet" "$remotenet" "$mode" "$wrap" "$cipher" "$start" >"$work/a" 2>&1 &
    local left=$!
    ip netns exec $b "$program" "$remote" "$local" "$remotenet" "$localnet" "$mode" "$wrap" "$cipher" now >"$work/b" 2>&1 &
    local right=$!
    pids+=($tap $left $right)
    wait_until 60 started || fail "the planes did not start"
    in_a ping -c 5 -i 0.2 -W 12 "$target" >"$work/ping" 2>&1
    local large=0
    in_a ping -c 2 -i 0.2 -W 12 -s 3000 "$target" >"$work/large" 2>&1 && large=1
    if [ -n "${IPERF:-}" ]; then
        ip netns exec $b iperf3 -s -1 >/dev/null 2>&1 & pids+=($!)
        wait_until 30 eval 'in_b ss -Hltn sport = 5201 | grep -q 5201'
        in_a iperf3 -c "$target" -t 4 2>&1 | grep -E 'receiver|error' | sed "s/^/  iperf3: /"
    fi
    wait_until 20 eval '[ "$(seen "$filter")" -ge 10 ]'
    kill $left $right $tap; wait $left $right $tap 2>/dev/null
    pids=()
    local got; got=$(grep -oE '[0-9]+ received' "$work/ping" | cut -d' ' -f1)
    local seen; seen=$(seen "$filter")
    local clear; clear=$(tcpdump -n -r "$work/capture" 'icmp[icmptype] == 8 or icmp[icmptype] == 0 or icmp6[0] == 128 or icmp6[0] == 129' 2>/dev/null | wc -l)
    echo "$name: ping ${got:-0}/5, large $large, ESP packets $seen, clear $clear, $(grep 'usage outbound' "$work/a")"
    [ "${got:-0}" = 5 ] || fail "lost pings"; [ $large = 1 ] || fail "lost large pings"
    [ "$seen" -ge 10 ] || fail "too few ESP packets"; [ "$clear" = 0 ] || fail "packets in clear"
    # Every SA of the chain carried packets, both ways.
    if grep -q '^usage .* packets 0 ' "$work/a" "$work/b"; then fail "an SA carried nothing"; fi
    grep -q '^usage inbound packets [1-9]' "$work/a" || fail "nothing counted inbound"
    if grep -H '^drop' "$work/a" "$work/b" | grep -v no_policy; then fail "drops"; fi
    [ "$start" = now ] || [ "$(grep -c 'notification acquire' "$work/a")" = 1 ] || fail "not one acquire"
    if [ -n "$(in_a ip rule show table 5349)$(in_a ip route show table 5349 2>/dev/null)" ]; then fail "left behind"; fi
    [ $failures = $before ] || cat "$work/a" "$work/b"
}

# A datagram with hop-by-hop options before AH, of which the kernel's socket tells apart from the packet; sent again
# and again until one has come through both planes with its options.
options='import socket, sys
ours, theirs = sys.argv[2:]
sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
padding = bytes([0, 0, 1, 4, 0, 0, 0, 0])
if sys.argv[1] == "send":
    sock.settimeout(0.5)
    sock.bind((ours, 0))
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, padding)
    for attempt in range(60):
        sock.sendto(b"with options", (theirs, 7777))
        try:
            sys.exit(sock.recv(100) != b"seen")
        except (TimeoutError, ConnectionRefusedError):
            pass
    sys.exit("no answer")
sock.bind((ours, 7777))
sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPOPTS, 1)
payload, ancillary, flags, sender = sock.recvmsg(100, 1000)
found = [data for level, kind, data in ancillary if kind == socket.IPV6_HOPOPTS]
sock.sendto(b"seen" if [data[2:] for data in found] == [padding[2:]] else repr(found).encode(), sender)'

# extension_headers: AH in transport mode over a packet with hop-by-hop options, one SA each way.
extension_headers() {
    local before=$failures
    lay_out
    ip netns exec $a tcpdump -i us-a --immediate-mode -U -w "$work/capture" 2>/dev/null &
    local tap=$!
    ip netns exec $a "$program" 2001:db8::1 2001:db8::2 2001:db8::1/128 2001:db8::2/128 ah/transport raw aes-gcm-16 now >"$work/a" 2>&1 &
    local left=$!
    ip netns exec $b "$program" 2001:db8::2 2001:db8::1 2001:db8::2/128 2001:db8::1/128 ah/transport raw aes-gcm-16 now >"$work/b" 2>&1 &
    local right=$!
    pids+=($tap $left $right)
    wait_until 60 started || fail "the planes did not start"
    ip netns exec $b python3 -c "$options" receive 2001:db8::2 2001:db8::1 &
    pids+=($!)
    in_a python3 -c "$options" send 2001:db8::1 2001:db8::2 || fail "the options did not come through"
    wait_until 20 eval '[ "$(seen "ip6[6] == 0 and ip6[40] == 51")" -ge 1 ]' || fail "no AH behind hop-by-hop options"
    kill $left $right $tap; wait $left $right $tap 2>/dev/null
    if grep -H '^drop' "$work/a" "$work/b" | grep -v no_policy; then fail "drops"; fi
    echo "AH behind IPv6 extension headers: $(seen 'ip6[6] == 0 and ip6[40] == 51') packets"
    [ $failures = $before ] || cat "$work/a" "$work/b"
}

n4="10.1.0.0/24 10.2.0.0/24" n6="2001:db8:1::/64 2001:db8:2::/64"
h4="192.0.2.1 192.0.2.2" h6="2001:db8::1 2001:db8::2"
scenario "tunnel, raw ESP, AES-GCM" $h4 $n4 tunnel raw aes-gcm-16 now 10.2.0.1 esp
scenario "tunnel, ESP in UDP, AES-CBC" $h4 $n4 tunnel udp aes-cbc now 10.2.0.1 'udp port 4500'
scenario "transport, raw ESP, AES-CBC" $h4 192.0.2.1/32 192.0.2.2/32 transport raw aes-cbc now 192.0.2.2 esp
scenario "transport, ESP in UDP, AES-GCM" $h4 192.0.2.1/32 192.0.2.2/32 transport udp aes-gcm-16 now 192.0.2.2 'udp port 4500'
scenario "tunnel on demand" $h4 $n4 tunnel raw aes-gcm-16 acquire 10.2.0.1 esp
scenario "IPv6 in IPv6, raw ESP" $h6 $n6 tunnel raw aes-gcm-16 now 2001:db8:2::1 esp
scenario "IPv6 transport, raw ESP" $h6 2001:db8::1/128 2001:db8::2/128 transport raw aes-gcm-16 now 2001:db8::2 esp
scenario "IPv4 in IPv6, ESP in UDP" $h6 $n4 tunnel udp aes-cbc now 10.2.0.1 'udp port 4500'
hosts4="192.0.2.1/32 192.0.2.2/32" hosts6="2001:db8::1/128 2001:db8::2/128"
scenario "AH tunnel" $h4 $n4 ah/tunnel raw aes-gcm-16 now 10.2.0.1 ah
scenario "AH transport" $h4 $hosts4 ah/transport raw aes-gcm-16 now 192.0.2.2 ah
scenario "AH over an ESP tunnel" $h4 $n4 esp/tunnel+ah/transport raw aes-gcm-16 now 10.2.0.1 ah
scenario "AH over ESP transport, IPv6" $h6 $hosts6 esp/transport+ah/transport raw aes-cbc now 2001:db8::2 'ip6 proto 51 or ip6 proto 44'
scenario "ESP over an IPComp tunnel" $h4 $n4 ipcomp/tunnel+esp/transport raw aes-gcm-16 now 10.2.0.1 esp
scenario "ESP over IPComp transport" $h4 $hosts4 ipcomp/transport+esp/transport raw aes-cbc now 192.0.2.2 esp
scenario "AH over ESP over IPComp, IPv6" $h6 $n6 ipcomp/tunnel+esp/transport+ah/transport raw aes-gcm-16 now 2001:db8:2::1 'ip6 proto 51'
scenario "ESP tunnel in an ESP tunnel" $h4 $n4 esp/tunnel+esp/tunnel raw aes-gcm-16 now 10.2.0.1 esp
# Two peers' SAs belong to two threads, if there are two processors.
scenario "ESP tunnel in another gateway's ESP tunnel" $h4 $n4 esp/tunnel+esp/tunnel@10 raw aes-gcm-16 now 10.2.0.1 esp
scenario "ESP tunnel in another gateway's AH tunnel" $h4 $n4 esp/tunnel+ah/tunnel@10 raw aes-cbc now 10.2.0.1 ah
scenario "ESP tunnel in another gateway's IPComp and ESP" $h4 $n4 esp/tunnel+ipcomp/tunnel@10+esp/transport@10 raw aes-cbc now 10.2.0.1 esp
scenario "AH over ESP, extended sequence numbers" $h4 $n4 esp/tunnel+ah/transport raw aes-gcm-16,esn now 10.2.0.1 ah
scenario "BEET" $h4 10.1.0.1/32 10.2.0.1/32 esp/beet raw aes-gcm-16 now 10.2.0.1 esp
extension_headers
[ $failures = 0 ] && echo "all passed" || { echo "$failures failures"; exit 1; }
