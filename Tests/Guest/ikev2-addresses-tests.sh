# Sourced by guest-tests.sh: addresses that one side of IKEv2 gives the other, of both families, with SAs, policies and
# routes in the kernel; strongSwan is on west.

# addresses_charon LINE...: strongSwan's connection with what both roles have in common.
addresses_charon() {
    printf '%s\n' 'connections { gw {' 'version = 2' 'local_addrs = 192.0.2.2' 'proposals = aes128-sha256-x25519' \
        'remote { auth = psk }' "$@" 'secrets { ike { secret = "a key that both know" } }' >"$work/swanctl.conf"
}

# addresses_ours LINE...: our configuration of that connection.
addresses_ours() {
    mkdir -p "$work/east"
    psk "$work/east/psk.txt" "192.0.2.2 a key that both know" "road@example.org a key that both know"
    printf '%s\n' "path pre_shared_key \"$work/east/psk.txt\";" "path leases \"$work/east/leases.txt\";" "$@" \
        >"$work/east/swiftike.conf"
}

# inner_pings SIDE FAMILY FROM TO [COUNT]: from that address of a side, or from any where FROM is "any".
inner_pings() {
    local source=(-I "$3")
    [ "$3" != any ] || source=()
    pings_return "$1" "-$2" -c "${5:-4}" -i 0.2 "${source[@]}" "$4"
}

# inner_protected SIDE N FOUR SIX: pings of both families, each an "FROM TO"; each SA of both kernels has counted both, as
# one pair serves both families where PAIRS is 1, and one each where it is 2. All that leaves is ESP.
inner_protected() {
    local side=$1 count=$2 pairs=$3 at least
    wires_start
    # shellcheck disable=SC2086 # from and to
    inner_pings "$side" 4 $4 "$count" && inner_pings "$side" 6 $5 "$count" || { wires_stop; cat "$work/ping.out"; return 1; }
    wires_stop
    least=$((count * 2 / pairs))
    for at in east west; do
        [ "$(ip -n "${!at}" -s xfrm state | awk -v least=$least '/lifetime current/ { getline; split($2, part, "("); n += part[1] + 0 >= least } END { print n + 0 }')" -ge $((2 * pairs)) ] ||
            { ip -n "${!at}" -s xfrm state; return 1; }
    done
    [ "$(left "$esp_on_wire")" -ge $((4 * count)) ] || { echo "ESP packets: $(left "$esp_on_wire")"; return 1; }
    [ "$(left 'icmp or (icmp6 and ip6[40] >= 128 and ip6[40] <= 129)')" -eq 0 ] || { echo "pings in clear"; return 1; }
    kernel_clean east && kernel_clean west
}

# policies_for ADDRESS COUNT: how many policies of east are for that one address.
policies_for() {
    [ "$(ip -n "$east" xfrm policy | grep -cE "(src|dst) $1/(32|128)( |\$)")" = "$2" ] || { ip -n "$east" xfrm policy; return 1; }
}

# A road warrior of strongSwan asks us.
ikev2_gives_addresses() {
    local name="addresses given" SAs
    # A gateway's kernel needs some route for what its policies then take.
    ip -n "$east" addr add fd01::1/64 dev lo nodad
    ip -n "$east" -6 route add default via 2001:db8::2
    ip -n "$west" -6 route add default via 2001:db8::1
    addresses_ours 'mode_cfg { network4 10.9.0.5; netmask4 255.255.255.0; pool_size 2; network6 fd09::5;
        split_network include 10.1.0.0/24, fd01::/64; }' \
        'remote "warriors" { remote_address anonymous; exchange_mode ikev2; proposals "aes128-sha256-x25519";
        generate_policy on; }'
    addresses_charon 'remote_addrs = 192.0.2.1' 'vips = 0.0.0.0, ::' 'local { auth = psk' 'id = road@example.org' '}' \
        'children { net { remote_ts = 10.1.0.0/24, fd01::/64' 'esp_proposals = aes128gcm16' '} } } }'
    start_charon west "$work/swanctl.conf" kernel && east_start || { check "$name: daemons start" false; return; }
    check "$name: strongSwan has one of each family" eval \
        'quietly swan west --initiate --child net --timeout 60 &&
         ip -n "$west" addr | grep -q "10.9.0.5/32" && ip -n "$west" addr | grep -q "fd09::5/128"'
    check "$name: policies out, in and forward for each" eval 'policies_for 10.9.0.5 3 && policies_for fd09::5 3'
    check "$name: traffic of both families is protected" inner_protected west 4 1 "10.9.0.5 10.1.0.1" "fd09::5 fd01::1"
    check "$name: and that which east begins" inner_protected east 4 1 "10.1.0.1 10.9.0.5" "fd01::1 fd09::5"
    SAs=$(spis east)
    check "$name: strongSwan renews the child" eval \
        'quietly swan west --rekey --child net && wait_until 10 spis_are_new "$SAs"'
    check "$name: traffic over the new SAs" inner_protected west 4 1 "10.9.0.5 10.1.0.1" "fd09::5 fd01::1"
    check "$name: with the peer go its policies and SAs" eval \
        'quietly swan west --terminate --ike gw && wait_until 10 no_state east && policies_for 10.9.0.5 0 && policies_for fd09::5 0'
}

