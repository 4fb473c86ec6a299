#!/bin/bash
# usage: run.sh [SCENARIO...]   swiftesp against live traffic of two user-space engines, and against tshark.
#
# Needs root. Prints a line a check. PACKETS=N sets how many the streaming scenario reads.
. "$(dirname "${BASH_SOURCE[0]}")/../Interop/lib.sh"
[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
key=$bin/swiftkey
esp=$bin/swiftesp
[ -x "$esp" ] || { echo "not built: $esp (make builds it)" >&2; exit 2; }
make_capture() { python3 "$tests/make-capture.py" "$@"; }

# keys FILE TEXT... writes SAs that their owner alone can read.
keys() { psk "$@"; }

gcm='add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -E aes-gcm-16 0x000102030405060708090a0b0c0d0e0f10111213;'

# counted FILE NAME: the sum of a number over the SAs of a JSON report.
counted() { jq -s "[.[] | select(.type == \"sa\") | .$2] | add" "$1"; }

# --- traffic between two engines

skd() {
    local side=$1
    shift
    in_ns "$side" "$key" --socket "$work/$side/pfkey.sock" "$@"
}

engines_up() {
    echo "path pre_shared_key \"$work/psk.txt\";" >"$work/engine.conf"
    psk "$work/psk.txt"
    for side in east west; do
        start_swiftike "$side" "$work/engine.conf" --datapath userspace --pfkey-socket "$work/$side/pfkey.sock" ||
            return 1
    done
}

# load SIDE TEXT...: SAs and policies of a side.
load() {
    keys "$work/$1.conf" "${@:2}"
    skd "$1" --strict -f "$work/$1.conf"
}

policies() {
    echo "spdadd $3 $4 any -P out ipsec esp/tunnel/$1-$2/unique:7; spdadd $4 $3 any -P in ipsec esp/tunnel/$2-$1/unique:7;"
}

sas='add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -u 7 -E aes-gcm-16 0x000102030405060708090a0b0c0d0e0f10111213;
add 192.0.2.2 192.0.2.1 esp 0x1002 -m tunnel -u 7 -E aes-cbc 0x202122232425262728292a2b2c2d2e2f
    -A hmac-sha256 0x303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f;'

# tap NAME PROGRAM ARGUMENT... captures in the background into $work/NAME.
tap() {
    local name=$1
    shift
    rm -f "$work/$name.out"
    exec_in_ns east "$@" -w "$work/$name" >"$work/$name.out" 2>&1 &
    taps+=($!)
    pids+=($!)
    wait_until 5 grep -qsE "listening on|File: " "$work/$name.out"
}

live() {
    engines_up || { check "live: both daemons start" false; return; }
    check "live: east takes its SAs" load east "$sas" "$(policies 192.0.2.1 192.0.2.2 10.1.0.0/24 10.2.0.0/24)"
    check "live: west takes its SAs" load west "$sas" "$(policies 192.0.2.2 192.0.2.1 10.2.0.0/24 10.1.0.0/24)"
    taps=()
    tap ether.pcap tcpdump --immediate-mode -U -i "$tag-e"
    tap nano.pcap tcpdump --immediate-mode -U --time-stamp-precision nano -i "$tag-e"
    tap cooked.pcap tcpdump --immediate-mode -U -y LINUX_SLL -i any
    tap cooked2.pcap tcpdump --immediate-mode -U -y LINUX_SLL2 -i any
    tap blocks.pcapng dumpcap -q -i "$tag-e" -i any
    check "live: pings come through" ping_through 5
    wait_until 5 eval '[ "$(tcpdump -nr "$work/ether.pcap" esp 2>/dev/null | wc -l)" -ge 10 ]'
    for pid in "${taps[@]}"; do kill -TERM "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done
    (umask 077 && skd east -D >"$work/sad.txt")
    stop east
    stop west
    for file in ether.pcap nano.pcap cooked.pcap cooked2.pcap; do
        check "live: $file is verified, and resealed identical" eval \
            '"$esp" verify -f "$work/sad.txt" --reseal --json "$work/$file" >"$work/report" 2>"$work/err" &&
             [ "$(counted "$work/report" good)" -ge 10 ] &&
             [ "$(counted "$work/report" resealed_identical)" = "$(counted "$work/report" good)" ]'
        check "live: $file is decrypted" eval \
            '"$esp" decrypt -q -f "$work/sad.txt" "$work/$file" "$work/clear.pcap" >"$work/report" &&
             [ "$(tcpdump -nr "$work/clear.pcap" "icmp[icmptype] == 8" 2>/dev/null | wc -l)" = 5 ] &&
             [ "$(tcpdump -nr "$work/clear.pcap" "icmp[icmptype] == 0" 2>/dev/null | wc -l)" = 5 ]'
    done
    # Two interfaces of one host see the same packets: what the second one saw is replayed.
    check "live: a pcapng file of two interfaces is read" eval \
        '"$esp" verify -f "$work/sad.txt" --json "$work/blocks.pcapng" >"$work/report" 2>"$work/err"
         [ $? = 1 ] && [ "$(counted "$work/report" good)" -ge 20 ] &&
         [ "$(counted "$work/report" replayed)" -ge 10 ] && [ "$(counted "$work/report" bad)" = 0 ]'
    check "live: the setkey file serves as well as the listing" eval \
        '"$esp" verify -q -f "$work/east.conf" "$work/ether.pcap" >"$work/report" 2>"$work/err"'
    check "live: another key is told at the first packet" eval \
        'sed "s/4e4f;/4e4e;/" "$work/east.conf" >"$work/wrong.conf"; chmod 600 "$work/wrong.conf"
         "$esp" verify -f "$work/wrong.conf" "$work/ether.pcap" >"$work/report" 2>"$work/err"
         [ $? = 1 ] && [ "$(grep -c "check that the keys" "$work/report")" = 1 ]'
}

# --- files

# Every form that editcap writes has the same packets in it.
forms() {
    keys "$work/sad" "$gcm"
    make_capture plain 20 >"$work/plain.pcap"
    check "forms: sealed" "$esp" encrypt -f "$work/sad" --iv-seed 5 --link same "$work/plain.pcap" "$work/sealed.pcap" \
        2>"$work/err"
    "$esp" verify -f "$work/sad" --json "$work/sealed.pcap" >"$work/first"
    for form in nsecpcap pcapng modpcap; do
        editcap -F "$form" "$work/sealed.pcap" "$work/other" 2>"$work/err" || continue
        if [ "$form" = modpcap ]; then
            check "forms: $form is told to be another" eval \
                '"$esp" verify -f "$work/sad" "$work/other" >"$work/report" 2>"$work/err"; [ $? = 65 ]'
            continue
        fi
        check "forms: $form has the same packets" eval \
            '"$esp" verify -f "$work/sad" --json "$work/other" | jq -c "del(.record)" |
             diff - <(jq -c "del(.record)" "$work/first")'
        check "forms: $form is decrypted into its like" eval \
            '"$esp" decrypt -q -f "$work/sad" --link same "$work/other" "$work/clear" >"$work/report" &&
             [ "$(capinfos -Tmtr "$work/clear" | cut -d, -f2)" = "$(capinfos -Tmtr "$work/other" | cut -d, -f2)" ]'
        check "forms: what was sealed comes out of $form" eval \
            'diff <(tcpdump -nxr "$work/clear" 2>/dev/null) <(tcpdump -nxr "$work/plain.pcap" 2>/dev/null)'
    done
    editcap -C 14 -T rawip -F pcap "$work/sealed.pcap" "$work/raw.pcap"
    check "forms: raw IP has the same packets" eval \
        '"$esp" verify -f "$work/sad" --json "$work/raw.pcap" | diff - "$work/first"'
    check "forms: standard input and output" eval \
        '"$esp" decrypt -q -f "$work/sad" - - <"$work/sealed.pcap" 2>"$work/report" |
         tcpdump -nr - 2>/dev/null | grep -c "10.1.0.1.1234 > 10.2.0.1.9" | grep -qx 20'
    check "forms: the same seed makes the same octets" eval \
        '"$esp" encrypt -f "$work/sad" --iv-seed 5 --link same "$work/plain.pcap" - 2>/dev/null | cmp - "$work/sealed.pcap"'
    check "forms: a cut file is told, and what came before is read" eval \
        'head -c 3000 "$work/sealed.pcap" | "$esp" verify -f "$work/sad" - >"$work/report" 2>"$work/err"
         [ $? = 65 ] && grep -q "found the end of the file" "$work/err" && grep -q "ICV good" "$work/report"'
}

# --- tshark, which has its own decryption

inner_fields() {
    HOME=$work/home XDG_CONFIG_HOME=$work/home/.config tshark -r "$1" -o esp.enable_encryption_decode:TRUE \
        -o esp.enable_authentication_check:TRUE -o gui.column.format:'"a","%m"' -T fields -E occurrence=l \
        -e ip.src -e ip.dst -e ip.len -e udp.srcport -e udp.length -e data.data 2>>"$work/tshark.err"
}

# name, words of the SA
ciphers='gcm|-E aes-gcm-16 0x000102030405060708090a0b0c0d0e0f10111213
cbc-sha256|-E aes-cbc 0x000102030405060708090a0b0c0d0e0f -A hmac-sha256 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
ctr-sha1|-E aes-ctr 0x000102030405060708090a0b0c0d0e0f10111213 -A hmac-sha1 0x000102030405060708090a0b0c0d0e0f10111213
3des-md5|-E 3des-cbc 0x000102030405060708090a0b0c0d0e0f1011121314151617 -A hmac-md5 0x000102030405060708090a0b0c0d0e0f
null-sha512|-E null -A hmac-sha512 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f'

tables() {
    make_capture plain 20 >"$work/plain.pcap"
    mkdir -p "$work/home/.config/wireshark"
    while IFS='|' read -r name words; do
        keys "$work/sad" "add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel $words;"
        "$esp" encrypt -f "$work/sad" --link same "$work/plain.pcap" "$work/sealed.pcap" 2>"$work/err"
        (umask 077 && "$esp" export-keys -f "$work/sad" >"$work/home/.config/wireshark/esp_sa" 2>"$work/err")
        "$esp" decrypt -q -f "$work/sad" --link same "$work/sealed.pcap" "$work/clear.pcap" >"$work/report"
        check "tables: $name: tshark sees the packets that went in" eval \
            'diff <(inner_fields "$work/sealed.pcap") <(inner_fields "$work/plain.pcap") >"$work/diff"'
        check "tables: $name: and those that decrypt writes" eval \
            'diff <(inner_fields "$work/sealed.pcap") <(inner_fields "$work/clear.pcap") >"$work/diff"'
        check "tables: $name: the table serves as the SAs" eval \
            'cp "$work/home/.config/wireshark/esp_sa" "$work/table" &&
             "$esp" verify -q -f "$work/table" "$work/sealed.pcap" >"$work/report"'
    done <<<"$ciphers"
}

# --- the openssl program, packet by packet

# our cipher, openssl's, octets of key and of salt
program_ciphers='aes-cbc|aes-128-cbc|16|0
aes-cbc|aes-192-cbc|24|0
aes-cbc|aes-256-cbc|32|0
aes-ctr|aes-128-ctr|16|4
aes-ctr|aes-192-ctr|24|4
aes-ctr|aes-256-ctr|32|4
camellia-cbc|camellia-128-cbc|16|0
camellia-cbc|camellia-256-cbc|32|0
3des-cbc|des-ede3-cbc|24|0
des-cbc|des-cbc|8|0
blowfish-cbc|bf-cbc|16|0
cast128-cbc|cast5-cbc|16|0
null|-|0|0'
# our integrity algorithm, openssl's hash, octets of key and of ICV
program_hashes=('hmac-md5 md5 16 12' 'hmac-sha1 sha1 20 12' 'hmac-sha256 sha256 32 16' 'hmac-sha384 sha384 48 24'
    'hmac-sha512 sha512 64 32' 'hmac-ripemd160 ripemd160 20 12')

# random OCTETS in hexadecimal.
random() { head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# Keys nobody chose; each cipher meets another hash.
program() {
    local count=0 name theirs key_size salt_size hash digest hash_size icv_size key salt hash_key
    make_capture plain 6 >"$work/plain.pcap"
    while IFS='|' read -r name theirs key_size salt_size; do
        read -r hash digest hash_size icv_size <<<"${program_hashes[count % ${#program_hashes[@]}]}"
        count=$((count + 1))
        key=$(random "$key_size") salt=$(random "$salt_size") hash_key=$(random "$hash_size")
        keys "$work/sad" "add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -E $name ${key:+0x$key$salt} -A $hash 0x$hash_key;"
        "$esp" encrypt -q -f "$work/sad" --link same "$work/plain.pcap" "$work/sealed.pcap" 2>"$work/err"
        check "program: $name of $((key_size * 8)) bits with $hash: openssl seals the same octets" \
            python3 "$tests/openssl-judge.py" "$work/plain.pcap" "$work/sealed.pcap" "$theirs" "${key:--}" "${salt:--}" \
            "$digest" "$hash_key" "$icv_size"
    done <<<"$program_ciphers"
}

# --- a million packets

# peak COMMAND...: KiB that it held at most, its input from the pipe.
peak() {
    python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

streaming() {
    local packets=${PACKETS:-1000000} few many
    keys "$work/sad" "$gcm"
    make_capture plain 1000 >"$work/plain.pcap"
    "$esp" encrypt -f "$work/sad" "$work/plain.pcap" "$work/sealed.pcap" 2>"$work/err"
    few=$(make_capture repeat 1000 "$work/sealed.pcap" | peak "$esp" verify -q -f "$work/sad" -)
    many=$(make_capture repeat "$packets" "$work/sealed.pcap" | peak "$esp" verify -q -f "$work/sad" -)
    echo "      $few KiB for 1000 packets, $many KiB for $packets"
    check "streaming: memory stays as it is" test "$many" -le "$((few + 2048))"
    many=$(make_capture repeat "$((packets / 10))" "$work/sealed.pcap" |
        peak "$esp" decrypt --json -f "$work/sad" - "$work/clear.pcap")
    check "streaming: when decrypting, too" test "$many" -le "$((few + 4096))"
}

# --- what a person meets

# example FILE: the commands of the manual's examples for a user, as a script.
examples() {
    sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$top/man/swiftesp.8" | awk '
        /^\.Bd/ { inside = 1; next }
        /^\.Ed/ { inside = 0; if (here) print "END"; here = 0; next }
        !inside || /^#/ { next }
        /^\$ / { if (here) print "END"; here = 0; sub(/^\$ /, "") }
        /^cat > / { print $0 " <<END"; here = 1; next }
        { print }'
}

manual() {
    keys "$work/sad.txt" "$gcm"
    mkdir -p "$work/home/.config/wireshark"
    make_capture plain 3 >"$work/plain.pcap"
    "$esp" encrypt -f "$work/sad.txt" "$work/plain.pcap" "$work/esp.pcap" 2>"$work/err"
    examples >"$work/examples.sh"
    check "manual: has its examples" eval '[ "$(grep -c swiftesp "$work/examples.sh")" -ge 6 ]'
    check "manual: they run" eval \
        '(cd "$work" && HOME=$work/home PATH=$bin:$PATH bash -e -o pipefail examples.sh >out 2>err)'
    check "manual: with the packets inside" eval '[ "$(grep -c "10.1.0.1.1234 > 10.2.0.1.9: UDP" "$work/out")" -ge 3 ]'
    check "manual: every option is there" eval \
        'for command in verify decrypt encrypt export-keys; do
             "$esp" "$command" --help | grep -oE -- "--[a-z0-9-]+" | grep -vE -- "--(help|version)"
         done | sort -u | while read -r option; do
             grep -q -- "Fl ${option#-}" "$top/man/swiftesp.8" || { echo "$option" >&2; exit 1; }
         done'
    check "manual: every name of an object is there" eval \
        '"$esp" verify -f "$work/sad.txt" --json --reseal "$work/esp.pcap" | jq -r "[paths | strings] | .[]" 2>/dev/null |
         cat - <("$esp" verify -f "$work/sad.txt" --json --reseal "$work/esp.pcap" | jq -r ".. | objects | keys[]") |
         sort -u | while read -r name; do
             grep -qw -- "$name" "$top/man/swiftesp.8" || { echo "$name" >&2; exit 1; }
         done'
}

# ends STATUS COMMAND...
ends() {
    local wanted=$1
    shift
    "$@" >"$work/out" 2>"$work/err"
    [ $? = "$wanted" ]
}

statuses() {
    keys "$work/sad" "$gcm"
    make_capture plain 3 >"$work/plain.pcap"
    "$esp" encrypt -f "$work/sad" "$work/plain.pcap" "$work/sealed.pcap" 2>"$work/err"
    check "statuses: 0 where all is good" ends 0 "$esp" verify -f "$work/sad" "$work/sealed.pcap"
    check "statuses: 0 where nothing is protected" ends 0 "$esp" verify -f "$work/sad" "$work/plain.pcap"
    keys "$work/stranger" "${gcm//0x1001/0x1009}"
    check "statuses: 1 where no SA is for it" ends 1 "$esp" verify -f "$work/stranger" "$work/sealed.pcap"
    check "statuses: 64 for a wrong option" ends 64 "$esp" verify --bogus
    check "statuses: 64 for writing over the input" ends 64 \
        "$esp" decrypt -f "$work/sad" "$work/sealed.pcap" "$work/sealed.pcap"
    check "statuses: the input is whole" ends 0 "$esp" verify -f "$work/sad" "$work/sealed.pcap"
    check "statuses: 64 where an SA has to be chosen" eval \
        'keys "$work/two" "$gcm" "${gcm//0x1001/0x1002}"
         ends 64 "$esp" encrypt -f "$work/two" "$work/plain.pcap" "$work/x" && grep -q -- "--spi" "$work/err"'
    check "statuses: 64 for a table as JSON, and what to do" eval \
        'ends 64 "$esp" export-keys --json -f "$work/sad" && grep -q -- "--json goes with verify" "$work/err"'
    check "statuses: encrypt tells in JSON what it did" eval \
        'ends 0 "$esp" encrypt --json -f "$work/sad" "$work/plain.pcap" "$work/x" && [ ! -s "$work/err" ] &&
         [ "$(cat "$work/out")" = "{\"type\":\"sealed\",\"packets\":3,\"left_out\":0,\"not_sealed\":[]}" ]'
    check "statuses: encrypt says nothing if it is to be quiet" eval \
        'ends 0 "$esp" encrypt -q -f "$work/sad" "$work/plain.pcap" "$work/x" &&
         [ ! -s "$work/out" ] && [ ! -s "$work/err" ]'
    check "statuses: but for packets that could not be sealed, with 1" eval \
        'keys "$work/hosts" "add 10.1.0.1 10.2.0.1 esp 0x1001 -E aes-gcm-16 0x000102030405060708090a0b0c0d0e0f10111213;"
         { head -c 60 "$work/plain.pcap"; printf " "; tail -c +62 "$work/plain.pcap"; } >"$work/fragment.pcap"
         ends 1 "$esp" encrypt -q -f "$work/hosts" "$work/fragment.pcap" "$work/x" &&
         grep -q "1 not sealed: A fragment cannot be protected in transport" "$work/err" &&
         ends 1 "$esp" encrypt --json -f "$work/hosts" "$work/fragment.pcap" "$work/x" &&
         [ "$(jq -c .not_sealed "$work/out")" = "[{\"reason\":\"fragment_in_transport_mode\",\"packets\":1}]" ]'
    check "statuses: 65 for no capture" ends 65 "$esp" verify -f "$work/sad" "$work/sad"
    check "statuses: without a key in what is said" eval '! grep -q 00010203 "$work/err"'
    echo "add nonsense;" >"$work/bad" && chmod 600 "$work/bad"
    check "statuses: 65 for a malformed file of SAs, with its place" eval \
        'ends 65 "$esp" verify -f "$work/bad" "$work/sealed.pcap" && grep -q "bad:1:" "$work/err"'
    check "statuses: 66 for no file" ends 66 "$esp" verify -f "$work/sad" "$work/none"
    check "statuses: 66 for no SAs" ends 66 "$esp" verify -f "$work/none" "$work/sealed.pcap"
    check "statuses: 73 where nothing can be written" ends 73 \
        "$esp" decrypt -f "$work/sad" "$work/sealed.pcap" "$work/none/x"
    check "statuses: 77 for keys that others read, and what to type" eval \
        'chmod 640 "$work/sad"; ends 77 "$esp" verify -f "$work/sad" "$work/sealed.pcap" &&
         grep -q "chmod 600 $work/sad" "$work/err"'
    check "statuses: what is decrypted is its owner's alone" eval \
        'chmod 600 "$work/sad"; rm -f "$work/clear.pcap"; (umask 0; ends 0 "$esp" decrypt -f "$work/sad" \
         "$work/sealed.pcap" "$work/clear.pcap") && [ "$(stat -c %a "$work/clear.pcap")" = 600 ]'
}

# A libcrypto without its provider of old algorithms: the daemon says so when it starts, and every program by name.
old_ciphers() {
    keys "$work/des" 'add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -E des-cbc 0x0102030405060708
        -A hmac-ripemd160 0x000102030405060708090a0b0c0d0e0f10111213;'
    make_capture plain 3 >"$work/plain.pcap"
    "$esp" encrypt -f "$work/des" "$work/plain.pcap" "$work/sealed.pcap" 2>"$work/err"
    check "old ciphers: DES and RIPEMD-160 are there" ends 0 "$esp" verify -f "$work/des" "$work/sealed.pcap"
    export OPENSSL_MODULES=/nonexistent
    check "old ciphers: what is lacking is named beside the packet" eval \
        'ends 1 "$esp" verify -f "$work/des" "$work/sealed.pcap" &&
         grep -q "not opened: .*the libcrypto of this host lacks des-cbc" "$work/out"'
    check "old ciphers: and before a packet is sealed" eval \
        'ends 65 "$esp" encrypt -f "$work/des" "$work/plain.pcap" "$work/unsealed.pcap" &&
         grep -q "the libcrypto of this host lacks des-cbc" "$work/err" && [ ! -e "$work/unsealed.pcap" ]'
    engines_up || { check "old ciphers: both daemons start" false; return; }
    check "old ciphers: the daemon says so when it starts" \
        grep -q "libcrypto on this host refuses cast128-cbc, blowfish-cbc, des-cbc$" "$work/east/log"
    check "old ciphers: an SA with one is refused by name" eval \
        '! skd east --strict -f "$work/des" 2>"$work/err" && grep -q "the libcrypto of this host lacks des-cbc" "$work/err"'
    unset OPENSSL_MODULES
    stop east
    stop west
}

topology_up
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done; topology_down; rm -rf "$work"' EXIT
scenarios=("$@")
[ ${#scenarios[@]} -gt 0 ] || scenarios=(live forms tables program manual statuses old_ciphers streaming)
run_scenarios "${scenarios[@]}"
