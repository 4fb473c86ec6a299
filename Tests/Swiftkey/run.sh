#!/bin/bash
# usage: run.sh [SCENARIO...]   swiftkey against this host's kernel, in network namespaces of its own.
#
# Needs root, and a kernel with XFRM; ESP it need not have: what needs it is in Tests/Guest. Prints a line a check.
. "$(dirname "${BASH_SOURCE[0]}")/../Interop/lib.sh"
# shellcheck disable=SC2034 # the checks use them through eval
vectors=$top/Tests/KeyAdministrationTests/Vectors
[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }
key=$bin/swiftkey
[ -x "$key" ] || { echo "not built: $key (make builds it)" >&2; exit 2; }

sk() { in_ns east "$key" "$@"; }

# Without what differs from run to run: times, process and policy numbers, chosen request IDs.
steady() {
    sed -E 's/[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [0-9]{4}/TIME/g; s/ pid=[0-9]+/ pid=N/; s/spid=[0-9]+/spid=N/
        s/unique#[0-9]+/unique#N/'
}

policies_only() { sed '/^flush/s/flush; //; /^add /,/;$/d' "$vectors/golden1.conf"; }

# The policies of the captured setkey, listed as setkey listed them, and read back by iproute2.
listing() {
    policies_only >"$work/p.conf"
    check "listing: the file loads" sk --strict -f "$work/p.conf"
    check "listing: as setkey writes it" eval \
        'diff <(sk -DP | steady) <(steady <"$vectors/setkey-DP-082.txt")'
    check "listing: with ports" eval 'diff <(sk -DPp | steady) <(steady <"$vectors/setkey-DPp-082.txt")'
    ip -n "$east" -d xfrm policy >"$work/ip.out"
    check "listing: iproute2 sees as many" eval '[ "$(grep -c "^src" "$work/ip.out")" = 8 ]'
    check "listing: iproute2 sees the tunnel" grep -q "tmpl src 192.0.2.1 dst 192.0.2.2" "$work/ip.out"
    check "listing: iproute2 sees the request ID" grep -q "proto ah reqid 9 mode transport" "$work/ip.out"
    check "listing: iproute2 sees the optional request" grep -q "level use" "$work/ip.out"
    check "listing: iproute2 sees ICMP's type" grep -qE "proto icmp type 8" "$work/ip.out"
    check "listing: iproute2 sees the priorities" eval \
        '[ "$(grep -oE "priority [0-9]+" "$work/ip.out" | sort -u | wc -l)" -ge 5 ]'
    check "listing: an object a line" eval '[ "$(sk -DP --json | jq -r .type | grep -c policy)" = 8 ]'
    check "listing: an empty SAD says so" eval '[ "$(sk -D)" = "No SAD entries." ]'
    check "listing: what is listed is what was stated" eval '[ -z "$(sk --diff "$work/p.conf")" ]'
    check "listing: flushed" eval 'sk -FP && [ "$(sk -DP)" = "No SPD entries." ]'
}

# What a first packet leaves: a larval SA, and an event.
larval() {
    exec_in_ns east "$key" watch >"$work/events" &
    local watcher=$!
    pids+=("$watcher")
    echo "spdadd 10.1.0.1 10.2.0.1 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/unique:7;" >"$work/p.conf"
    # The watcher is listening once it sees something.
    check "larval: watch sees the policy" wait_until 10 eval \
        'sk -FP && sk -f "$work/p.conf" && grep -q "added policy out 10.1.0.1" "$work/events"'
    in_ns east ping -n -q -c 1 -W 1 -I 10.1.0.1 10.2.0.1 >/dev/null 2>&1
    check "larval: watch sees the acquire" wait_until 5 grep -q "acquire .*192.0.2.1 -> 192.0.2.2 esp/tunnel" "$work/events"
    check "larval: it is listed so" eval 'sk -D | grep -q "reqid=7(0x00000007)" && sk -D | grep -q "state=larval "'
    check "larval: -l has its letter" eval \
        'timeout 20 ip netns exec "$east" "$key" -lD | grep -q "^.... esp L 00000000"'
    check "larval: get finds nothing, and says so" eval \
        'echo "get 192.0.2.1 192.0.2.2 esp 0x1234;" | sk --strict -f - 2>"$work/err"; [ $? = 1 ] && grep -q ":1:1: error" "$work/err"'
    kill "$watcher" 2>/dev/null
    wait "$watcher" 2>/dev/null
    sk -F && sk -FP
}

