# Sourced by guest-tests.sh: every algorithm of the software ESP engine against this kernel's, both ways, to the octet.

# run.sh sees to it that esp-matrix was built.
swiftesp() {
    local matrix=$top/.build/debug/esp-matrix
    check "swiftesp: esp-matrix is built" test -x "$matrix" || return
    "$matrix" plan >"$work/plan"
    check "swiftesp: we seal, the kernel opens, its counters grow, and nothing is dropped" \
        matrix_step python3 "$guest_tests/swiftesp-matrix.py" "$east" "$west" "$tag-e" "$tag-w" "$work/plan" "$work/wire"
    check "swiftesp: the kernel seals, we open, and make the same octets with its IVs" \
        matrix_step eval '"$matrix" judge <"$work/wire"'
}

# matrix_step COMMAND...: shows what it says, and more where it failed.
matrix_step() {
    "$@" 2>&1 | tee "$work/matrix.out" | grep -v --line-buffered -E '^FAIL|^  (ours|kernel)'
    local status=${PIPESTATUS[0]}
    grep '^FAIL' -A 2 "$work/matrix.out" | cut -c 1-400 | head -n "${MATRIX_LINES:-60}"
    return $status
}

# --- the program itself

# sa_words NUMBER: the algorithms of an SA as iproute2 takes them, one of many; nothing behind the last.
sa_words() {
    local key
    key() { head -c "$1" /dev/zero | tr '\0' '\123' | od -An -v -tx1 | tr -d ' \n' | sed 's/^/0x/'; }
    case $1 in
        0) echo "esp aead rfc4106(gcm(aes)) $(key 20) 128" ;;
        1) echo "esp enc cbc(aes) $(key 16) auth-trunc hmac(sha256) $(key 32) 128" ;;
        2) echo "esp enc rfc3686(ctr(aes)) $(key 20) auth-trunc hmac(sha1) $(key 20) 96" ;;
        3) echo "esp aead rfc7539esp(chacha20,poly1305) $(key 36) 128" ;;
        4) echo "esp aead rfc4543(gcm(aes)) $(key 20) 128" ;;
        5) echo "ah auth-trunc hmac(sha512) $(key 64) 256" ;;
    esac
}

# program_sa NUMBER: the SA from east to west in both kernels, and the policy for what it protects.
program_sa() {
    local protocol words
    read -r protocol words <<<"$(sa_words "$1")"
    local ends="src 192.0.2.1 dst 192.0.2.2" side direction=out
    for side in east west; do
        # shellcheck disable=SC2086 # several words
        ip -n "${!side}" xfrm state add $ends proto $protocol spi 0x2001 reqid 9 mode tunnel replay-window 32 $words &&
            ip -n "${!side}" xfrm policy add src 10.1.0.0/24 dst 10.2.0.0/24 dir $direction \
                tmpl $ends proto $protocol reqid 9 mode tunnel || return 1
        direction=in
    done
}

# told FILE NAME: a number of the one SA of a JSON report.
told() { jq -s "[.[] | select(.type == \"sa\") | .$2] | add" "$1"; }

# packets_at SIDE: how many the kernel's SA counted.
packets_at() {
    ip -n "${!1}" -s xfrm state list spi 0x2001 | awk '/lifetime current/ { getline; print $2 + 0; exit }'
}

# The kernel's packets are read with what `ip xfrm state` says of the SA, and the program's own go into the kernel.
swiftesp_program() {
    local esp=$bin/swiftesp number name words
    for ((number = 0; ; number++)); do
        words=$(sa_words $number)
        [ -n "$words" ] || break
        name="swiftesp, $(grep -oE '[a-z0-9]+\(.*\)' <<<"$words" | sed 's/ .*//')"
        for side in east west; do ip -n "${!side}" xfrm state flush; ip -n "${!side}" xfrm policy flush; done
        check "$name: the kernels take the SA" program_sa $number || continue
        wires_start
        in_ns east python3 "$guest_tests/swiftesp-datagrams.py" send 20
        wait_until 5 eval '[ "$(packets_at west)" = 20 ]'
        wires_stop
        (umask 077 && ip -n "$east" -s xfrm state >"$work/sad")
        check "$name: verify finds 20 good packets of the kernel's, and makes the same octets" eval \
            '"$esp" verify --reseal --json -f "$work/sad" "$work/east.pcap" >"$work/report" 2>"$work/err" &&
             [ "$(told "$work/report" good)" = 20 ] &&
             { [[ "$words" = ah* ]] || [ "$(told "$work/report" resealed_identical)" = 20 ]; }'
        check "$name: decrypt gives what went in" eval \
            '"$esp" decrypt -q -f "$work/sad" "$work/east.pcap" "$work/clear.pcap" >"$work/report" 2>"$work/err" &&
             python3 "$guest_tests/swiftesp-datagrams.py" compare "$work/clear.pcap" 20'
        python3 "$guest_tests/swiftesp-datagrams.py" write "$work/plain.pcap" 30
        check "$name: encrypt makes 30 packets more with that SA" eval \
            '"$esp" encrypt -f "$work/sad" "$work/plain.pcap" "$work/sealed.pcap" 2>"$work/err"'
        check "$name: they go on the wire" in_ns east python3 "$guest_tests/swiftesp-datagrams.py" inject \
            "$work/sealed.pcap" "$tag-e" "$(cat_in west "/sys/class/net/$tag-w/address")"
        check "$name: the kernel opens and counts each" wait_until 5 eval '[ "$(packets_at west)" = 50 ]'
    done
    check "swiftesp: six ways" test "$number" = 6
    check "swiftesp: the kernel dropped nothing" kernel_clean west
}

cat_in() { in_ns "$1" cat "$2"; }
