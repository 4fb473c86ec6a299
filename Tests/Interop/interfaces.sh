#!/bin/bash
# usage: interfaces.sh   two tunnels with an interface each, used as the manual says: routed to, captured, filtered.
#
# The configuration is the last example of swiftike.conf(5), the commands are the example of swiftike(8), word for word.
# Leaves nothing behind.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }

# example PAGE FIRST-LINE: the example of a manual page that begins with a line, as the page shows it.
example() {
    awk -v first="$2" '
        /^\.Bd -literal/ { inside = 1; text = ""; next }
        /^\.Ed/ { if (inside && index(text, first) == 1) printf "%s", text; inside = 0; next }
        inside { text = text $0 "\n" }' "$top/man/$1"
}

# manual PATTERN runs the one command of the manual's example that matches, on east.
manual() {
    local command
    command=$(grep -E "$1" "$work/commands")
    [ "$(wc -l <<<"$command")" -eq 1 ] && [ -n "$command" ] || { echo "not one command for '$1' in the manual"; return 1; }
    in_ns east sh -c "$command"
}

ping_from() { pings_return east -c "$2" -i 0.1 -I 10.1.0.1 "$1"; }
received() { in_ns east cat "/sys/class/net/$1/statistics/rx_packets"; }

# A capture that the manual describes, of four packets, while pings go through both tunnels.
captures_the_plaintext() {
    manual tcpdump >"$work/ipsec0.txt" 2>"$work/ipsec0.err" &
    local capture=$!
    pids+=("$capture")
    wait_until 5 grep -qs "listening on" "$work/ipsec0.err" || return 1
    ping_from 10.3.0.1 2 && ping_from 10.2.0.1 3 || return 1
    wait_until 5 not_running "$capture" || return 1
    [ "$(grep -c 'IP 10.1.0.1 > 10.2.0.1: ICMP echo request' "$work/ipsec0.txt")" -eq 2 ] &&
        [ "$(grep -c 'IP 10.2.0.1 > 10.1.0.1: ICMP echo reply' "$work/ipsec0.txt")" -eq 2 ] &&
        ! grep -q 10.3.0.1 "$work/ipsec0.txt" || { cat "$work/ipsec0.txt"; return 1; }
}

wire_shows_esp_alone() {
    capture_start
    ping_from 10.2.0.1 3 && ping_from 10.3.0.1 3
    wait_until 3 eval '[ "$(captured "$esp_on_wire")" -ge 12 ]'
    capture_stop
    [ "$(captured "$esp_on_wire")" -ge 12 ] && [ "$(captured 'net 10.0.0.0/8')" -eq 0 ]
}

# Each interface counts the packets of its own tunnel.
counts_its_own() {
    local before0 before1
    before0=$(received ipsec0) before1=$(received ipsec1)
    ping_from "$1" 5 || return 1
    [ $(($(received ipsec0) - before0)) -eq "$2" ] && [ $(($(received ipsec1) - before1)) -eq "$3" ]
}

refused_for_the_kernel() {
    local output
    output=$("$bin/swiftike" --check --datapath kernel -f "$work/east.conf" 2>&1)
    [ $? -eq 78 ] && grep -q 'tunnel "office" asks for interface "ipsec0"' <<<"$output" &&
        grep -q 'east.conf:12: error' <<<"$output" || { echo "$output"; return 1; }
}

gone() { ! in_ns east ip link show dev "$1" >/dev/null 2>&1; }

topology_up
ip -n "$west" addr add 10.3.0.1/24 dev lo
example swiftike.conf.5 'remote "west" {' >"$work/east.conf"
example swiftike.8 '# what is routed' >"$work/commands"
sed 's/"west"/"east"/; s/192.0.2.2/192.0.2.1/; s/local_net 10.1/local_net 10.X/; s/remote_net 10.\([23]\)/local_net 10.\1/
    s/local_net 10.X/remote_net 10.1/; /interface/d' "$work/east.conf" >"$work/west.conf"
psk "$work/psk.txt" "192.0.2.1 a key that both know" "192.0.2.2 a key that both know"
start_swiftike west "$work/west.conf" --datapath userspace || exit 1
start_swiftike east "$work/east.conf" --datapath userspace || exit 1

