# Sourced by guest-tests.sh: IKEv2 with SAs in the kernel, against ourselves, strongSwan, libreswan and OpenIKED.
# Each peer is on west; a pair of daemons goes through several tunnels, modes and roles, as starting them is what costs.

# v2_ours SIDE START [LINE...]: swiftike's configuration with two tunnels, "net" in tunnel mode and, unless HOST=no, "host"
# in transport mode, both of ESP or PROTOCOL; the lines go into the remote block. West knows east by EAST_OUTSIDE.
v2_ours() {
    local side=$1 start=$2 me=1 peer=2 other
    [ "$side" = east ] || { me=2 peer=1; }
    other=$(gateway $peer)
    [ "$side" = east ] || other=${EAST_OUTSIDE:-$other}
    shift 2
    mkdir -p "$work/$side"
    psk "$work/$side/psk.txt" "$other a key that both know"
    cat >"$work/$side/swiftike.conf" <<CONF
path pre_shared_key "$work/$side/psk.txt";
path certificate "$work/$side/certs";
remote "gateway" {
    remote_address $other;
    exchange_mode ikev2;
    nat_traversal ${NAT:-on};
    lifetime time ${IKE_LIFETIME:-8 hour};
    $*
}
sainfo anonymous {
    lifetime time ${LIFETIME:-1 hour};
    ${ESN:+esn $ESN;}
    ${ESP:+proposals $ESP;}
    ${AH:+ah_proposals $AH;}
}
tunnel "net" {
    remote "gateway";
    local_net 10.$me.0.0/24;
    remote_net 10.$peer.0.0/24;
    protocol ${PROTOCOL:-esp};
    compression ${COMPRESSION:-off};
    start $start;
}
CONF
    [ "${HOST:-yes}" = yes ] || return 0
    cat >>"$work/$side/swiftike.conf" <<CONF
tunnel "host" {
    remote "gateway";
    local_net $(gateway $me);
    remote_net $other;
    mode transport;
    protocol ${PROTOCOL:-esp};
    start $start;
}
CONF
}

# v2_charon START: strongSwan's configuration with the same two children.
v2_charon() {
    cat >"$work/swanctl.conf" <<CONF
connections {
    gw {
        version = 2
        local_addrs = 192.0.2.2
        remote_addrs = ${EAST_OUTSIDE:-192.0.2.1}
        proposals = aes128-sha256-x25519
        encap = $([ "${NAT:-on}" = force ] && echo yes || echo no)
        local { auth = psk }
        remote { auth = psk }
        children {
            net {
                local_ts = 10.2.0.0/24
                remote_ts = 10.1.0.0/24
                ${PROTOCOL:-esp}_proposals = ${CHARON_PROPOSALS:-aes128gcm16-esn-noesn}
                ipcomp = ${IPCOMP:-no}
                start_action = $1
            }
            host {
                mode = transport
                ${PROTOCOL:-esp}_proposals = ${CHARON_PROPOSALS:-aes128gcm16-esn-noesn}
                start_action = $1
            }
        }
    }
}
secrets {
    ike { secret = "a key that both know" }
}
CONF
}

# v2_peer_start KIND START: west as swiftike or as charon, whose tunnels wait for the peer or for a packet.
v2_peer_start() {
    if [ "$1" = charon ]; then
        v2_charon "$([ "$2" = listen ] && echo none || echo trap)"
        start_charon west "$work/swanctl.conf" kernel
    else
        v2_ours west "$2"
        start_swiftike west "$work/west/swiftike.conf" --datapath kernel
    fi
}

# kernel_has_esn SIDE: every SA of the kernel counts in 64 bits.
kernel_has_esn() {
    local states
    states=$(ip -n "${!1}" -d xfrm state)
    [ "$(grep -c '^src' <<<"$states")" -ge 2 ] &&
        [ "$(grep -c '^src' <<<"$states")" = "$(grep -cE 'flag .*\besn\b' <<<"$states")" ] || { echo "$states"; return 1; }
}

# v2_judge NAME MODE: traffic over SAs of that mode, and no packet that east's kernel could not place.
v2_judge() {
    check "$1: $2 protected" protected "$2"
    check "$1: no packet dropped by either kernel" eval 'kernel_clean east && kernel_clean west'
}

# By command: swiftike on east begins, ends, and the peer begins again.
v2_by_command() {
    local peer=$1 name="IKEv2, $1, by command"
    ESP='"aes128gcm16", "aes128-sha256"' v2_ours east listen
    v2_peer_start "$peer" listen && east_start || { check "$name: daemons start" false; return; }
    check "$name: up" eval 'ctl east up net --timeout 60 >"$work/up.out" || { cat "$work/up.out"; false; }'
    v2_judge "$name" tunnel
    check "$name: the kernels count in 64 bits" eval 'kernel_has_esn east && kernel_has_esn west'
    check "$name: ESP of its own, not in UDP" eval '[ "$(left "ip proto 50")" -ge 10 ] && [ "$(left "udp port 4500")" -eq 0 ]'
    check "$name: down is down on both sides" eval 'ctl east down net >/dev/null && wait_until 10 no_state west && no_state east'
    check "$name: a second child of the same IKE SA, in transport mode" eval \
        'ctl east up host --timeout 60 >"$work/up.out" || { cat "$work/up.out"; false; }'
    v2_judge "$name" transport
}

