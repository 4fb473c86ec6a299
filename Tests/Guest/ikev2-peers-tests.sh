# Sourced by guest-tests.sh: IKEv2 with libreswan and OpenIKED on west, whose SAs are the kernel's alone. They were
# unpacked beside the host's programs (make-peers.sh), and come into the guest's own root here.

# peers_unpacked: libreswan and OpenIKED where their packages put them.
peers_unpacked() {
    [ -x /usr/libexec/ipsec/pluto ] ||
        tar -C "$top/.guest/peers" -c . | tar -C / -x --keep-directory-symlink --no-same-owner
    ldconfig
}

# pki_of KEY: an authority, and the certificates of east and west in $work/ca; ours are where the configuration has them.
pki_of() {
    local name
    rm -rf "$work"/{ca,east/certs,east/private}
    mkdir -p "$work"/east/{certs,private}
    "$bin/swiftikectl" ca init --directory "$work/ca" --subject "O=Example, CN=Example CA" --key "$1" >/dev/null || return
    for name in east west; do
        "$bin/swiftikectl" ca issue $name.example.org --directory "$work/ca" --key "$1" >/dev/null || return
    done
    cp "$work/ca/ca.pem" "$work/ca/certs/east.example.org.pem" "$work/east/certs"
    cp "$work/ca/private/east.example.org.pem" "$work/east/private"
}

# What a remote block says where certificates are used.
by_certificate='certificate_type x509 "east.example.org.pem" "east.example.org.pem";
    my_identifier fqdn "east.example.org"; peers_identifier fqdn "west.example.org";'

# The same without certificates.
by_raw_key='certificate_type plain_rsa "east.example.org.pem"; peers_certfile plain_rsa "west.pub";
    my_identifier fqdn "east.example.org"; peers_identifier fqdn "west.example.org";'

# --- libreswan

# pluto_start CONNECTION...: libreswan with the connections of $work/west/ipsec.conf.
pluto_start() {
    local dir=$work/west
    mkdir -p /run/pluto /var/lib/ipsec/nss
    rm -f /run/pluto/*
    [ -e /var/lib/ipsec/nss/cert9.db ] || certutil -N -d sql:/var/lib/ipsec/nss --empty-password || return
    (umask 077 && echo '192.0.2.1 192.0.2.2 : PSK "a key that both know"' >/etc/ipsec.secrets)
    exec_in_ns west /usr/libexec/ipsec/pluto --config "$dir/ipsec.conf" --nofork >"$dir/log" 2>&1 &
    pid_west=$!
    pids+=("$pid_west")
    wait_until 20 eval 'not_running "$pid_west" || pluto_listens'
    pluto_listens || { cat "$dir/log"; return 1; }
}

pluto_listens() {
    [ -S /run/pluto/pluto.ctl ] && in_ns west ipsec whack --status 2>/dev/null | grep -q '"net"'
}

# libreswan_conf LINE...: the connection "net" and what stays the same in all of them.
libreswan_conf() {
    mkdir -p "$work/west"
    cat >"$work/west/ipsec.conf" <<CONF
config setup
    logtime=no
conn net
    left=192.0.2.2
    leftsubnet=10.2.0.0/24
    right=192.0.2.1
    rightsubnet=10.1.0.0/24
    auto=add
$(printf '    %s\n' "$@")
CONF
}

# libreswan_again LINE...: the connection anew, while pluto runs.
libreswan_again() {
    libreswan_conf "$@"
    in_ns west ipsec auto --config "$work/west/ipsec.conf" --replace net
}

# 64-bit or 32-bit sequence numbers, as both kernels have them.
esn_is() {
    case $1 in
        yes) kernel_has_esn east && kernel_has_esn west ;;
        no) [ "$(ip -n "$east" -d xfrm state | grep -cE 'flag .*\besn\b')" = 0 ] &&
            [ "$(ip -n "$west" -d xfrm state | grep -cE 'flag .*\besn\b')" = 0 ] ;;
    esac
}

# quietly COMMAND...: its words and the peer's are shown where it fails.
quietly() { "$@" >"$work/up.out" 2>&1 || { tail -n 20 "$work/up.out" "$work"/*/log; false; }; }

