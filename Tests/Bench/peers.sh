#!/bin/bash
# usage: peers.sh [--check] [--json FILE] [ROW...]   TCP through user-space tunnels of several makers, side by side.
#
# Every row is two gateways in namespaces of their own, joined by a veth pair, with AES-128-GCM (WireGuard: what it
# has). One iperf3 stream goes one way, then the other; the rows take turns, so that a noisy machine disturbs all
# alike. Printed: Mbit/s over all runs, our rows' ratio to each peer, and the daemons' processor time per octet that
# iperf3 delivered, sender's and receiver's. Before that each row has to show that the traffic is protected: in a
# capture of the wire, by the daemon's own counters, and by the octets the link carried.
#
# RUNS (5) runs of SECONDS_EACH (2) seconds each way. --check fails below 6 times strongSwan's kernel-libipsec, 4 times
# OpenVPN, 5 times wireguard-go. --json takes - for standard output. Leaves nothing behind.
# shellcheck disable=SC2034
SWIFTIKE_TAG=bp$$
. "$(dirname "${BASH_SOURCE[0]}")/../Interop/lib.sh"

runs=${RUNS:-5} each=${SECONDS_EACH:-2} check= json=${JSON:-}
while [[ ${1:-} == --* ]]; do
    case $1 in
        --check) check=1 ;;
        --json) json=$2; shift ;;
        *) echo "usage: peers.sh [--check] [--json FILE] [ROW...]" >&2; exit 64 ;;
    esac
    shift