# By the first packet, which west sends: its kernel asks, and east answers. All goes in UDP.
v2_by_packet() {
    local peer=$1 name="IKEv2, $1, by west's packet, in UDP"
    local NAT=force
    v2_ours east listen
    east_start && v2_peer_start "$peer" on_demand || { check "$name: daemons start" false; return; }
    check "$name: the first packets bring the tunnel up" wait_until 20 pings_back tunnel
    v2_judge "$name" tunnel
    check "$name: ESP in UDP" in_udp
    check "$name: we were the responder" eval 'json east ".ike_sas[0].role" | grep -qx responder'
    check "$name: the first packets bring transport mode up" wait_until 20 pings_back transport
    v2_judge "$name" transport
    check "$name: ESP in UDP there too" in_udp
}

# Transport mode through a NAT that gives east another address and other ports: each side has its own words for both.
v2_transport_nat() {
    local peer=$1 name="IKEv2, $1, transport mode through a NAT"
    local EAST_OUTSIDE=192.0.2.77
    ip -n "$east" addr add "$EAST_OUTSIDE/24" dev "$tag-e"
    in_ns east nft "add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; };
        add rule ip nat post udp sport { 500, 4500 } snat to $EAST_OUTSIDE:20000-30000"
    v2_ours east listen
    v2_peer_start "$peer" listen && east_start || { check "$name: daemons start" false; return; }
    check "$name: up" eval 'ctl east up host --timeout 60 >"$work/up.out" || { cat "$work/up.out"; false; }'
    v2_judge "$name" transport
    check "$name: ESP in UDP" in_udp
    check "$name: west sees east outside of it" eval 'ip -n "$west" xfrm state | grep -q "dst $EAST_OUTSIDE"'
}

# pings_back MODE: one ping from west to east.
pings_back() {
    local ends="-I 10.2.0.1 10.1.0.1"
    [ "$1" = tunnel ] || ends="192.0.2.1"
    # shellcheck disable=SC2086 # several arguments
    in_ns west ping -n -q -c 1 -W 3 $ends >"$work/ping.out" 2>&1
}

ikev2_swiftike_command() { v2_by_command swiftike; }
ikev2_swiftike_packet() { v2_by_packet swiftike; }
ikev2_charon_command() { v2_by_command charon; }
ikev2_charon_packet() { v2_by_packet charon; }
ikev2_transport_nat() {
    v2_transport_nat swiftike
    fresh
    topology_down
    topology_up
    v2_transport_nat charon
}

# Both kinds of rekeying from both sides: swiftike's by lifetimes of seconds, strongSwan's by command.
ikev2_rekey() {
    LIFETIME="7 sec" IKE_LIFETIME="9 sec" v2_ours east listen
    v2_peer_start charon listen && east_start || { check "IKEv2, rekey: daemons start" false; return; }
    ctl east up net --timeout 60 >/dev/null
    local before
    before=$(spis east)
    in_ns east ping -n -q -c 250 -i 0.1 -W 12 -I 10.1.0.1 10.2.0.1 >"$work/ping.out" 2>&1 &
    local pinging=$!
    for what in "child net" "ike gw" "child net" "ike gw"; do
        sleep 5
        swan west --rekey --${what% *} "${what#* }" >/dev/null
    done
    check "IKEv2, rekey: no ping of 250 lost" eval 'wait "$pinging" && none_lost'
    check "IKEv2, rekey: other SAs than at first" eval '[ -n "$before" ] && [ -z "$(comm -12 <(echo "$before") <(spis east))" ]'
    check "IKEv2, rekey: the IKE SA was renewed by both sides" eval \
        'grep -qE "parsed CREATE_CHILD_SA request [0-9]+ \[ SA No KE \]" "$work/west/charon.log" &&
         grep -qE "generating CREATE_CHILD_SA request [0-9]+ \[ SA No KE \]" "$work/west/charon.log"'
    check "IKEv2, rekey: no packet dropped by either kernel" eval 'kernel_clean east && kernel_clean west'
}

# compressed: large pings of like octets return, IPComp's SAs of both kernels count them whole, and little of them leaves.
compressed() {
    local side
    wires_start
    pings tunnel 5 -s 1000 -p 61 || { wires_stop; tail -n 3 "$work/ping.out"; return 1; }
    wires_stop
    for side in east west; do
        ip -n "${!side}" -s xfrm state | awk '
            /^src/ { source = $2; getline; kind = $2 }
            /lifetime current/ {
                getline
                if ($2 + 0 >= 5) seen[kind, source] = 1
                if (kind == "comp" && $1 + 0 >= 5000) whole[source] = 1
            }
            END { exit !(length(whole) == 2 && length(seen) >= 4) }' || { ip -n "${!side}" -s xfrm state; return 1; }
    done
    [ "$(left "$esp_on_wire and less 250")" -ge 10 ] && [ "$(left "$esp_on_wire and greater 251")" -eq 0 ] &&
        [ "$(left "$clear_on_wire")" -eq 0 ] ||
        { tcpdump -nr "$work/east.pcap" 2>/dev/null; return 1; }
}