# --sync and --diff: the fewest changes, and nothing lost on the way.
sync() {
    cp "$top/etc/policy.conf.example" "$work/p.conf"
    check "sync: the example" sk --sync "$work/p.conf"
    local before
    before=$(sk -DP | grep -o 'spid=[0-9]*' | sort)
    check "sync: a second time changes nothing" eval \
        'sk --sync "$work/p.conf" && [ "$(sk -DP | grep -o "spid=[0-9]*" | sort)" = "$before" ]'
    sed -i 's/10\.2\.0\.0/10.3.0.0/g' "$work/p.conf"
    check "sync: the difference is three policies" eval \
        '[ "$(sk --diff "$work/p.conf" | cut -c1 | sort | uniq -c | tr -s " \n" " ")" = " 3 + 3 - " ]'
    check "sync: a dry run tells and does nothing" eval \
        '[ "$(sk --dry-run --sync "$work/p.conf" | wc -l)" = 6 ] && [ -n "$(sk --diff "$work/p.conf")" ]'
    check "sync: done" eval 'sk --sync "$work/p.conf" && [ -z "$(sk --diff "$work/p.conf")" ]'
    check "sync: what stayed was not touched" eval \
        '[ "$(comm -12 <(echo "$before") <(sk -DP | grep -o "spid=[0-9]*" | sort) | wc -l)" = 3 ]'
    sk -FP
}

# --atomic: this kernel has no ESP, or takes no SA of 5 octets of key; either way nothing may be left.
atomic() {
    echo "spdadd 10.9.0.0/24 10.8.0.0/24 any -P out discard;" | sk -f -
    cat >"$work/p.conf" <<CONF
spdflush;
spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;
add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -o icv=8 -E aes-cbc "0123456789abcdef" -A hmac-sha256 "0123456789abcdef0123456789abcdef";
CONF
    check "atomic: refused" eval '! sk --atomic -f "$work/p.conf" 2>"$work/err"'
    check "atomic: told at its line, without the key" eval \
        'grep -q "p.conf:3:1: error: the kernel did not add the SA" "$work/err" && ! grep -q 0123456789 "$work/err"'
    check "atomic: everything is as it was" eval \
        'grep -q "as it was before" "$work/err" && [ "$(sk -DP | grep -c spid)" = 1 ] && sk -DP | grep -q "10.9.0.0/24"'
    check "atomic: without it the rest stays, and setkey's status" eval \
        'sk -f "$work/p.conf" 2>/dev/null && sk -DP | grep -q "10.1.0.0/24"'
    check "atomic: --strict has a status" eval '! sk --strict -f "$work/p.conf" 2>/dev/null'
    echo 'spdadd 10.7.0.0/24 10.8.0.0/24 any -P out discard; nonsense;' >"$work/p.conf"
    check "atomic: an error in the file changes nothing" eval \
        '! sk --atomic -f "$work/p.conf" 2>/dev/null && ! sk -DP | grep -q "10.7.0.0"'
    check "atomic: an error in the file, as setkey" eval \
        '! sk -f "$work/p.conf" 2>/dev/null && sk -DP | grep -q "10.7.0.0"'
    sk -FP
}

explain() {
    sk -f "$top/etc/policy.conf.example"
    check "explain: what is missing, and the statement" eval \
        'sk explain 10.1.0.1 10.2.0.1 tcp | grep -q "add 192.0.2.1 192.0.2.2 esp SPI -m tunnel"'
    check "explain: key exchange passes" eval \
        'sk explain "192.0.2.1[500]" "192.0.2.2[500]" udp | grep -q "it passes in clear"'
    # What nothing protects is said to pass, or not, as the kernel has it.
    check "explain: without a policy it passes" eval \
        'sk explain 10.5.0.1 10.6.0.1 | grep -q "in clear: the default policy is to accept"'
    if ip -n "$east" xfrm policy setdefault out block fwd block 2>/dev/null; then
        check "explain: unless the default policy blocks" eval \
            '[ "$(sk explain 10.5.0.1 10.6.0.1 | grep -c "the default policy is to block")" = 2 ]'
        ip -n "$east" xfrm policy setdefault out accept fwd accept
    fi
    check "explain: as an object" eval \
        '[ "$(sk explain --json 10.1.0.1 10.2.0.1 tcp | jq -r "select(.direction == \"out\") | .verdict")" = blocked ]'
    sk -FP
}

# Every example of the manual pages is read, and those of the language are loaded.
manual() {
    awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0 } on' "$top/man/swiftkey.conf.5" |
        sed 's/\\-/-/g' >"$work/examples.conf"
    check "manual: swiftkey.conf(5)'s examples are read" eval '[ -s "$work/examples.conf" ] && sk -n -f "$work/examples.conf"'
    grep -v '^add\|^    -E' "$work/examples.conf" >"$work/policies.conf"
    check "manual: and its policies load" sk --strict -f "$work/policies.conf"
    check "manual: all of them" eval '[ "$(sk -DP | grep -c spid)" = 6 ]'
    awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0 } on' "$top/man/swiftkey.8" |
        sed "s|/etc/ipsec.conf|$work/policies.conf|" >"$work/commands"
    check "manual: swiftkey(8)'s examples run" eval \
        'while read -r command; do
             in_ns east env PATH="$bin:$PATH" sh -ec "$command" </dev/null >"$work/out" || { echo "$command"; exit 1; }
         done <"$work/commands"'
    sk -FP
}

