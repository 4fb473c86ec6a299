#!/bin/bash
# usage: guest-tests.sh [without:SCENARIO...] [part:1 | part:2 | part:3 | SCENARIO...]   runs in the guest: tunnels over the kernel's
# ESP, judged by the kernel's own counters and by what crossed the wire. Prints one line a check and ends with
# "N passed, N failed". The parts take about as long as each other.
. "$(dirname "${BASH_SOURCE[0]}")/../Interop/lib.sh"
guest_tests=$top/Tests/Guest

# gateway N: the address of a gateway, 1 for east and 2 for west; of IPv6 where OUTER=6.
gateway() {
    if [ "${OUTER:-4}" = 6 ]; then echo "2001:db8::$1"; else echo "192.0.2.$1"; fi
}

# ours SIDE MODE START [CIPHER [LINE...]]: swiftike's configuration.
ours() {
    local side=$1 mode=$2 start=$3 cipher=${4:-aes 128} me=1 peer=2
    [ "$side" = east ] || { me=2 peer=1; }
    local local_net=10.$me.0.0/24 remote_net=10.$peer.0.0/24
    [ "$mode" = tunnel ] || { local_net=192.0.2.$me/32 remote_net=192.0.2.$peer/32; }
    mkdir -p "$work/$side"
    psk "$work/$side/psk.txt" "$(gateway $peer) a key that both know"
    cat >"$work/$side/swiftike.conf" <<CONF
path pre_shared_key "$work/$side/psk.txt";
remote "gateway" {
    remote_address $(gateway $peer);
    exchange_mode main;
    nat_traversal ${NAT:-on};
    proposal_check ${CHECK:-strict};
    proposal {
        encryption_algorithm aes 128;
        hash_algorithm sha256;
        authentication_method pre_shared_key;
        dh_group modp1024;
    }
}
sainfo anonymous {
    lifetime time ${LIFETIME:-1 hour};
    encryption_algorithm $cipher;
    authentication_algorithm hmac_sha256;
    compression_algorithm deflate;
}
CONF
    if [ "$start" = policy ]; then
        cat >"$work/$side/policy.conf" <<CONF
spdadd $local_net $remote_net any -P out ipsec esp/tunnel/192.0.2.$me-192.0.2.$peer/require;
spdadd $remote_net $local_net any -P in ipsec esp/tunnel/192.0.2.$peer-192.0.2.$me/require;
CONF
        echo "include_policy \"$work/$side/policy.conf\";" >>"$work/$side/swiftike.conf"
        return
    fi
    cat >>"$work/$side/swiftike.conf" <<CONF
tunnel "net" {
    remote "gateway";
    local_net $local_net;
    remote_net $remote_net;
    mode $mode;
    start $start;
}
CONF
}

# theirs MODE [ESP [IKE]]: strongSwan's configuration, on west.
theirs() {
    local mode=$1 esp=${2:-aes128-sha256} ike=${3:-aes128-sha256-modp1024}
    local selectors="local_ts = 10.2.0.0/24
                remote_ts = 10.1.0.0/24"
    [ "$mode" = tunnel ] || selectors=
    cat >"$work/swanctl.conf" <<CONF
connections {
    gw {
        version = 1
        local_addrs = 192.0.2.2
        remote_addrs = 192.0.2.1
        proposals = $ike
        local { auth = psk }
        remote { auth = psk }
        children {
            net {
                mode = $mode
                $selectors
                esp_proposals = $esp
            }
        }
    }
}
secrets {
    ike { secret = "a key that both know" }
}
CONF
}

# peer_start KIND MODE [ESP-OF-CHARON [CIPHER]]: west, as swiftike or as charon.
peer_start() {
    if [ "$1" = charon ]; then
        theirs "$2" "$3"
        start_charon west "$work/swanctl.conf" kernel
    else
        ours west "$2" listen "$4"
        start_swiftike west "$work/west/swiftike.conf" --datapath kernel
    fi
}

east_start() {
    start_swiftike east "$work/east/swiftike.conf" --datapath kernel
}

