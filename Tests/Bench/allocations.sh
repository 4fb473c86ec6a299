#!/bin/bash
# usage: allocations.sh   sends packets through two user-space data planes and counts what these allocate meanwhile.
#
# Each plane is a process in a network namespace of its own, and does all that it does in swiftike: reads its device,
# finds policy and SA, seals, sends, receives, opens, and hands to the host. Single packets (ping) and trains of them
# (iperf3) go through. Fails if either allocates as often as once in a hundred packets: what it does a few times a second
# (looking at paths, counting) allocates, what it does for each packet must not. libcrypto's own allocations are told
# apart; those with AES-CBC and with AH are its HMAC's.
SWIFTIKE_TAG=al$$
. "$(dirname "${BASH_SOURCE[0]}")/../Interop/lib.sh"
program=$bin/userspace-selftest
[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }
[ -x "$program" ] || { echo "not built: $program (make bench builds it)" >&2; exit 2; }

finish() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done
    pids=()
    topology_down
}
trap 'finish; rm -rf "$work"' EXIT

# start SIDE LOCAL REMOTE LOCAL_NET REMOTE_NET LAYERS ENCAPSULATION CIPHER
start() {
    local side=$1
    shift
    rm -f "$work/$side"
    exec_in_ns "$side" "$program" "$1" "$2" "$3" "$4" "$5" "$6" "$7" now >"$work/$side" 2>&1 &
    pids+=($!)
    eval "pid_$side=$!"
}

# counted SIDE NUMBER: whether a side has said as often as that what it has allocated.
counted() { [ "$(grep -c '^allocations' "$work/$1")" -ge "$2" ]; }

# count NUMBER has both sides say what they have allocated.
count() {
    local side
    for side in east west; do
        local pid=pid_$side
        kill -USR1 "${!pid}"
        wait_until 10 counted "$side" "$1" || { cat "$work/$side"; return 1; }
    done
}

# judge NAME PACKETS: what was allocated between the first and the second count.
judge() {
    local side
    for side in east west; do
        awk -v name="$1" -v side="$side" -v packets="$2" '
            $1 == "allocations" { ours[++said] = $2; theirs[said] = $5 }
            END {
                printf "allocations of a whole plane, %s, %s: %d of ours and %d of libcrypto in %d packets\n", name, side,
                    ours[2] - ours[1], theirs[2] - theirs[1], packets
                exit !(said == 2 && ours[1] > 0 && packets > 5000 && (ours[2] - ours[1]) * 100 < packets)
            }' "$work/$side" || { echo "  TOO MANY, or too few packets"; failed=1; }
    done
}

# packets: what a side's link has carried both ways; a train of datagrams counts once.
packets() { in_ns east cat "/sys/class/net/$tag-e/statistics/rx_packets" "/sys/class/net/$tag-e/statistics/tx_packets"; }

# measure LAYERS ENCAPSULATION CIPHER
measure() {
    topology_up
    ip -n "$east" addr add 192.0.2.11/24 dev "$tag-e"
    ip -n "$west" addr add 192.0.2.12/24 dev "$tag-w"
    start east 192.0.2.1 192.0.2.2 10.1.0.0/24 10.2.0.0/24 "$1" "$2" "$3"
    start west 192.0.2.2 192.0.2.1 10.2.0.0/24 10.1.0.0/24 "$1" "$2" "$3"
    wait_until 10 grep -qs ready "$work/east" && wait_until 10 grep -qs ready "$work/west" || return 1
    exec_in_ns west iperf3 -s >/dev/null 2>&1 &
    pids+=($!)
    wait_until 5 in_ns east iperf3 -c 10.2.0.1 -B 10.1.0.1 -t 1 >/dev/null 2>&1 || return 1
    local before after
    count 1 || return 1
    before=$(packets | paste -sd+ | bc)
    in_ns east ping -q -f -c 3000 -I 10.1.0.1 10.2.0.1 >/dev/null
    in_ns east iperf3 -c 10.2.0.1 -B 10.1.0.1 -t 1 >/dev/null
    after=$(packets | paste -sd+ | bc)
    count 2 || return 1
    judge "$1 $2 $3" $((after - before))
    finish
}

# The last belongs to two peers, and so to two threads, if there are two processors.
for transform in "tunnel raw aes-gcm-16" "tunnel udp aes-gcm-16" "tunnel raw chacha20-poly1305" "tunnel raw aes-cbc" \
    "ah/tunnel raw aes-gcm-16" "ipcomp/tunnel+esp/transport raw aes-gcm-16" "esp/tunnel+ah/tunnel@10 raw aes-gcm-16"; do
    # shellcheck disable=SC2086
    measure $transform || { echo "allocations.sh: $transform was not measured"; cat "$work/east" "$work/west"; finish; failed=1; }
done
exit $failed
