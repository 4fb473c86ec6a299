# Two gateways in network namespaces joined by a veth pair, and what it takes to judge a tunnel between them.
# Sourced by the scenarios, the demo and the guest tests; needs root.
#
#   east  192.0.2.1  behind it 10.1.0.0/24 (10.1.0.1 on lo)
#   west  192.0.2.2  behind it 10.2.0.0/24 (10.2.0.1 on lo)

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
bin=${SWIFTIKE_BIN:-$top/.build/release}
tag=${SWIFTIKE_TAG:-sike$$}
work=$(mktemp -d "${TMPDIR:-/tmp}/swiftike.XXXXXX")
pids=()
passed=0
failed=0

east=$tag-east
west=$tag-west

# in_ns SIDE COMMAND... runs a command in a gateway's namespace.
in_ns() {
    local ns=${!1}
    shift
    ip netns exec "$ns" "$@"
}

# The same for what runs in the background: what is killed later is then the command, not a shell around it.
exec_in_ns() {
    local ns=${!1}
    shift
    exec ip netns exec "$ns" "$@"
}

topology_up() {
    ip netns add "$east"
    ip netns add "$west"
    ip link add "$tag-e" netns "$east" type veth peer name "$tag-w" netns "$west"
    side_up east "$tag-e" 1
    side_up west "$tag-w" 2
    # Gateways have a route to each other's networks; a tunnel has to take precedence over it.
    ip -n "$east" route add default via 192.0.2.2
    ip -n "$west" route add default via 192.0.2.1
}

side_up() {
    local ns=${!1}
    ip -n "$ns" link set lo up
    ip -n "$ns" addr add "10.$3.0.1/24" dev lo
    ip -n "$ns" addr add "192.0.2.$3/24" dev "$2"
    ip -n "$ns" addr add "2001:db8::$3/64" dev "$2" nodad
    ip -n "$ns" link set "$2" up
    # The devices' own chatter would blur what a capture shows.
    in_ns "$1" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 2>/dev/null || true
}

topology_down() {
    ip netns del "$east" 2>/dev/null
    ip netns del "$west" 2>/dev/null
    true
}

# start_swiftike SIDE CONFIG [FLAG...] starts the daemon and waits until its control socket answers.
start_swiftike() {
    local side=$1 config=$2
    shift 2
    local dir=$work/$side
    mkdir -p "$dir"
    exec_in_ns "$side" "$bin/swiftike" -F -f "$config" --control "$dir/control" --pid-file "$dir/pid" "$@" \
        >"$dir/log" 2>&1 &
    local pid=$!
    pids+=("$pid")
    eval "pid_$side=$pid"
    # One that ended will not answer either.
    wait_until 20 eval 'not_running "$pid" || ctl "$side" status >/dev/null'
    not_running "$pid" || return 0
    echo "swiftike on $side did not start:"
    cat "$dir/log"
    return 1
}

# ctl SIDE COMMAND... asks a side's swiftike.
ctl() {
    local side=$1
    shift
    "$bin/swiftikectl" --control "$work/$side/control" "$@" 2>&1
}

# stop SIDE ends a side's daemon as a service manager would, and waits for it.
stop() {
    local name=pid_$1
    local pid=${!name}
    [ -n "$pid" ] || return 0
    kill "$pid" 2>/dev/null
    wait_until 15 not_running "$pid" || kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    eval "status_$1=$?"
    eval "$name="
}

not_running() {
    ! kill -0 "$1" 2>/dev/null || [ "$(ps -o stat= -p "$1" | cut -c1)" = Z ]
}

# wait_until SECONDS COMMAND... tries a command ten times a second until it succeeds.
#
# The seconds are what it may take where nothing else runs; a machine under load gets several times as many.
wait_until() {
    local end=$((SECONDS + $1 * ${SWIFTIKE_PATIENCE:-6}))
    shift
    while ! "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# start_charon SIDE SWANCTL_CONF [kernel|libipsec] starts strongSwan with a state folder of its own.
start_charon() {
    local side=$1 config=$2 plane=${3:-libipsec} dir=$work/$1 kernel
    mkdir -p "$dir/swanctl"
    case $plane in
        kernel) kernel="kernel-netlink" ;;
        # The first of the two offers the IPsec interface; netlink is still needed for routes and addresses.
        libipsec) kernel="kernel-libipsec kernel-netlink" ;;
    esac
    cp "$config" "$dir/swanctl/swanctl.conf"
    cat >"$dir/strongswan.conf" <<EOF
