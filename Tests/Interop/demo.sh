#!/bin/bash
# usage: demo.sh [strongswan]   two gateways, a tunnel, and what a person wants to see of it. Leaves nothing behind.
SWIFTIKE_TAG=sikedemo$$
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ "$(id -u)" = 0 ] || { echo "network namespaces need root: sudo make demo"; exit 77; }
peer=${1:-swiftike}
bold=$(tput bold 2>/dev/null) plain=$(tput sgr0 2>/dev/null)
headline() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
give_up() {
    echo "the demo failed: $*"
    show_logs
    exit 1
}

headline "two gateways: east 192.0.2.1 with 10.1.0.0/24, west 192.0.2.2 with 10.2.0.0/24"
topology_up || give_up "no network namespaces"
key=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
for side in east west; do
    mkdir -p "$work/$side"
    cp "$top/etc/examples/$side.conf" "$work/$side/swiftike.conf"
done
psk "$work/east/psk.txt" "192.0.2.2 0x$key"
psk "$work/west/psk.txt" "192.0.2.1 0x$key"

if [ "$peer" = strongswan ]; then
    sed "s/@KEY@/0x$key/" "$top/etc/examples/west.swanctl.conf" >"$work/west.swanctl.conf"
    plane=libipsec
    kernel_has_esp west && plane=kernel
    start_charon west "$work/west.swanctl.conf" "$plane" || give_up "strongSwan did not start"
else
    start_swiftike west "$work/west/swiftike.conf" || give_up "west did not start"
fi
capture_start || give_up "tcpdump did not start"
start_swiftike east "$work/east/swiftike.conf" -d || give_up "east did not start"
ctl east up hq --timeout 30 || give_up "the tunnel did not come up"

headline "the negotiation, as east logged it"
cat "$work/east/log"
headline "five pings from 10.1.0.1 to 10.2.0.1"
ping_through 5 || give_up "no answer through the tunnel"
tail -n 3 "$work/ping.out"
capture_stop
headline "swiftikectl status"
ctl east status
headline "on the wire: ESP, and nothing in clear"
tcpdump -nr "$work/wire.pcap" "$esp_on_wire" 2>/dev/null | head -n 3
echo "ESP packets: $(captured "$esp_on_wire"), packets of the two networks in clear: $(captured "$clear_on_wire")"
[ "$(captured "$esp_on_wire")" -ge 10 ] && [ "$(captured "$clear_on_wire")" -eq 0 ] || give_up "that was not ESP"
headline "what the SAs counted"
json east '.child_sas[] | "in  \(.spi_in): \(.packets_in) packets, \(.bytes_in) bytes\nout \(.spi_out): \(.packets_out) packets, \(.bytes_out) bytes"'
esp_counted east 5 || give_up "the counters do not show the pings"
headline "goodbye: SAs deleted at the peer, policies and routes removed"
stop east
tail -n 3 "$work/east/log"