both_roles() {
    local name=$1 esn=$2
    shift 2
    check "$name: swiftike brings it up" quietly ctl east up net --timeout 60
    v2_judge "$name" tunnel
    check "$name: 64-bit sequence numbers: $esn" esn_is "$esn"
    check "$name: swiftike takes it down" eval 'ctl east down net >/dev/null && wait_until 10 no_state west'
    stop east
    east_start
    check "$name: the peer brings it up" quietly "$@"
    check "$name: swiftike says so" wait_until 10 tunnel_up
    v2_judge "$name" tunnel
    check "$name: 64-bit sequence numbers of its offer: $esn" esn_is "$esn"
}

# spis_are_new BEFORE: east has SAs, and none of those it had.
spis_are_new() { [ -n "$(spis east)" ] && [ -z "$(comm -12 <(echo "$1") <(spis east))" ]; }

# we_renew NAME: both kinds of rekeying that we begin, by the lifetimes of seconds that east's configuration has; pings go
# on meanwhile, and before and after both kernels count what they carry.
we_renew() {
    local name=$1 before pinging
    stop east
    east_start
    check "$name: up for seconds" quietly ctl east up net --timeout 60
    before=$(spis east)
    v2_judge "$name, before" tunnel
    exec_in_ns east ping -n -q -c 200 -i 0.1 -W 12 -I 10.1.0.1 10.2.0.1 >"$work/flood.out" 2>&1 &
    pinging=$!
    pids+=("$pinging")
    check "$name: we renew the IKE SA" wait_until 20 grep -q "IKE SA renewed" "$work/east/log"
    v2_judge "$name, IKE SA renewed" tunnel
    check "$name: we renew the child" wait_until 30 spis_are_new "$before"
    check "$name: the new SAs carry it" wait_until 5 eval \
        'spis_are_new "$before" && kernel_counted east 10 tunnel && kernel_counted west 10 tunnel'
    wait "$pinging"
    check "$name: of 200 pings none is lost but what the peer was early with" none_lost_but_early
    check "$name: no packet dropped by either kernel" eval 'kernel_clean east && kernel_clean west'
}

# A peer that uses a new SA before its answer, which has what we need for it, can have reached us: at most three packets,
# each of which our kernel counts as one for no SA of its own.
none_lost_but_early() {
    local lost early
    lost=$(awk '/packets transmitted/ { print $1 - $4 }' "$work/flood.out")
    early=$(in_ns east awk '/XfrmInNoStates/ { print $2 }' /proc/net/xfrm_stat)
    [ -n "$lost" ] && [ "$lost" -le "$early" ] && [ "$early" -le 3 ] || { cat "$work/flood.out"; echo "early: $early"; return 1; }
    echo "      lost: $lost, for no SA of ours: $early"
}

tunnel_up() { json east '.tunnels[] | select(.name == "net") | .state' | grep -qx up; }

ikev2_libreswan() {
    local HOST=no name="libreswan, PSK" before
    peers_unpacked
    v2_ours east listen
    libreswan_conf authby=secret
    pluto_start && east_start || { check "$name: daemons start" false; return; }
    both_roles "$name" yes in_ns west ipsec auto --up net
    before=$(spis east)
    check "$name: libreswan rekeys the child" eval \
        'quietly in_ns west ipsec whack --rekey-ipsec --name net && wait_until 10 spis_are_new "$before"'
    v2_judge "$name, rekeyed child" tunnel
    check "$name: libreswan rekeys the IKE SA" eval \
        'quietly in_ns west ipsec whack --rekey-ike --name net && wait_until 10 grep -q "IKE SA renewed" "$work/east/log"'
    v2_judge "$name, rekeyed IKE SA" tunnel
    check "$name: libreswan takes it down" eval 'quietly in_ns west ipsec auto --down net && wait_until 10 no_state east'
    # It insists on PFS by default, which IKE_AUTH has no room for.
    LIFETIME="20 sec" IKE_LIFETIME="12 sec" v2_ours east listen
    we_renew "$name, rekeyed by us"
    check "$name, rekeyed by us: with a key exchange of the child's own" eval \
        'ctl east blackbox gateway >"$work/blackbox"; grep -q "may insist on a key exchange for the child: once more" "$work/blackbox" ||
             { grep -vE "SA proposal" "$work/blackbox" | tail -n 80; false; }'
    check "$name, rekeyed by us: swiftike takes it down" eval 'ctl east down net >/dev/null && wait_until 10 no_state west'
    stop east
    v2_ours east listen
    east_start

    quietly libreswan_again authby=secret esn=no
    both_roles "$name, esn=no" no in_ns west ipsec auto --up net
}

