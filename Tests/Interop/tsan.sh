#!/bin/bash
# usage: tsan.sh [SECONDS]   the user-space data plane under load with ThreadSanitizer (10 seconds each way).
#
# Two planes with a worker for each processor and two tunnels between them, so that each worker has SAs. iperf3 streams
# go through both tunnels and both ways while SAs and policies are added, replaced and removed several times a second
# and an administrator reads counters. Fails on any report, and if a packet is lost to a rekeying.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }
seconds=${1:-10}
program=${SELFTEST:-}
[ -n "$program" ] || {
    (cd "$top" && swift build --sanitize=thread --scratch-path .build-tsan --product userspace-selftest) >&2 || exit 1
    program=$top/.build-tsan/debug/userspace-selftest
}
# Swift's own compiler for C knows Swift's calling convention.
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
"$clang" -shared -fPIC -O1 -Wall -o "$work/tsan-mutex.so" "$here/tsan-mutex.c" || exit 1

# plane SIDE N OTHER WRAP starts a side's plane with its two tunnels.
plane() {
    local side=$1 n=$2 other=$3 wrap=$4
    # What the run before said would let this one pass for ready.
    rm -f "$work/$side.out"
    exec_in_ns "$side" env LD_PRELOAD="$work/tsan-mutex.so" TSAN_OPTIONS="exitcode=66 history_size=4" "$program" \
        "192.0.2.$n" "192.0.2.$other" "10.$n.0.0/24" "10.$other.0.0/24" tunnel "$wrap" aes-gcm-16 churn , \
        "192.0.2.1$n" "192.0.2.1$other" "10.$n.9.0/24" "10.$other.9.0/24" tunnel "$wrap" aes-gcm-16 churn \
        >"$work/$side.out" 2>&1 &
    pids+=("$!")
    eval "pid_$side=$!"
    wait_until 30 grep -qs ready "$work/$side.out" || { cat "$work/$side.out"; return 1; }
}

# stream PORT FROM TO ARGUMENT... starts an iperf3 client on east; its report in $work/PORT.json.
stream() {
    local port=$1 from=$2 to=$3
    shift 3
    exec_in_ns west iperf3 -s -1 -p "$port" >/dev/null 2>&1 &
    pids+=("$!")
    wait_until 5 eval "in_ns west ss -ltn | grep -q :$port" || return 1
    exec_in_ns east iperf3 -J -p "$port" -B "$from" -c "$to" -t "$seconds" "$@" >"$work/$port.json" 2>&1 &
    streams+=("$!")
    pids+=("$!")
}

carried() { [ "$(jq '.end.sum_received.bytes // 0' "$work/$1.json")" -ge 50000 ] || { jq -c '.error, .end.sum_received' "$work/$1.json"; return 1; }; }
clean_end() {
    local name=pid_$1
    kill -TERM "${!name}"
    wait_until 20 not_running "${!name}" || return 1
    wait "${!name}"
    local status=$?
    [ "$status" -eq 0 ] && ! grep -q 'ThreadSanitizer' "$work/$1.out" || {
        echo "exit status $status"
        grep -A24 -m1 'ThreadSanitizer' "$work/$1.out"
        return 1
    }
}
replaced_often() { [ "$(grep -c generation "$work/$1.out")" -ge $((seconds / 4)) ]; }
# What a full queue drops (not_sent, worker_busy) was too much for the machine, not lost to a rekeying.
nothing_lost() { ! grep -E '^drop ' "$work/$1.out" | grep -vE '^drop (no_policy|not_sent|worker_busy) ' ; }

# what WRAP: one run with raw ESP or ESP in UDP.
what() {
    local wrap=$1 port streams=()
    for side in east:1 west:2; do
        local ns=${side%:*} n=${side#*:}
        ip -n "${!ns}" addr replace "10.$n.9.1/24" dev lo
        ip -n "${!ns}" addr replace "192.0.2.1$n/24" dev "$tag-${ns:0:1}"
    done
    plane west 2 1 "$wrap" && plane east 1 2 "$wrap" || return 1
    stream 5301 10.1.0.1 10.2.0.1 && stream 5302 10.1.9.1 10.2.9.1 -R &&
        stream 5303 10.1.0.1 10.2.0.1 -R && stream 5304 10.1.9.1 10.2.9.1 || return 1
    wait "${streams[@]}"
    for port in 5301 5302 5303 5304; do check "$wrap: the stream on port $port got through" carried "$port"; done
    for side in east west; do check "$wrap: no report on $side" clean_end "$side"; done
    for side in east west; do
        check "$wrap: SAs and policies were replaced on $side" replaced_often "$side"
        check "$wrap: no packet was lost to a rekeying on $side" nothing_lost "$side"
    done
}

echo "== tsan: traffic through SAs that are replaced several times a second, under ThreadSanitizer"
topology_up
what raw
what udp
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