# Typed statements, misuse and statuses.
statuses() {
    check "statuses: usage and version end with 1" eval '! "$key" >/dev/null && ! "$key" -V >/dev/null && ! "$key" -h >/dev/null'
    check "statuses: a file that is not there" eval \
        '! sk -f /nowhere 2>"$work/err" && grep -q "Can.t open ./nowhere" "$work/err"'
    check "statuses: typed statements go on after an error" eval \
        'printf "nonsense;\nspdadd 10.1.0.0/24 10.2.0.0/24 any -P out discard;\nspddump;\n" | sk -c 2>"$work/err" | grep -q "out prio def discard"'
    check "statuses: with the line" grep -q "standard input:1:1: error: unknown statement" "$work/err"
    sk -FP
}

# --- the databases of a daemon with its user-space engine, over its PF_KEY socket

# skd SIDE ARGUMENT... is swiftkey on a side's daemon.
skd() {
    local side=$1
    shift
    in_ns "$side" "$key" --socket "$work/$side/pfkey.sock" "$@"
}

# Two daemons with no remote block: what protects the traffic is what swiftkey tells them.
engines_up() {
    # A daemon without remotes still has its key file named.
    echo "path pre_shared_key \"$work/psk.txt\";" >"$work/engine.conf"
    (umask 077 && : >"$work/psk.txt")
    for side in east west; do
        start_swiftike "$side" "$work/engine.conf" --datapath userspace --pfkey-socket "$work/$side/pfkey.sock" ||
            return 1
    done
}

# manual_keys LOCAL REMOTE NET REMOTE_NET: both SAs and the policies of one side.
manual_keys() {
    cat <<CONF
add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -u 7 -E aes-gcm-16 0x000102030405060708090a0b0c0d0e0f10111213;
add 192.0.2.2 192.0.2.1 esp 0x1002 -m tunnel -u 7 -E aes-gcm-16 0x202122232425262728292a2b2c2d2e2f30313233;
spdadd $3 $4 any -P out ipsec esp/tunnel/$1-$2/unique:7;
spdadd $4 $3 any -P in ipsec esp/tunnel/$2-$1/unique:7;
CONF
}

# carried SIDE: the packets that each of a side's SAs carried, one number a line.
carried() { skd "$1" -D --json | jq -r 'select(.type == "sa") | .usage.packets'; }

engine() {
    engines_up || { check "engine: both daemons start" false; return; }
    manual_keys 192.0.2.1 192.0.2.2 10.1.0.0/24 10.2.0.0/24 >"$work/east.conf"
    manual_keys 192.0.2.2 192.0.2.1 10.2.0.0/24 10.1.0.0/24 >"$work/west.conf"
    check "engine: nothing is there at first" eval \
        '[ "$(skd east -D)" = "No SAD entries." ] && [ "$(skd east -DP)" = "No SPD entries." ]'
    check "engine: east takes its file" skd east --strict -f "$work/east.conf"
    check "engine: west takes its file" skd west --strict -f "$work/west.conf"
    check "engine: SAs are listed" eval \
        'skd east -D --mask-keys | grep -q "esp mode=tunnel spi=4097(0x00001001) reqid=7(0x00000007)"'
    check "engine: policies are listed" eval \
        'skd east -DP | grep -q "esp/tunnel/192.0.2.1-192.0.2.2/unique:7"'
    check "engine: what is listed is what was stated" eval '[ -z "$(skd east --diff "$work/east.conf")" ]'
    check "engine: explain finds the SA" eval 'skd east explain 10.1.0.1 10.2.0.1 | grep -q "it leaves protected"'
    capture_start
    check "engine: pings come through" ping_through 5
    wait_until 3 eval '[ "$(captured "$esp_on_wire")" -ge 10 ]'
    capture_stop
    check "engine: as ESP" eval '[ "$(captured "$esp_on_wire")" -ge 10 ]'
    check "engine: and none in clear" eval '[ "$(captured "$clear_on_wire")" -eq 0 ]'
    for side in east west; do
        check "engine: $side counts them" eval \
            '[ "$(carried $side | wc -l)" = 2 ] && ! carried $side | grep -qvE "^([5-9]|[1-9][0-9]+)$"'
    done
    head -n 1 "$work/east.conf" >"$work/again.conf"
    check "engine: a second SA of one SPI is refused at its line, without its key" eval \
        '! skd east --strict -f "$work/again.conf" 2>"$work/err" &&
         grep -q "again.conf:1:1: error: " "$work/err" && ! grep -q 00010203 "$work/err"'
    check "engine: what PF_KEY cannot say is refused" eval \
        'echo "spdadd 10.9.0.0/24 10.8.0.0/24 any -o mark=7 -P out discard;" | skd east --strict -f - 2>"$work/err"
         [ $? = 1 ] && grep -q "PF_KEY has no words for a mark" "$work/err"'
    check "engine: -v shows the messages, and no key unless told" eval \
        'skd east -v --mask-keys -D | grep -q "sadb_msg{ version=2 type=10 errno=0 satype=0" &&
         ! skd east -vH --mask-keys -D | grep -q 00010203'
    check "engine: flushed" eval \
        'skd east -F && skd east -FP && [ "$(skd east -D)" = "No SAD entries." ] && [ "$(skd east -DP)" = "No SPD entries." ]'
    check "engine: west without its SAs and policies, too" eval 'skd west -F && skd west -FP'
    check "engine: pings pass in clear again" ping_through 1
    stop east
    stop west
}

