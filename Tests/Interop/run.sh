#!/bin/bash
# usage: run.sh [SCENARIO...]   runs the scenarios under strongswan/, all of them by default.
#
# Several run at a time, JOBS of them (4), each with gateways of its own: most of what they do is wait.
# swiftike is on east, strongSwan on west, both with ESP in user space, so that any host can run it. A scenario is a
# folder: swiftike.conf, swanctl.conf and `steps`, a shell text with one check a line. SWIFTIKE_VERBOSE=1 shows the
# logs of what failed, SWIFTIKE_KEEP=1 keeps the files.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }
scenarios=("$@")
# The longest come first, so that the others fill the time beside them.
[ ${#scenarios[@]} -gt 0 ] ||
    mapfile -t scenarios < <(cd "$here/strongswan" && ls -d {rekey,algorithms,ikev2-rekey,ikev2-certificates}/ */ | tr -d / | awk '!seen[$0]++')

# The words of a scenario come together when it ends; the sum is of what each said last.
if [ ${#scenarios[@]} -gt 1 ] && [ "${JOBS:-4}" -gt 1 ]; then
    export results=$work
    printf '%s\0' "${scenarios[@]}" | xargs -0 -n 1 -P "${JOBS:-4}" bash -c '
        "$0" "$1" >"$results/$1.words" 2>&1
        flock "$results/lock" cat "$results/$1.words"' "$here/run.sh"
    for name in "${scenarios[@]}"; do
        read -r passed_there failed_there < <(sed -nE '$s/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$work/$name.words") ||
            { echo "FAIL  $name: it ended early"; passed_there=0 failed_there=1; }
        passed=$((passed + passed_there))
        failed=$((failed + failed_there))
    done
    echo
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
fi

# both_start [swiftike FLAG...] starts both daemons of a scenario from its folder.
both_start() {
    local key=${SECRET:-a key that both know}
    psk "$work/psk.txt" "192.0.2.2 $key" "2001:db8::2 $key"
    sed "s|@WORK@|$work|g" "$scenario/swiftike.conf" >"$work/swiftike.conf"
    start_charon west "${SWANCTL:-$scenario/swanctl.conf}" libipsec
    start_swiftike east "$work/swiftike.conf" --datapath userspace "$@"
}

# listen_again: swiftike anew, which now waits for strongSwan to begin.
listen_again() {
    stop east
    sed -i -E 's/start (up|on_demand);/start listen;/' "$work/swiftike.conf"
    start_swiftike east "$work/swiftike.conf" --datapath userspace
}

# tunnel_is STATE: what swiftike says of the tunnel "net".
tunnel_is() {
    json east '.tunnels[] | select(.name == "net") | .state' | grep -qx "$1"
}

# reason_has TEXT: the reason swiftike gives for the state of the tunnel "net".
reason_has() {
    json east '.tunnels[] | select(.name == "net") | .reason' | grep -qiE "$1"
}

# What is logged may be logged a little later than it shows elsewhere.
log_has() {
    wait_until 5 grep -qiE "$1" "$work/east/log"
}

# child_is_new SPIS: swiftike has an inbound child SA that is none of those.
child_is_new() {
    json east '.child_sas[].spi_in' | grep -qvwF -e "$1"
}

# child_spis: the inbound child SAs that swiftike has, one a line.
child_spis() {
    json east '.child_sas[].spi_in'
}

# ike_sas: how many IKE SAs strongSwan has had; more_ike_sas COUNT: whether it has had more.
ike_sas() {
    grep -c "IKE_SA gw\[[0-9]*\] established" "$work/west/charon.log"
}

more_ike_sas() {
    [ "$(ike_sas)" -gt "$1" ]
}

charon_has_child() {
    swan west --list-sas | grep -q 'INSTALLED'
}

charon_has_no_child() {
    ! charon_has_child
}

# ca COMMAND...: the authority of a scenario.
ca() {
    "$bin/swiftikectl" ca "$1" --directory "$work/ca" "${@:2}" >/dev/null
}

# pki KEY [FLAG...] makes an authority and hands each side what is its own, as an administrator would; the flags are
# for the peer's certificate.
pki() {
    rm -rf "$work"/{ca,certs,private,crls,web}
    mkdir -p "$work"/{certs,private,crls,web} "$work"/west/swanctl/{x509,x509ca,private}
    ca init --subject "O=Example, CN=Example CA" --key "$1" && ca issue east.example.org --key "$1" &&
        ca issue west.example.org --key "$1" "${@:2}" || return
    cp "$work/ca/ca.pem" "$work/ca/certs/east.example.org.pem" "$work/certs"
    cp "$work/ca/private/east.example.org.pem" "$work/private"
    cp "$work/ca/ca.pem" "$work/west/swanctl/x509ca"
    cp "$work/ca/certs/west.example.org.pem" "$work/west/swanctl/x509"
    cp "$work/ca/private/west.example.org.pem" "$work/west/swanctl/private"
}

# traffic_protected [COUNT]: pings come through, both sides count them, and the wire shows ESP and nothing in clear.
traffic_protected() {
    local count=${1:-5}
    capture_start
    ping_through "$count" || { capture_stop; echo "ping: $(tail -3 "$work/ping.out")"; return 1; }
    # tcpdump writes a little after the packets pass.
    wait_until 3 eval '[ "$(captured "$esp_on_wire")" -ge $((2 * count)) ]'
    capture_stop
    esp_counted east "$count" || { echo "swiftike's counters: $(json east '.child_sas')"; return 1; }
    charon_counted west "$count" || { echo "charon's counters: $(swan west --list-sas)"; return 1; }
    [ "$(captured "$esp_on_wire")" -ge $((2 * count)) ] || { echo "ESP packets: $(captured "$esp_on_wire")"; return 1; }
    [ "$(captured "$clear_on_wire")" -eq 0 ] || { echo "in clear: $(captured "$clear_on_wire")"; return 1; }
}

# read_with_keys FILTER counts what tshark finds in the capture with the keys that swiftike handed out.
read_with_keys() {
    HOME=$work/keys XDG_CONFIG_HOME=$work/keys tshark -nr "$work/wire.pcap" -o esp.enable_encryption_decode:TRUE \
        -Y "$1" 2>"$work/tshark.err" | wc -l
}

# keys_open PAYLOAD COUNT: swiftike hands out its keys; with them and not without them, tshark finds so many
# encrypted messages with that payload, and pings both ways.
keys_open() {
    rm -rf "$work/keys" && mkdir "$work/keys" || return 1
    [ "$(read_with_keys "$1")" -eq 0 ] || { echo "$1: $(read_with_keys "$1") in clear"; return 1; }
    ctl east keys --wireshark "$work/keys/wireshark" || return 1
    [ "$(read_with_keys "$1")" -ge "$2" ] || { echo "$1: $(read_with_keys "$1")"; return 1; }
    [ "$(read_with_keys icmp)" -ge 6 ] || { echo "pings: $(read_with_keys icmp)"; return 1; }
}

topology_up
for name in "${scenarios[@]}"; do
    scenario=$here/strongswan/$name
    [ -f "$scenario/steps" ] || { echo "no scenario $name"; exit 64; }
    echo "== $name: $(sed -n '1s/^# *//p' "$scenario/steps")"
    . "$scenario/steps"
    [ -n "${SWIFTIKE_KEEP:-}" ] && { rm -rf "$work.$name"; cp -r "$work" "$work.$name"; echo "kept: $work.$name"; }
    fresh
    unset SECRET SWANCTL CHARON_OPTIONS
done
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