ikev2_libreswan_compression() {
    local HOST=no COMPRESSION=deflate name="libreswan, compress=yes"
    peers_unpacked
    v2_ours east listen
    libreswan_conf authby=secret compress=yes
    pluto_start && east_start || { check "$name: daemons start" false; return; }
    check "$name: swiftike brings it up" quietly ctl east up net --timeout 60
    check "$name: large packets are compressed" compressed
    check "$name: swiftike takes it down" eval 'ctl east down net >/dev/null && wait_until 10 no_state west'
    stop east
    east_start
    check "$name: the peer brings it up" quietly in_ns west ipsec auto --up net
    check "$name: what its child carries is compressed" compressed
}

ikev2_libreswan_rsa() {
    local HOST=no name="libreswan, RSA certificates"
    peers_unpacked
    libreswan_conf authby=secret
    pluto_start || { check "$name: libreswan starts" false; return; }
    check "$name: a small PKI" pki_of rsa-2048
    openssl pkcs12 -export -passout pass: -name west -in "$work/ca/certs/west.example.org.pem" \
        -inkey "$work/ca/private/west.example.org.pem" -certfile "$work/ca/ca.pem" -out "$work/west.p12"
    check "$name: libreswan takes it" eval \
        'quietly pk12util -i "$work/west.p12" -d sql:/var/lib/ipsec/nss -W "" &&
         quietly certutil -M -d sql:/var/lib/ipsec/nss -n "Example CA - Example" -t CT,, ||
         { certutil -L -d sql:/var/lib/ipsec/nss; false; }'
    v2_ours east listen "$by_certificate"
    quietly in_ns west ipsec auto --rereadall
    quietly libreswan_again authby=rsasig leftcert=west leftid=@west.example.org rightid=@east.example.org \
        rightca=%same
    east_start
    both_roles "$name" yes in_ns west ipsec auto --up net
    quietly in_ns west ipsec auto --down net
    stop east
    libreswan_by_raw_keys
}

# The same keys without certificates, each side's public one in the form 0s... with the other; and 32-bit sequence numbers
# alone on our side, as libreswan offers both.
libreswan_by_raw_keys() {
    local HOST=no ESN=off name="libreswan, raw RSA keys, esn off of ours" theirs ours
    theirs=$(raw_key_of west) ours=$(raw_key_of east)
    check "$name: libreswan says the same of its key" eval \
        'in_ns west ipsec showhostkey --left --ckaid "$(ckaid_of_west)" 2>&1 | grep -F "leftrsasigkey=$theirs" >/dev/null'
    rm -rf "$work"/east/certs
    mkdir -p "$work/east/certs"
    echo ": PUB $theirs" >"$work/east/certs/west.pub"
    v2_ours east listen "$by_raw_key"
    quietly libreswan_again authby=rsasig "leftckaid=$(ckaid_of_west)" leftid=@west.example.org \
        "rightrsasigkey=$ours" rightid=@east.example.org
    east_start
    both_roles "$name" no in_ns west ipsec auto --up net
}

# raw_key_of SIDE: its public key as FreeS/WAN writes one: 0s and base64 of the exponent's length, exponent and modulus.
raw_key_of() {
    openssl x509 -in "$work/ca/certs/$1.example.org.pem" -noout -modulus | python3 -c '
import base64, sys
modulus = bytes.fromhex(sys.stdin.read().strip().split("=")[1])
print("0s" + base64.b64encode(b"\x03\x01\x00\x01" + modulus).decode())'
}