done
rows=("$@")
[ ${#rows[@]} -gt 0 ] || rows=(veth swiftike-udp swiftike-esp libipsec openvpn wireguard-go)
[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }
# What is asked of the ratio of our rows to a peer's.
declare -A wanted=([libipsec]=6 [openvpn]=4 [wireguard-go]=5)
base=$work

# enter ROW points the names of lib.sh at a row's own pair of namespaces and folder.
enter() {
    row=$1 work=$base/$1 tag=$SWIFTIKE_TAG-${1//[^a-z]/}
    east=$tag-east west=$tag-west
    # A device's name has room for 15 octets.
    tag=bp$((BASHPID % 10000))$(printf '%s' "$1" | cksum | cut -c1-4)
    mkdir -p "$work"
}

bench_cleanup() {
    local pid
    trap - EXIT INT TERM
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    for pid in "${pids[@]}"; do
        wait_until 5 not_running "$pid" || kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    for row in "${rows[@]}"; do enter "$row"; topology_down; done
    if [ -n "${SWIFTIKE_KEEP:-}" ]; then echo "kept: $base" >&2; else rm -rf "$base"; fi
}
trap 'bench_cleanup; exit 130' INT TERM
trap 'bench_cleanup' EXIT

give_up() {
    echo "$row: $*" >&2
    work=$base/$row show_logs >&2
    for log in "$work"/*.log; do [ -s "$log" ] && { echo "--- $log"; tail -n 20 "$log"; } >&2; done
    exit 1
}

# in_background SIDE LOG COMMAND... starts a daemon of a side and notes its pid.
in_background() {
    local side=$1 log=$2
    shift 2
    exec_in_ns "$side" "$@" >"$log" 2>&1 &
    pids+=("$!")
    eval "pid_$side=$!"
}

# --- the rows -----------------------------------------------------------------------------------------------------

# swiftike_conf SIDE PEER LOCAL_NET REMOTE_NET NAT START
swiftike_conf() {
    mkdir -p "$work/$1"
    psk "$work/$1/psk.txt" "$2 a key that both know"
    cat >"$work/$1/swiftike.conf" <<END
path pre_shared_key "psk.txt";
remote "peer" {
    remote_address $2;
    exchange_mode main;
    nat_traversal $5;
    proposal { encryption_algorithm aes 128; hash_algorithm sha256; authentication_method pre_shared_key; dh_group modp2048; }
}
sainfo address $3 any address $4 any {
    pfs_group modp2048;
    lifetime time 1 hour;
    encryption_algorithm aes_gcm_16 128;
}
tunnel "bench" { remote "peer"; local_net $3; remote_net $4; start $6; }
END
}

# start_swiftikes NAT
start_swiftikes() {
    swiftike_conf east 192.0.2.2 10.1.0.0/24 10.2.0.0/24 "$1" on_demand
    swiftike_conf west 192.0.2.1 10.2.0.0/24 10.1.0.0/24 "$1" listen
    start_swiftike west "$work/west/swiftike.conf" --datapath userspace || give_up "west did not start"
    start_swiftike east "$work/east/swiftike.conf" --datapath userspace || give_up "east did not start"
    ctl east up bench --timeout 20 >"$work/up.log" || give_up "the tunnel did not come up"
}

start_swiftike_udp() { start_swiftikes force; }
start_swiftike_esp() { start_swiftikes off; }
swiftike_counted() { json "$1" '[.child_sas[] | .bytes_in, .bytes_out] | add'; }
swiftike_udp_counted() { swiftike_counted "$1"; }
swiftike_esp_counted() { swiftike_counted "$1"; }
swiftike_udp_on_wire='udp port 4500 and udp[8:4] != 0'
swiftike_esp_on_wire='ip proto 50'

start_libipsec() {
    local side n other start
    for side in east:1:2 west:2:1; do
        IFS=: read -r side n other <<<"$side"
        cat >"$work/$side.swanctl.conf" <<END
connections { bench {
    version = 2
    local_addrs = 192.0.2.$n
    remote_addrs = 192.0.2.$other
    proposals = aes128-sha256-modp2048
    local { auth = psk }
    remote { auth = psk }
    children { bench {
        local_ts = 10.$n.0.0/24
        remote_ts = 10.$other.0.0/24
        esp_proposals = aes128gcm16-modp2048
    } }
} }
secrets { ike-bench { secret = "a key that both know" } }
END
        CHARON_LOG=0 start_charon "$side" "$work/$side.swanctl.conf" libipsec || give_up "$side did not start"
    done
    swan east --initiate --child bench >"$work/up.log" || give_up "the tunnel did not come up"
}
libipsec_counted() { swan "$1" --list-sas --raw | grep -oE 'bytes-(in|out)=[0-9]+' | awk -F= '{n += $2} END {printf "%.0f\n", n}'; }
libipsec_on_wire='udp port 4500 and udp[8:4] != 0'

start_openvpn() {
    local side
    for side in east west; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$side" \
            -keyout "$work/$side.key" -out "$work/$side.crt" 2>/dev/null
    done
    fingerprint() { openssl x509 -in "$work/$1.crt" -noout -fingerprint -sha256 | cut -d= -f2; }
    # openvpn_on SIDE PEER N OTHER ROLE...
    openvpn_on() {
        local side=$1 peer=$2 n=$3 other=$4
        shift 4
        in_background "$side" "$work/$side.log" openvpn --dev tun --proto udp --port 1194 --disable-dco \
            --cert "$work/$side.crt" --key "$work/$side.key" --peer-fingerprint "$(fingerprint "$peer")" \
            --data-ciphers AES-128-GCM --ifconfig "10.9.0.$n" "10.9.0.$other" \
            --route "10.$other.0.0" 255.255.255.0 --status "$work/$side.status" 1 --verb 3 "$@"
    }
    openvpn_on west east 2 1 --tls-server --dh none
    wait_until 20 grep -qs "UDPv4 link local" "$work/west.log" || give_up "west did not start"
    openvpn_on east west 1 2 --remote 192.0.2.2 --tls-client
    wait_until 20 grep -q "Initialization Sequence Completed" "$work/east.log" || give_up "the tunnel did not come up"
    wait_until 20 grep -q "Initialization Sequence Completed" "$work/west.log" || give_up "the tunnel did not come up"
    grep -q "Data Channel: cipher 'AES-128-GCM'" "$work/east.log" || give_up "the cipher is not AES-128-GCM"
}
# The file is written once a second.
openvpn_counted() { sleep 1.5; awk -F, '/^TCP\/UDP (read|write) bytes/ {n += $2} END {printf "%.0f\n", n}' "$work/$1.status"; }
openvpn_on_wire='udp port 1194'

start_wireguard_go() {
    local side n other
    (umask 077 && wg genkey >"$work/east.key" && wg genkey >"$work/west.key")
    for side in east:1:2:west west:2:1:east; do
        IFS=: read -r side n other peer <<<"$side"
        # The control sockets of all namespaces are in one folder, by the device's name.
        local device=$tag$n
        in_background "$side" "$work/$side.log" env WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1 LOG_LEVEL=error \
            wireguard-go -f "$device"
        wait_until 10 test -S "/run/wireguard/$device.sock" || give_up "$side did not start"
        in_ns "$side" wg set "$device" listen-port 51820 private-key "$work/$side.key" \
            peer "$(wg pubkey <"$work/$peer.key")" endpoint "192.0.2.$other:51820" allowed-ips "10.$other.0.0/24" ||
            give_up "wg set failed on $side"
        in_ns "$side" ip link set "$device" up && in_ns "$side" ip route add "10.$other.0.0/24" dev "$device"
    done
}
wireguard_go_counted() {
    in_ns "$1" wg show all transfer | awk '{n += $3 + $4} END {printf "%.0f\n", n}'
}
wireguard_go_on_wire='udp port 51820'

start_veth() { pid_east= pid_west=; }

# --- measuring ----------------------------------------------------------------------------------------------------

# ticks PID: user and system time, hundredths of a second; what has no daemon costs nothing.
ticks() {
    [ -n "$1" ] && sed 's/.*) //' "/proc/$1/stat" | awk '{print $12 + $13}' || echo 0
}

# sent SIDE: octets the side's end of the link has sent.
sent() { in_ns "$1" cat "/sys/class/net/$tag-${1:0:1}/statistics/tx_bytes"; }

# transfer FROM TO ARGUMENT... runs iperf3 once; its report on standard output.
transfer() {
    local to=10.2.0.1 from=10.1.0.1 side=east
    [ "$1" = east ] || { to=10.1.0.1 from=10.2.0.1 side=west; }
    shift 2
    timeout $((each + 15)) ip netns exec "${!side}" iperf3 -J -c "$to" -B "$from" --connect-timeout 5000 "$@"
}

# proven: a short transfer shows on the wire as the row's protocol and not in clear.
proven() {
    local name=${row//-/_} filter
    filter=${name}_on_wire
    capture_start || give_up "tcpdump did not start"
    transfer east west -n 1M >"$work/proof.json" || give_up "no transfer: $(jq -r .error "$work/proof.json")"
    wait_until 5 eval '[ "$(captured "${!filter}")" -ge 20 ]' || true
    capture_stop
    [ "$(captured "${!filter}")" -ge 20 ] || give_up "only $(captured "${!filter}") packets were '${!filter}'"
    [ "$(captured "$clear_on_wire")" -eq 0 ] || give_up "$(captured "$clear_on_wire") packets went in clear"
}

# measure FROM TO adds a line to the row's runs: Mbit/s, CPU ns per octet of sender and receiver, link octets per octet.
measure() {
    local from=pid_$1 to=pid_$2 octets bits
    from=${!from} to=${!to}
    local cpu_from cpu_to link
    cpu_from=$(ticks "$from") cpu_to=$(ticks "$to") link=$(sent "$1")
    transfer "$1" "$2" -t "$each" >"$work/run.json" || give_up "a run failed: $(jq -r .error "$work/run.json")"
    cpu_from=$(($(ticks "$from") - cpu_from)) cpu_to=$(($(ticks "$to") - cpu_to)) link=$(($(sent "$1") - link))
    read -r octets bits < <(jq -r '.end | "\(.sum_received.bytes) \(.sum_received.bits_per_second)"' "$work/run.json")
    echo "$octets" >>"$work/octets"
    awk -v o="$octets" -v b="$bits" -v f="$cpu_from" -v t="$cpu_to" -v l="$link" -v hz="$(getconf CLK_TCK)" \
        'BEGIN { printf "%.1f %.3f %.3f %.3f\n", b / 1e6, f / hz * 1e9 / o, t / hz * 1e9 / o, l / o }' >>"$work/runs"
}

# accounted: daemon and link carried at least what iperf3 delivered; the link not twice that.
accounted() {
    local name=${row//-/_} octets after
    octets=$(awk '{n += $1} END {printf "%.0f", n}' "$work/octets")
    [ "$row" = veth ] && return
    after=$(("$("${name}_counted" east)" - counted_before))
    [ "$after" -ge "$octets" ] || give_up "iperf3 delivered $octets octets, the daemon counted $after"
    awk '$4 < 1 || $4 > 2 { exit 1 }' "$work/runs" ||
        give_up "the link did not carry what iperf3 delivered: $(awk '{print $4}' "$work/runs" | xargs)"
}

# --- the run ------------------------------------------------------------------------------------------------------

declare -A row_pids row_counted
for row in "${rows[@]}"; do
    enter "$row"
    start=start_${row//-/_}
    declare -F "$start" >/dev/null || { echo "no row $row" >&2; exit 64; }
    topology_up || give_up "no network namespaces"
    "$start"
    for side in east west; do pid=pid_$side; row_pids[$row-$side]=${!pid}; done
    for side in east west; do
        exec_in_ns "$side" iperf3 -s >"$work/iperf3-$side.out" 2>&1 &
        pids+=("$!")
        wait_until 5 eval "in_ns $side ss -ltn | grep -q :5201" || give_up "iperf3 did not start"
    done
    [ "$row" = veth ] || {
        counted=${row//-/_}_counted
        row_counted[$row]=$("$counted" east)
        proven
    }
done

for ((run = 1; run <= runs; run++)); do
    for row in "${rows[@]}"; do
        enter "$row"
        pid_east=${row_pids[$row-east]} pid_west=${row_pids[$row-west]}
        measure east west
        measure west east
    done
done

for row in "${rows[@]}"; do
    enter "$row"
    counted_before=${row_counted[$row]:-0}
    accounted
    jq -Rn --arg row "$row" '[inputs | split(" ") | map(tonumber)] |
        def middle: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
        def column(n): map(.[n]) | {median: middle, min: min, max: max};
        {row: $row, runs: length, mbit_s: column(0), cpu_ns_per_octet: {sender: column(1), receiver: column(2)},
         link_octets_per_octet: column(3), all_mbit_s: map(.[0])}' "$work/runs" >"$work/result.json"
done
cat "$base"/*/result.json | jq -s --arg date "$(date -u +%FT%TZ)" --arg kernel "$(uname -r)" \
    --argjson processors "$(nproc)" --argjson seconds "$each" '
    (map({key: .row, value: .mbit_s.median}) | from_entries) as $median |
    {date: $date, kernel: $kernel, processors: $processors, seconds_each: $seconds,
     rows: map(. + if .row | startswith("swiftike") then
        .mbit_s.median as $ours | {ratio_to: ($median | with_entries(select(.key | startswith("swiftike") | not) |
            .value = $ours / .value))}
        else {} end)}' >"$base/peers.json"

order=$(printf '%s\n' "${rows[@]}" | jq -Rn '[inputs]')
echo "TCP through a tunnel, $((2 * runs)) runs of $each s, half of them each way; processor time in ns per octet delivered"
jq -r --argjson order "$order" '
    def number(n): . * n | round | . / n | tostring;
    def line(f): f | @tsv;
    ["", "Mbit/s median", "min", "max", "CPU sender", "CPU receiver", "link/iperf3"],
    (.rows | sort_by(.row as $row | $order | index($row))[] |
        [.row, (.mbit_s.median, .mbit_s.min, .mbit_s.max | number(1)),
         (.cpu_ns_per_octet.sender.median, .cpu_ns_per_octet.receiver.median, .link_octets_per_octet.median | number(100))])
    | @tsv' "$base/peers.json" | column -t -s $'\t' -R 2,3,4,5,6,7
jq -r '.rows[] | select(.ratio_to) | .row as $row | .ratio_to | to_entries |
    "\($row): " + (map("\(.value * 100 | round | . / 100) times \(.key)") | join(", "))' "$base/peers.json"
case $json in
    "") ;;
    -) cat "$base/peers.json" ;;
    *) cp "$base/peers.json" "$json" ;;
esac

[ -z "$check" ] || {
    # Like against like: the peers are all in UDP.
    for peer in "${!wanted[@]}"; do
        jq -re --arg peer "$peer" --argjson wanted "${wanted[$peer]}" '
            .rows[] | select(.row == "swiftike-udp") | .ratio_to[$peer] // empty |
            if . >= $wanted then empty else "too slow: \(. * 100 | round | . / 100) times \($peer), wanted \($wanted)" end' \
            "$base/peers.json" && bad=1
    done
    [ -z "${bad:-}" ]
}