# bundle_keys LOCAL REMOTE NET REMOTE_NET: compressed, then encrypted, then authenticated.
bundle_keys() {
    local gcm=0x000102030405060708090a0b0c0d0e0f10111213
    local mac=0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
    local ends number=1
    for ends in "192.0.2.1 192.0.2.2" "192.0.2.2 192.0.2.1"; do
        echo "add $ends ipcomp 0x300$number -m tunnel -u 7 -C deflate;"
        echo "add $ends esp 0x100$number -m transport -u 8 -E aes-gcm-16 $gcm;"
        echo "add $ends ah 0x200$number -m transport -u 9 -A hmac-sha256 $mac;"
        number=2
    done
    echo "spdadd $3 $4 any -P out ipsec ipcomp/tunnel/$1-$2/unique:7 esp/transport//unique:8 ah/transport//unique:9;"
    echo "spdadd $4 $3 any -P in ipsec ipcomp/tunnel/$2-$1/unique:7 esp/transport//unique:8 ah/transport//unique:9;"
}

bundle() {
    engines_up || { check "bundle: both daemons start" false; return; }
    bundle_keys 192.0.2.1 192.0.2.2 10.1.0.0/24 10.2.0.0/24 >"$work/east.conf"
    bundle_keys 192.0.2.2 192.0.2.1 10.2.0.0/24 10.1.0.0/24 >"$work/west.conf"
    check "bundle: east takes its file" skd east --strict -f "$work/east.conf"
    check "bundle: west takes its file" skd west --strict -f "$work/west.conf"
    check "bundle: what is listed is what was stated" eval '[ -z "$(skd east --diff "$work/east.conf")" ]'
    capture_start
    check "bundle: pings come through" ping_through 5
    check "bundle: long ones, which shrink, too" in_ns east ping -n -q -c 3 -i 0.2 -W 3 -s 1200 -p 00 -I 10.1.0.1 10.2.0.1
    wait_until 3 eval '[ "$(captured "ip proto 51")" -ge 16 ]'
    capture_stop
    check "bundle: as AH" eval '[ "$(captured "ip proto 51")" -ge 16 ]'
    check "bundle: and none in clear" eval '[ "$(captured "$clear_on_wire")" -eq 0 ]'
    # 20 of IP, 24 + 16 of ESP, AH and what it covers: far less than the 1228 that were sent.
    check "bundle: no packet is as long as what was sent" eval '[ "$(captured "ip proto 51 and greater 400")" -eq 0 ]'
    check "bundle: ESP is seen in AH by another's eyes" eval \
        '[ "$(tshark -nr "$work/wire.pcap" -Y "ah && esp && esp.spi == 0x1001" 2>/dev/null | wc -l)" -ge 8 ]'
    for side in east west; do
        check "bundle: $side counts them in each SA" eval \
            '[ "$(carried $side | wc -l)" = 6 ] && ! carried $side | grep -qvE "^([8-9]|[1-9][0-9]+)$"'
    done
    # Without one of its SAs a packet is not what the policy asks for, or cannot leave.
    echo "delete 192.0.2.1 192.0.2.2 ah 0x2001;" | skd west -f -
    check "bundle: a missing SA stops it" eval '! ping_through 1'
    check "bundle: flushed by protocol" eval \
        'skd east -F && [ "$(skd east -D)" = "No SAD entries." ] && skd east -FP && skd west -F && skd west -FP'
    stop east
    stop west
}

topology_up
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done; topology_down; rm -rf "$work"' EXIT
scenarios=("$@")
[ ${#scenarios[@]} -gt 0 ] || scenarios=(listing larval sync atomic explain manual statuses engine bundle)
run_scenarios "${scenarios[@]}"