# ipcomp_has_tunnel SIDE: an IPComp SA each way is in tunnel mode, and no SA of ESP is.
ipcomp_has_tunnel() {
    local states
    states=$(ip -n "${!1}" xfrm state)
    [ "$(grep -cE 'proto comp .*mode tunnel' <<<"$states")" = 2 ] && ! grep -E 'proto esp .*mode tunnel' <<<"$states"
}

# cpis: the CPIs of east's children that are compressed.
cpis() { json east '.child_sas[] | select(.compression == "deflate") | .cpi_in'; }

# new_cpi BEFORE: the newest child has another one.
new_cpi() { [ -n "$(cpis)" ] && ! cpis | tail -n 1 | grep -qxF "$1"; }

# IPComp beside ESP, agreed on in both roles, renewed by the peer, declined by it, and taken down.
ikev2_compression() {
    local HOST=no COMPRESSION=deflate IPCOMP=yes name="IKEv2, compression" before
    v2_ours east listen
    v2_peer_start charon listen && east_start || { check "$name: daemons start" false; return; }
    check "$name: up" eval 'ctl east up net --timeout 60 >"$work/up.out" || { cat "$work/up.out"; false; }'
    check "$name: large packets are compressed" compressed
    OUTERMOST=transport v2_judge "$name, small packets" tunnel
    check "$name: the tunnel is that of IPComp" eval 'ipcomp_has_tunnel east && ipcomp_has_tunnel west'
    before=$(cpis)
    check "$name: the peer renews the child, with another CPI" eval \
        'swan west --rekey --child net >"$work/up.out" && wait_until 10 new_cpi "$before"'
    check "$name: what it carries is compressed" compressed
    check "$name: no packet dropped by either kernel" eval 'kernel_clean east && kernel_clean west'
    check "$name: down is down on both sides" eval \
        'ctl east down net >/dev/null && wait_until 10 no_state west && wait_until 10 no_state east'
    stop east
    east_start
    check "$name: the peer brings it up" eval 'swan west --initiate --child net --timeout 60 >"$work/up.out"'
    check "$name: what the peer's child carries is compressed" compressed
    IPCOMP=no v2_charon none
    cp "$work/swanctl.conf" "$work/west/swanctl/swanctl.conf"
    check "$name: the peer does not compress any more" eval \
        'swan west --load-all --noprompt >/dev/null && swan west --terminate --ike gw >/dev/null &&
         wait_until 10 no_state east && ctl east up net --timeout 60 >"$work/up.out"'
    check "$name: status says that it declines" eval 'json east ".child_sas[].compression" | grep -qx declined'
    v2_judge "$name, declined" tunnel
}

# IPComp as setkey's policies ask for it: an ACQUIRE and a peer's offer for them, without a tunnel of ours.
ikev2_compression_policy() {
    local HOST=no IPCOMP=yes name="IKEv2, policies with ipcomp"
    v2_ours east listen
    sed -i '/^tunnel /,$d' "$work/east/swiftike.conf"
    echo "include_policy \"$work/east/policy.conf\";" >>"$work/east/swiftike.conf"
    cat >"$work/east/policy.conf" <<CONF
spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec ipcomp/tunnel/192.0.2.1-192.0.2.2/require esp/transport//require;
spdadd 10.2.0.0/24 10.1.0.0/24 any -P in ipsec ipcomp/tunnel/192.0.2.2-192.0.2.1/use esp/transport//require;
CONF
    v2_peer_start charon listen && east_start || { check "$name: daemons start" false; return; }
    check "$name: the first packets bring it up" wait_until 20 pings tunnel 1 -W 3
    check "$name: large packets are compressed" compressed
    OUTERMOST=transport v2_judge "$name, small packets" tunnel
    check "$name: the tunnel is that of IPComp" eval 'ipcomp_has_tunnel east && ipcomp_has_tunnel west'
    check "$name: the peer takes it down" eval \
        'swan west --terminate --ike gw >/dev/null && wait_until 10 no_state east'
    check "$name: the peer brings it up" eval 'swan west --initiate --child net --timeout 60 >"$work/up.out"'
    check "$name: what the peer's child carries is compressed" compressed
    IPCOMP=no v2_charon none
    cp "$work/swanctl.conf" "$work/west/swanctl/swanctl.conf"
    check "$name: a peer that does not compress is refused in words" eval \
        'swan west --load-all --noprompt >/dev/null && swan west --terminate --ike gw >/dev/null &&
         wait_until 10 no_state east && ! swan west --initiate --child net --timeout 20 >"$work/up.out" &&
         grep -q "does not agree to compress" "$work/east/log"'
}

ikev2_scenarios=(ikev2_swiftike_command ikev2_swiftike_packet ikev2_charon_command ikev2_charon_packet ikev2_transport_nat
    ikev2_rekey)