charon-systemd {
    load = random nonce aes des sha1 sha2 md5 hmac kdf gmp openssl gcm pem pkcs1 x509 $kernel socket-default vici updown counters
    filelog { charon { path = $dir/charon.log
        default = ${CHARON_LOG:-1}
        ike = 2
        flush_line = yes } }
    journal { default = -1 }
    ikesa_limit = 0
    retransmit_tries = 3
    retransmit_timeout = 2.0
    accept_private_algs = yes
    plugins { vici { socket = unix://$dir/vici } }
    ${CHARON_OPTIONS:-}
}
swanctl { load = pem pkcs1 x509 random openssl }
EOF
    exec_in_ns "$side" env -u NOTIFY_SOCKET STRONGSWAN_CONF="$dir/strongswan.conf" \
        /usr/sbin/charon-systemd >"$dir/charon.out" 2>&1 &
    local pid=$!
    pids+=("$pid")
    eval "pid_$side=$pid"
    wait_until 20 test -S "$dir/vici" || {
        cat "$dir/charon.out"
        return 1
    }
    swan "$side" --load-all --noprompt >"$dir/load.out" || {
        cat "$dir/load.out"
        return 1
    }
}

# swan SIDE ARGUMENT... runs swanctl against a side's charon.
swan() {
    local side=$1 dir=$work/$1
    shift
    in_ns "$side" env STRONGSWAN_CONF="$dir/strongswan.conf" SWANCTL_DIR="$dir/swanctl" \
        swanctl "$@" --uri "unix://$dir/vici" 2>&1
}

# capture_start writes what crosses the wire between the gateways to $work/wire.pcap.
capture_start() {
    # What an earlier capture said would let this one pass for begun.
    rm -f "$work/tcpdump.out" "$work/wire.pcap"
    exec_in_ns east tcpdump --immediate-mode -U -i "$tag-e" -w "$work/wire.pcap" >"$work/tcpdump.out" 2>&1 &
    capture_pid=$!
    pids+=("$capture_pid")
    wait_until 5 grep -qs "listening on" "$work/tcpdump.out"
}

capture_stop() {
    kill -TERM "$capture_pid" 2>/dev/null
    wait "$capture_pid" 2>/dev/null
    true
}

# captured FILTER counts captured packets that match a filter.
captured() {
    tcpdump -nr "$work/wire.pcap" "$1" 2>/dev/null | wc -l
}

# ESP on the wire: protocol 50, or UDP on 4500 whose first word is no non-ESP marker and no keepalive.
esp_on_wire='(ip proto 50 or ip6 proto 50 or (udp port 4500 and udp[8:4] != 0 and udp[4:2] > 9)
    or (ip6 and udp port 4500 and ip6[48:4] != 0 and ip6[44:2] > 9))'
# Anything of the protected networks in clear.
clear_on_wire='(net 10.1.0.0/24 or net 10.2.0.0/24)'

# pings_return SIDE ARGUMENT...: pings from a side; fails unless all come back, where ping is content with one.
#
# It waits for the last of them alone, and not longer than it takes.
pings_return() {
    local side=$1
    shift
    in_ns "$side" ping -n -q -W 12 "$@" >"$work/ping.out" 2>&1 && none_lost
}

none_lost() { grep -q ' 0% packet loss' "$work/ping.out"; }

# ping_through [COUNT] sends pings from behind east to behind west.
ping_through() {
    pings_return east -c "${1:-5}" -i 0.2 -I 10.1.0.1 10.2.0.1
}

# check NAME COMMAND... runs a command, prints one line, and counts.
check() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        echo "FAIL  $name"
        [ -z "${SWIFTIKE_VERBOSE:-}" ] || show_logs
    fi
}

show_logs() {
    local file
    for file in "$work"/*/log "$work"/*/charon.log "$work"/*/load.out "$work/ping.out"; do
        [ -s "$file" ] || continue
        echo "--- ${file#"$work"/}"
        tail -n 60 "$file"
    done
}

# json SIDE FILTER gives what jq finds in a side's status.
json() {
    ctl "$1" status --json | jq -r "$2"
}

# esp_counted SIDE N: the side's child SAs carried at least N packets each way.
esp_counted() {
    json "$1" "([.child_sas[].packets_in] | add) >= $2 and ([.child_sas[].packets_out] | add) >= $2" | grep -qx true
}

# charon_counted SIDE N: the same for strongSwan.
charon_counted() {
    local raw in out
    raw=$(swan "$1" --list-sas --raw)
    in=$(grep -o 'packets-in=[0-9]*' <<<"$raw" | awk -F= '{n += $2} END {print n + 0}')
    out=$(grep -o 'packets-out=[0-9]*' <<<"$raw" | awk -F= '{n += $2} END {print n + 0}')
    [ "$in" -ge "$2" ] && [ "$out" -ge "$2" ]
}

# fresh begins a scenario with daemons gone and logs empty.
fresh() {
    stop east
    stop west
    rm -rf "${work:?}"/east "${work:?}"/west "$work"/wire.pcap "$work"/*.out
}

# kernel_has_esp SIDE: whether the kernel takes an ESP SA; nothing of the trial stays.
kernel_has_esp() {
    in_ns "$1" ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100 mode tunnel \
        enc 'cbc(aes)' 0x00000000000000000000000000000000 2>/dev/null &&
        in_ns "$1" ip xfrm state delete src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100
}

# psk FILE LINE... writes a pre-shared key file that its owner alone can read.
psk() {
    local file=$1
    shift
    (umask 077 && printf '%s\n' "$@" >"$file")
}

# run_scenarios SCENARIO...: runs each by its name, and says how many checks passed; fails where one did not.
run_scenarios() {
    local scenario
    for scenario in "$@"; do
        echo "== $scenario"
        $scenario
    done
    echo
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

cleanup() {
    local pid
    trap - EXIT INT TERM
    stop east
    stop west
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null; done
    topology_down
    if [ -n "${SWIFTIKE_KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
}

trap 'cleanup; exit 130' INT TERM
trap 'cleanup' EXIT