ckaid_of_west() {
    in_ns west ipsec showhostkey --list 2>&1 | sed -nE 's/.*ckaid: *([0-9a-f]+).*/\1/p' | head -n 1
}

# --- OpenIKED

# How OpenIKED is started, where the kernel has AF_KEY.
iked_program=(iked)

# iked_start MODE LINE...: OpenIKED with one policy; what is behind its networks.
iked_start() {
    local dir=$work/west mode=$1
    shift
    mkdir -p "$dir" /run/iked /var/lib/openiked/empty
    grep -q '^_iked:' /etc/passwd ||
        { echo '_iked:x:998:' >>/etc/group; echo '_iked:x:998:998::/var/lib/openiked/empty:/usr/sbin/nologin' >>/etc/passwd; }
    (umask 077 && cat >"$dir/iked.conf") <<CONF
set nofragmentation
ikev2 "net" $mode esp from 10.2.0.0/24 to 10.1.0.0/24 local 192.0.2.2 peer 192.0.2.1 \\
    ikesa enc aes-256 auth hmac-sha2-256 prf hmac-sha2-256 group curve25519 \\
    childsa enc aes-256 auth hmac-sha2-512 \\
    $*
CONF
    exec_in_ns west "${iked_program[@]}" -dvv -f "$dir/iked.conf" -s "$dir/iked.sock" >"$dir/log" 2>&1 &
    pid_west=$!
    pids+=("$pid_west")
    wait_until 60 eval 'not_running "$pid_west" || iked_listens'
    iked_listens || { cat "$dir/log"; return 1; }
}

# It has its sockets last, after the kernel has looked for every algorithm that PF_KEY knows.
iked_listens() { grep -q "config_getsocket: received socket" "$work/west/log"; }

# iked_roles RENEWALS NAME LINE...: both roles, and our renewals too. OpenIKED begins as soon as it runs, where it is active.
iked_roles() {
    local renewals=$1 name=$2
    shift 2
    east_start && iked_start passive "$@" || { check "$name: daemons start" false; return; }
    check "$name: swiftike brings it up" quietly ctl east up net --timeout 60
    v2_judge "$name" tunnel
    check "$name: swiftike takes it down" eval 'ctl east down net >/dev/null && wait_until 10 no_state west'
    if [ "$renewals" = too ]; then
        LIFETIME="20 sec" IKE_LIFETIME="12 sec" v2_ours east listen
        we_renew "$name, rekeyed by us"
        v2_ours east listen
    fi
    stop east
    stop west
    ip -n "$west" xfrm state flush
    ip -n "$west" xfrm policy flush
    east_start && iked_start active "$@"
    check "$name: OpenIKED brings it up" wait_until 20 tunnel_up
    v2_judge "$name, by OpenIKED" tunnel
    stop west
    ip -n "$west" xfrm state flush
    ip -n "$west" xfrm policy flush
    stop east
}

ikev2_openiked() {
    local HOST=no
    peers_unpacked
    modprobe -a af_key
    # What is needed is loaded; each start would have the kernel try modprobe for all that is not there.
    local loader
    loader=$(cat /proc/sys/kernel/modprobe)
    echo >/proc/sys/kernel/modprobe
    check "OpenIKED: a small PKI" pki_of ecdsa-p256
    mkdir -p /etc/iked/{ca,certs,private,pubkeys}
    cp "$work/ca/ca.pem" /etc/iked/ca/ca.crt
    cp "$work/ca/certs/west.example.org.pem" /etc/iked/certs/west.crt
    (umask 077 && cp "$work/ca/private/west.example.org.pem" /etc/iked/private/local.key)
    openssl x509 -in "$work/ca/certs/west.example.org.pem" -noout -pubkey >/etc/iked/local.pub
    # It does not start without a key, whatever the policy says.
    local ESP='"aes256-sha512"'
    v2_ours east listen
    iked_roles too "OpenIKED, PSK" 'psk "a key that both know"'
    v2_ours east listen "$by_certificate"
    iked_roles none "OpenIKED, ECDSA" srcid west.example.org dstid east.example.org
    echo "$loader" >/proc/sys/kernel/modprobe
}