# We are the road warrior: the addresses, and routes of our own that have packets leave from them.
ikev2_takes_addresses() {
    local name="addresses taken" own
    # East has no route of its own for IPv6: it is to come with the tunnel.
    ip -n "$west" addr add fd02::1/64 dev lo nodad
    ip -n "$west" -6 route add default via 2001:db8::1
    addresses_ours 'remote "gateway" { remote_address 192.0.2.2; exchange_mode ikev2; proposals "aes128-sha256-x25519";
        mode_cfg on; }' \
        'tunnel "net" { remote "gateway"; local_net assigned; remote_net 10.2.0.0/24; start up; }' \
        'tunnel "net6" { remote "gateway"; local_net assigned; remote_net fd02::/64; start up; }'
    addresses_charon 'remote_addrs = %any' 'pools = four, six' 'local { auth = psk }' \
        'children { net { local_ts = 10.2.0.0/24' 'esp_proposals = aes128gcm16' '}' \
        'net6 { local_ts = fd02::/64' 'esp_proposals = aes128gcm16' '} } } }' \
        'pools { four { addrs = 10.8.0.7-10.8.0.9 }' 'six { addrs = fd08::7-fd08::9 } }'
    start_charon west "$work/swanctl.conf" kernel && east_start || { check "$name: daemons start" false; return; }
    own() { ip -n "$east" -o addr show dev lo; }
    check "$name: both tunnels come up" eval 'quietly ctl east up net --timeout 60 && quietly ctl east up net6 --timeout 60'
    check "$name: they are on the loopback interface" eval 'own | grep -q "10.8.0.7/32" && own | grep -q "fd08::7/128"'
    check "$name: rule 219 has the table 5350 looked up, in both families" eval \
        'ip -n "$east" rule | grep -qE "^219:.*lookup 5350" && ip -n "$east" -6 rule | grep -qE "^219:.*lookup 5350"'
    check "$name: its routes lead to the networks, from the addresses" eval \
        'ip -n "$east" route show table 5350 | grep -E "^10.2.0.0/24 .*src 10.8.0.7" >/dev/null &&
         ip -n "$east" -6 route show table 5350 | grep -E "^fd02::/64 .*src fd08::7" >/dev/null ||
         { ip -n "$east" route show table 5350; ip -n "$east" -6 route show table 5350; false; }'
    check "$name: policies out, in and forward for each" eval 'policies_for 10.8.0.7 3 && policies_for fd08::7 3'
    check "$name: traffic of both families is protected" inner_protected east 4 2 "any 10.2.0.1" "any fd02::1"
    check "$name: strongSwan renews the IKE SA" eval \
        'swan west --rekey --ike gw >/dev/null && wait_until 10 grep -q "IKE SA renewed" "$work/east/log"'
    check "$name: they stay" inner_protected east 4 2 "any 10.2.0.1" "any fd02::1"
    check "$name: down gives them back, and the routes" eval \
        'quietly ctl east down net && quietly ctl east down net6 && wait_until 10 eval "! own | grep -qE \"10.8.0|fd08\"" &&
         [ -z "$(ip -n "$east" route show table 5350 2>/dev/null)" ] && [ -z "$(ip -n "$east" -6 route show table 5350 2>/dev/null)" ]'
    check "$name: up again has them again" eval 'quietly ctl east up net --timeout 60 && own | grep -q "10.8.0.7/32"'
    stop east
    check "$name: nothing stays with the daemon gone" eval \
        'nothing_left east && ! own | grep -qE "10.8.0|fd08" && ! ip -n "$east" rule | grep -q 5350 && ! ip -n "$east" -6 rule | grep -q 5350'
}

address_scenarios=(ikev2_gives_addresses ikev2_takes_addresses)