echo "== interfaces: two tunnels, each with a network interface that is routed to, captured and filtered"
check "both interfaces are up" eval "in_ns east ip link show dev ipsec0 up | grep -q ipsec0 && in_ns east ip link show dev ipsec1 up | grep -q ipsec1"
check "the manual's route command shows the tunnel's network" eval "manual 'ip route' | grep -q '10.2.0.0/24'"
check "pings go through both tunnels" eval "ping_from 10.2.0.1 3 && ping_from 10.3.0.1 3"
check "the wire shows ESP alone" wire_shows_esp_alone
check "traffic of the first tunnel is counted on ipsec0" counts_its_own 10.2.0.1 5 0
check "traffic of the second is counted on ipsec1" counts_its_own 10.3.0.1 0 5
check "the manual's link command shows counters" eval "manual 'ip -s link' | grep -A1 'RX:' | grep -qE ' [1-9][0-9]* '"
check "the manual's capture shows the plaintext of its tunnel" captures_the_plaintext
exec_in_ns east python3 -c 'import socket
with socket.create_server(("10.1.0.1", 7777)) as server:
    while True: server.accept()[0].close()' &
pids+=("$!")
wait_until 5 eval "in_ns east bash -c 'exec 3<>/dev/tcp/10.1.0.1/7777' 2>/dev/null"
# connects_from ADDRESS: whether a TCP connection from an address of west to east comes about.
connects_from() {
    in_ns west python3 -c 'import socket, sys
socket.create_connection(("10.1.0.1", 7777), 8, (sys.argv[1], 0)).close()' "$1" 2>/dev/null
}
check "before the filter, TCP comes in by both" eval "connects_from 10.2.0.1 && connects_from 10.3.0.1"
check "the manual's filter is taken" eval "grep '^nft' '$work/commands' | in_ns east sh -e"
check "then TCP from the lab is blocked" eval "! connects_from 10.3.0.1"
check "and from the office permitted" connects_from 10.2.0.1
check "echo requests go on by both" eval "ping_from 10.2.0.1 2 && ping_from 10.3.0.1 2"
check "an interface is refused for the kernel's data plane" refused_for_the_kernel
sed -i '/interface "ipsec1"/d' "$work/east.conf"
ctl east reload >"$work/reload.out"
check "an interface goes with the last tunnel that names it" wait_until 5 gone ipsec1
check "the tunnel without it works through the plane's own" wait_until 10 ping_from 10.3.0.1 1

# cpu_of PID: hundredths of a second of CPU time that it has used.
cpu_of() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }

# Less than a tenth of one CPU over two seconds.
idle() {
    local before
    before=$(cpu_of "$pid_east")
    sleep 2
    [ $(($(cpu_of "$pid_east") - before)) -lt 20 ] || { echo "$(($(cpu_of "$pid_east") - before)) hundredths in 2 s"; return 1; }
}

# is_anew DEVICE INDEX: whether there is a device of that name again, and another one.
is_anew() { [ "$(in_ns east cat "/sys/class/net/$1/ifindex" 2>/dev/null || echo "$2")" -ne "$2" ]; }

# deleted DEVICE: an administrator's mistake, which nobody but the log may notice.
deleted() {
    local index
    index=$(in_ns east cat "/sys/class/net/$1/ifindex") && ip -n "$east" link del dev "$1" || return 1
    wait_until 5 is_anew "$1" "$index" || { echo "$1 is not made anew"; return 1; }
    [ "$(grep -c "device $1 of the data plane was deleted" "$work/east/log")" -eq 1 ] || { tail "$work/east/log"; return 1; }
}
own=$(in_ns east sh -c 'ls /sys/class/net' | grep -m1 '^swiftike')
check "a policy's device that is deleted is made anew, and logged once" deleted ipsec0
check "so is the plane's own" deleted "$own"
check "the daemon is idle then" idle
check "pings go through both again" eval "wait_until 10 ping_from 10.2.0.1 1 && ping_from 10.3.0.1 3"
stop east
check "all are gone with the daemon" gone ipsec0
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
