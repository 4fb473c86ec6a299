#!/bin/bash
# usage: ikev2-pair.sh   two swiftikes with IKEv2 in two namespaces, both of which want the tunnel up at once.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }

# configuration SIDE OWN OTHER STATEMENTS... writes a side's configuration; 10.OWN.0.0/24 is behind it.
configuration() {
    local side=$1 own=$2 other=$3
    shift 3
    psk "$work/psk.$side" "192.0.2.$other a key that both know"
    cat >"$work/$side.conf" <<EOF
path pre_shared_key "$work/psk.$side";
remote "peer" {
    remote_address 192.0.2.$other;
    $*
}
tunnel "net" { remote "peer"; local_net 10.$own.0.0/24; remote_net 10.$other.0.0/24; compression deflate; start up; }
EOF
}

one_ike_sa() {
    json "$1" '.ike_sas | length' | grep -qx 1
}

# compressed: large pings of like octets return, and little of them crosses the wire.
compressed() {
    capture_start
    in_ns east ping -n -q -c 5 -i 0.2 -W 12 -s 1000 -p 61 -I 10.1.0.1 10.2.0.1 >"$work/ping.out" 2>&1 || return 1
    capture_stop
    [ "$(captured "$esp_on_wire and less 250")" -ge 10 ] && [ "$(captured "$esp_on_wire and greater 251")" -eq 0 ] &&
        [ "$(captured "$clear_on_wire")" -eq 0 ]
}

topology_up
configuration east 1 2 'exchange_mode ikev2; proposals "aes256gcm16-prfsha384-ecp384", "aes128-sha256-x25519";'
configuration west 2 1 'exchange_mode ikev2; proposals "aes128-sha256-ecp256-x25519";'
start_swiftike west "$work/west.conf" --datapath userspace
start_swiftike east "$work/east.conf" --datapath userspace
check "both wanted it, and it is up" ctl east up net --timeout 20
check "the second proposal of east and the second group of west" eval \
    'json east ".ike_sas[0] | [.encryption, .key_exchange] | join(\" \")" | grep -qx "aes-cbc-128 curve25519"'
check "64-bit sequence numbers were agreed to" grep -q "tunnel established.*, esn" "$work/east/log"
check "pings pass" ping_through 5
check "east counted them" esp_counted east 5
check "west counted them" esp_counted west 5
check "both compress, by the CPIs of each other" eval \
    '[ "$(json east ".child_sas[0] | [.compression, .cpi_in, .cpi_out] | join(\" \")")" = \
       "$(json west ".child_sas[0] | [.compression, .cpi_out, .cpi_in] | join(\" \")")" ] &&
     json east ".child_sas[0].compression" | grep -qx deflate'
check "large packets are compressed" compressed
check "status shows one IKE SA of version 2" eval 'wait_until 10 one_ike_sa east && json east ".ike_sas[0].version" | grep -qx 2'
check "the black box has the exchange" eval 'ctl east blackbox net | grep -q "SAr1"'
check "down on one side is down on the other" eval 'ctl west down net >/dev/null && ctl east down net >/dev/null &&
    wait_until 5 eval "json west \".child_sas | length\" | grep -qx 0"'
stop east
check "SIGTERM ends with status 0" test "$status_east" = 0
stop west

# Compression that policies of setkey's language ask for: the first packet has it negotiated.
configuration west 2 1 'exchange_mode ikev2;'
sed -i 's/start up/start listen/' "$work/west.conf"
configuration east 1 2 'exchange_mode ikev2;'
sed -i '/^tunnel /d' "$work/east.conf"
echo "include_policy \"$work/policy.conf\";" >>"$work/east.conf"
cat >"$work/policy.conf" <<EOF
spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec ipcomp/tunnel/192.0.2.1-192.0.2.2/require esp/transport//require;
spdadd 10.2.0.0/24 10.1.0.0/24 any -P in ipsec ipcomp/tunnel/192.0.2.2-192.0.2.1/use esp/transport//require;
EOF
start_swiftike west "$work/west.conf" --datapath userspace
start_swiftike east "$work/east.conf" --datapath userspace
check "the first packets of a policy with ipcomp bring it up" wait_until 10 ping_through 1
check "with compression" eval 'json east ".child_sas[0].compression" | grep -qx deflate'
check "large packets of it are compressed" compressed
stop east
stop west

# Transport mode through a NAT that gives east another address and other ports.
ip -n "$east" addr add 192.0.2.77/24 dev "$tag-e"
in_ns east nft 'add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; };
    add rule ip nat post udp sport { 500, 4500 } snat to 192.0.2.77:20000-30000'
configuration east 1 2 'exchange_mode ikev2;'
configuration west 2 77 'exchange_mode ikev2;'
for side in east west; do
    sed -i 's/^tunnel .*/tunnel "net" { remote "peer"; mode transport; start listen; }/' "$work/$side.conf"
done
sed -i 's/^tunnel.*remote "peer";/& remote_net 192.0.2.2;/' "$work/east.conf"
sed -i 's/^tunnel.*remote "peer";/& remote_net 192.0.2.77;/' "$work/west.conf"
start_swiftike west "$work/west.conf" --datapath userspace
start_swiftike east "$work/east.conf" --datapath userspace
check "transport mode through a NAT" ctl east up net --timeout 20
check "west has the address outside of it, east that inside" eval \
    'grep -q "transport established: 192.0.2.2/32 with 192.0.2.77/32" "$work/west/log" &&
     grep -q "transport established: 192.0.2.1/32 with 192.0.2.2/32" "$work/east/log"'
check "pings come back" pings_return east -c 5 -i 0.2 -I 192.0.2.1 192.0.2.2
check "both counted them" eval 'esp_counted east 5 && esp_counted west 5'
stop east
stop west
in_ns east nft delete table ip nat
ip -n "$east" addr del 192.0.2.77/24 dev "$tag-e"

# A key of one side alone.
configuration east 1 2 'exchange_mode ikev2;'
configuration west 2 1 'exchange_mode ikev2;'
psk "$work/psk.west" "192.0.2.1 another key"
start_swiftike west "$work/west.conf" --datapath userspace
sed -i 's/start up/start on_demand/' "$work/east.conf"
start_swiftike east "$work/east.conf" --datapath userspace
check "up fails, and says what to do" eval '! ctl east up net >"$work/up.out"; grep -q "pre-shared key" "$work/up.out"'
check "status keeps the record" eval 'ctl east status | grep -q "swiftikectl explain AUTHENTICATION_FAILED"'
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