# pings MODE COUNT [OPTION...]: all must come back.
pings() {
    local mode=$1 count=$2 ends="-I 10.1.0.1 10.2.0.1"
    shift 2
    [ "$mode" = tunnel ] || ends="192.0.2.2"
    # shellcheck disable=SC2086 # several arguments
    pings_return east -c "$count" -i 0.2 "$@" $ends
}

# kernel_counted SIDE N [MODE [PROTOCOL]]: an SA each way carried N packets, says the kernel.
kernel_counted() {
    ip -n "${!1}" -s xfrm state | awk -v least="$2" -v wanted="proto ${4:-.*} .*mode ${3:-.*}" '
        /^src/ { source = $2; getline; of_mode = $0 ~ wanted }
        /lifetime current/ { getline; split($2, part, "("); if (of_mode && part[1] + 0 >= least) seen[source] = 1 }
        END { exit !(length(seen) == 2) }'
}

# kernel_clean SIDE: the kernel dropped no packet for want of a matching policy or state, or for a bad check.
kernel_clean() {
    local bad
    bad=$(in_ns "$1" cat /proc/net/xfrm_stat |
        awk '/InStateProtoError|InTmplMismatch|InNoPols|InStateSeqError|InStateMismatch/ && $2 > 0')
    [ -z "$bad" ] || { echo "$1: $bad"; return 1; }
}

# What leaves each gateway, as a file each: what arrives is shown by the kernel a second time, decrypted.
wires_start() {
    wire_pids=()
    rm -f "$work"/{east,west}{-tcpdump,.pcap}
    local side device
    for side in east west; do
        device=$tag-${side:0:1}
        exec_in_ns $side tcpdump --immediate-mode -U -Q out -i "$device" -w "$work/$side.pcap" >"$work/$side-tcpdump" 2>&1 &
        wire_pids+=($!)
        pids+=($!)
    done
    wait_until 10 grep -qs "listening on" "$work/east-tcpdump" &&
        wait_until 10 grep -qs "listening on" "$work/west-tcpdump"
}

wires_stop() {
    kill -TERM "${wire_pids[@]}" 2>/dev/null
    wait "${wire_pids[@]}" 2>/dev/null
    true
}

# left FILTER counts packets that left either gateway.
left() {
    for side in east west; do tcpdump -nr "$work/$side.pcap" "$1" 2>/dev/null; done | wc -l
}

# protected MODE [COUNT]: pings return, the SAs of both kernels count them, ESP leaves and nothing in clear. With
# PROTOCOL=ah the SAs and the wire are to have AH, and nothing without it. With OUTERMOST=MODE these SAs have that mode, as
# where the tunnel is that of IPComp.
protected() {
    local mode=$1 count=${2:-5} clear=$clear_on_wire side wanted=$esp_on_wire
    [ "${PROTOCOL:-esp}" = esp ] || wanted='ip proto 51 or ip6 proto 51'
    [ "$mode" = tunnel ] || clear="icmp"
    wires_start
    pings "$mode" "$count" || { wires_stop; tail -n 3 "$work/ping.out"; return 1; }
    wires_stop
    for side in east west; do
        kernel_counted $side "$count" "${OUTERMOST:-$mode}" "${PROTOCOL:-esp}" || { ip -n "${!side}" -s xfrm state; return 1; }
    done
    [ "$(left "$wanted")" -ge $((2 * count)) ] || { echo "protected packets: $(left "$wanted")"; return 1; }
    [ "$(left "$clear")" -eq 0 ] || { echo "in clear: $(left "$clear")"; return 1; }
    echo "      east's SAs: $(ip -n "$east" -s xfrm state | awk '/lifetime current/ { getline; printf "%s ", $1 $2 }')" \
        "${PROTOCOL:-esp} on the wire: $(left "$wanted"), in clear: 0"
}

in_udp() {
    [ "$(left 'udp port 4500 and udp[8:4] != 0')" -ge 10 ] && [ "$(left 'ip proto 50')" -eq 0 ]
}

nothing_left() {
    [ -z "$(ip -n "${!1}" xfrm state)" ] || { ip -n "${!1}" xfrm state; return 1; }
    no_policy "$1"
}

no_policy() {
    [ -z "$(ip -n "${!1}" xfrm policy)" ] || { ip -n "${!1}" xfrm policy; return 1; }
}

# What one negotiation shows, however it began.
judge() {
    check "$1: protected" protected "$2"
    check "$1: no packet dropped by east's kernel" kernel_clean east
}

by_command() {
    local peer=$1 mode=$2 name="$1, $2, by command"
    ours east "$mode" listen "$4"
    peer_start "$peer" "$mode" "$3" "$4" && east_start || { check "$name: daemons start" false; return; }
    check "$name: up" eval 'ctl east up net --timeout 60 >"$work/up.out" || { cat "$work/up.out"; false; }'
    judge "$name" "$mode"
}

by_packet() {
    local peer=$1 mode=$2 start=${3:-on_demand} name="$1, $2, by the first packet"
    ours east "$mode" "$start"
    peer_start "$peer" "$mode" && east_start || { check "$name: daemons start" false; return; }
    check "$name: the first packets bring it up" wait_until 20 pings "$mode" 1 -W 3
    judge "$name" "$mode"
}

. "$guest_tests/ikev2-tests.sh"
. "$guest_tests/ikev2-ah-tests.sh"
. "$guest_tests/ikev2-addresses-tests.sh"
. "$guest_tests/ikev2-peers-tests.sh"
. "$guest_tests/swiftkey-tests.sh"
. "$guest_tests/swiftesp-tests.sh"
. "$guest_tests/pfkey-tests.sh"
first_part=(alone swiftike_tunnel_command swiftike_tunnel_packet swiftike_transport_command swiftike_transport_packet
    charon_tunnel_command charon_tunnel_packet charon_transport_command charon_transport_packet
    charon_gcm charon_initiates article swiftike_ipv6 "${ikev2_scenarios[@]}" ikev2_compression ikev2_compression_policy
    ikev2_ah)
second_part=(unit live_counters rekey shutdown swiftike_nat charon_nat ikev2_openiked
    "${swiftkey_scenarios[@]}" swiftesp swiftesp_program)
third_part=(ikev2_libreswan ikev2_libreswan_compression ikev2_libreswan_rsa "${address_scenarios[@]}" "${pfkey_scenarios[@]}")

# Those of the XFRM module's tests that need a kernel; run.sh sees to it that they were built. The others would say here
# what they said on the host.
unit() {
    local bundle=$top/.build/debug/swiftikePackageTests.xctest suite
    local suites=(KernelTests KernelESPTests KernelAdministrationTests XFRMDatabaseTests)
    check "the unit tests are built" test -x "$bundle" || return
    check "XFRM's own tests on this kernel" eval \
        '"$bundle" --testing-library swift-testing --filter "XFRMTests\.($(IFS="|" && echo "${suites[*]}"))/" >"$work/unit.out" 2>&1 ||
            { grep -E "recorded an issue|^.* failed" "$work/unit.out" | sort -u | head -n 20; tail -n 3 "$work/unit.out"; false; }'
    for suite in "${suites[@]}"; do
        check "among them $suite" grep -q "Suite $suite passed" "$work/unit.out"
    done
    tail -n 1 "$work/unit.out"
}

# One daemon, no peer: its policies come and go, and the first packet reaches it.
alone() {
    ours east tunnel on_demand
    check "alone: the daemon takes the kernel's ESP" east_start || return
    check "alone: policies out, in and forward" eval \
        '[ "$(ip -n "$east" xfrm policy | grep -cE "dir (out|in|fwd)")" = 3 ]'
    check "alone: its sockets are exempt" eval \
        '[ "$(ip -n "$east" xfrm policy | grep -c "socket in")" -ge 2 ]'
    pings tunnel 1 -W 1
    check "alone: the first packet left a larval SA and began main mode" eval \
        'ip -n "$east" xfrm state | grep -q "spi 0x00000000" && wait_until 5 grep -qF "main mode started" "$work/east/log"'
    stop east
    check "alone: no policy is left" no_policy east
}
swiftike_tunnel_command() { by_command swiftike tunnel; }
swiftike_tunnel_packet() { by_packet swiftike tunnel; }
swiftike_transport_command() { by_command swiftike transport; }
swiftike_transport_packet() { by_packet swiftike transport; }
charon_tunnel_command() { by_command charon tunnel; }
charon_tunnel_packet() { by_packet charon tunnel policy; }
charon_transport_command() { by_command charon transport; }
charon_transport_packet() { by_packet charon transport; }
# The example as printed: policies in setkey's language, 3DES and MD5, group 1 for PFS, ESP without UDP.
article() {
    mkdir -p "$work/east"
    cp "$top"/etc/examples/article.{conf,policy} "$work/east/"
    psk "$work/east/psk.txt" "192.0.2.2 a key that both know"
    theirs tunnel 3des-md5-modp768 3des-md5-modp1024
    start_charon west "$work/swanctl.conf" kernel &&
        start_swiftike east "$work/east/article.conf" --datapath kernel ||
        { check "article: daemons start" false; return; }
    check "article: the first packets bring it up" wait_until 20 pings tunnel 1 -W 3
    judge "article" tunnel
    check "article: 3DES and MD5 in the kernel" eval \
        '[ "$(ip -n "$east" xfrm state | grep -cE "hmac\(md5\)|cbc\(des3_ede\)")" = 4 ]'
    check "article: ESP of its own, not in UDP" eval \
        '[ "$(left "ip proto 50")" -ge 10 ] && [ "$(left "udp port 4500")" -eq 0 ]'
}
charon_gcm() { by_command charon tunnel aes128gcm16 "aes_gcm_16 128"; }
# charon offers an hour and a tenth: longer than ours, which strict refuses and claim answers with ours.
charon_initiates() {
    CHECK=claim ours east tunnel listen
    peer_start charon tunnel && east_start || { check "charon initiates: daemons start" false; return; }
    check "charon initiates: up" eval 'swan west --initiate --child net --timeout 60 >"$work/up.out"'
    judge "charon initiates" tunnel
}
swiftike_nat() { NAT=force by_command swiftike tunnel && check "swiftike: ESP in UDP" in_udp; }
charon_nat() { NAT=force by_command charon tunnel && check "charon: ESP in UDP" in_udp; }
# Both inner networks are of IPv4, the gateways of IPv6.
swiftike_ipv6() {
    local OUTER=6
    by_command swiftike tunnel
    check "IPv6: ESP over IPv6, and none over IPv4" eval \
        '[ "$(left "ip6 proto 50")" -ge 10 ] && [ "$(left "ip proto 50")" -eq 0 ]'
}
# live SIDE DIRECTION NAME: a number of an SA as `sas` tells it.
live() { ctl "$1" sas --json | jq -r "[.sas[] | select(.direction == \"$2\") | .$3] | max"; }
# lost SIDE NAME: how often the kernel dropped for a reason, as `drops` tells it.
lost() { ctl "$1" drops --json | jq -r "[.drops[] | select(.name == \"$2\") | .count] | add // 0"; }
# What sas and drops tell of a kernel's SAs: they follow traffic, and packets that were altered or came before.
live_counters() {
    ours east tunnel listen
    peer_start swiftike tunnel && east_start || { check "live: daemons start" false; return; }
    ctl east up net --timeout 60 >/dev/null
    check "live: both SAs are there, and nothing is dropped" eval \
        '[ "$(ctl east sas --json | jq -c "[.sas[].direction] | sort")" = "[\"inbound\",\"outbound\"]" ] &&
         [ "$(ctl east drops)" = "No packets were dropped." ]'
    wires_start
    check "live: traffic passes" pings tunnel 5
    wires_stop
    for direction in inbound outbound; do
        check "live: $direction SAs count it" eval \
            '[ "$(live east '$direction' packets)" = 5 ] && [ "$(live east '$direction' bytes)" = 420 ] &&
             [ "$(live east '$direction' last_sequence)" = 5 ]'
    done
    check "live: with the SPIs that iproute2 shows" eval \
        '[ "$(ctl east sas --json | jq -r ".sas[].spi" | sort)" = "$(ip -n "$east" xfrm state | grep -o "spi 0x[0-9a-f]*" | cut -c 5- | sort)" ]'
    check "live: west sends its last packets again, and altered, and those of nobody" \
        in_ns west python3 "$guest_tests/bad-packets.py" "$tag-w" "$work/west.pcap"
    check "live: sas counts 4 replayed and 3 altered" wait_until 5 eval \
        '[ "$(live east inbound replayed)" = 4 ] && [ "$(live east inbound integrity_failures)" = 3 ]'
    check "live: drops names each, as the kernel does" eval \
        '[ "$(lost east XfrmInStateSeqError)" = 4 ] && [ "$(lost east XfrmInStateProtoError)" = 3 ] &&
         [ "$(lost east XfrmInNoStates)" = 2 ]'
    check "live: and says in words what it means" eval \
        'ctl east drops | grep -E "XfrmInStateProtoError +3 +An inbound SA.s transform refused it"'
    check "live: the genuine packets are no more than before" eval '[ "$(live east inbound packets)" = 5 ]'
    check "live: traffic goes on" pings tunnel 3
    check "live: and is counted" eval '[ "$(live east inbound packets)" = 8 ] && [ "$(live east outbound packets)" = 8 ]'
    check "live: watching tells rates" eval \
        'ctl east sas --watch 1 --count 2 >"$work/watch" && grep -q "PACKETS/S" "$work/watch" && grep -c inbound "$work/watch" | grep -qx 2'
}
rekey() {
    LIFETIME="20 sec" ours east tunnel listen
    peer_start charon tunnel && east_start || { check "rekey: daemons start" false; return; }
    ctl east up net --timeout 60 >/dev/null
    local before
    before=$(spis east)
    check "rekey: no ping lost over two lifetimes" pings tunnel 200
    check "rekey: other SAs than at first" eval '[ -n "$before" ] && [ -z "$(comm -12 <(echo "$before") <(spis east))" ]'
}
# The SPIs of a side, sorted; larval SAs have none.
spis() { ip -n "${!1}" xfrm state | grep -o 'spi 0x[0-9a-f]*' | grep -vx 'spi 0x00000000' | sort; }
shutdown() {
    ours east tunnel up
    peer_start swiftike tunnel && east_start || { check "shutdown: daemons start" false; return; }
    check "shutdown: up by itself" wait_until 30 pings tunnel 1 -W 3
    stop east
    check "shutdown: east's kernel is as it was" nothing_left east
    check "shutdown: west was told" wait_until 10 no_state west
    stop west
    check "shutdown: west's kernel is as it was" nothing_left west
}
no_state() { [ -z "$(ip -n "${!1}" xfrm state)" ]; }

"$guest_tests/preload.sh"
scenarios=()
left_out=
for scenario in "$@"; do
    case $scenario in
        without:*) left_out+=" ${scenario#without:} " ;;
        part:1) scenarios+=("${first_part[@]}") ;;
        part:2) scenarios+=("${second_part[@]}") ;;
        part:3) scenarios+=("${third_part[@]}") ;;
        *) scenarios+=("$scenario") ;;
    esac
done
[ ${#scenarios[@]} -gt 0 ] || scenarios=("${first_part[@]}" "${second_part[@]}" "${third_part[@]}")
for scenario in "${scenarios[@]}"; do
    [[ $left_out == *" $scenario "* ]] && continue
    # Namespaces of its own for each: the kernel's counters begin at zero.
    topology_up
    echo "== $scenario (at $(cut -d. -f1 /proc/uptime) s)"
    failed_before=$failed
    $scenario
    [ "$failed" = "$failed_before" ] || show_logs
    fresh
    topology_down
done
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
