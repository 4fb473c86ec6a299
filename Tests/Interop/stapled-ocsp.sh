#!/bin/bash
# usage: stapled-ocsp.sh   what an OCSP responder says goes through IKE (RFC 4806): the responder, which is openssl's, can
# be reached from west alone, and east believes no certificate of which nobody says that it is good.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }

# configuration SIDE OWN OTHER REVOCATION: a side's configuration; 10.OWN.0.0/24 is behind it.
configuration() {
    local side=$1 own=$2 other=$3 peer=west
    [ "$side" = east ] || peer=east
    cat >"$work/$side.conf" <<CONF
path certificate "$work/$side/certs";
remote "peer" {
    remote_address 192.0.2.$other;
    exchange_mode ikev2;
    certificate_type x509 "$side.example.org.pem" "$side.example.org.pem";
    my_identifier fqdn "$side.example.org";
    peers_identifier fqdn "$peer.example.org";
    revocation $4;
}
tunnel "net" { remote "peer"; local_net 10.$own.0.0/24; remote_net 10.$other.0.0/24; start listen; }
CONF
}

pki() {
    local side
    "$bin/swiftikectl" ca init --directory "$work/ca" --subject "O=Example, CN=Example CA" --key ecdsa-p256 >/dev/null || return
    for side in east west; do
        mkdir -p "$work/$side"/{certs,private}
        "$bin/swiftikectl" ca issue $side.example.org --directory "$work/ca" --key ecdsa-p256 \
            --ocsp-url http://127.0.0.1:8080/ >/dev/null || return
        cp "$work/ca/ca.pem" "$work/ca/certs/$side.example.org.pem" "$work/$side/certs"
        cp "$work/ca/private/$side.example.org.pem" "$work/$side/private"
    done
}

# responder_start STATUS [SINCE]: openssl's responder beside west, V for good and R for revoked, in its index's words.
responder_start() {
    local serial
    serial=$(openssl x509 -in "$work/ca/certs/west.example.org.pem" -noout -serial | cut -d= -f2)
    printf '%s\t491231235959Z\t%s\t%s\tunknown\t/CN=west\n' "$1" "$2" "$serial" >"$work/index"
    exec_in_ns west openssl ocsp -index "$work/index" -port 8080 -rsigner "$work/ca/ca.pem" \
        -rkey "$work/ca/private/ca.pem" -CA "$work/ca/ca.pem" -ndays 1 -text >"$work/responder" 2>&1 &
    responder=$!
    pids+=("$responder")
    wait_until 10 grep -qs "waiting for OCSP" "$work/responder"
}

responder_stop() { kill "$responder" 2>/dev/null; wait "$responder" 2>/dev/null; true; }

both_start() {
    start_swiftike west "$work/west.conf" --datapath userspace && start_swiftike east "$work/east.conf" --datapath userspace
}

# told SIDE: in how many messages with its peer somebody asked for what a responder says.
told() { ctl "$1" blackbox peer | grep -cE "CERTREQ encoding 14, 0 authorities"; }

topology_up
check "a small PKI, whose certificates name a responder" pki
check "the responder runs beside west" responder_start V ""
configuration east 1 2 strict
configuration west 2 1 off
check "both start" both_start
check "west has nothing to show at first, and east believes nobody then" eval \
    '! ctl east up net >"$work/up.out" 2>&1 && grep -q "may be revoked" "$work/up.out"'
check "the next time west has asked, and sends what the responder said" wait_until 10 eval 'ctl east up net --timeout 20 >"$work/up.out" 2>&1'
check "traffic is protected" ping_through 3
check "certs tells what the responder said of our own" eval 'ctl west certs --json | jq -r ".certificates[0].status" | grep -q "^good (OCSP until 2"'
check "status says so" eval 'json east ".ike_sas[0].revocation" | grep -q "good (OCSP, until 2"'
check "east had asked for it" [ "$(told east)" -ge 1 ]
stop east
start_swiftike east "$work/east.conf" --datapath userspace
check "where west begins, too" ctl west up net --timeout 20
check "east says so as well" eval 'wait_until 10 eval "json east \".ike_sas[0].revocation\" | grep -q \"good (OCSP, until 2\""'
check "east had asked for it in its answer" [ "$(told east)" -ge 1 ]
stop east
stop west
responder_stop

check "the responder says that west is revoked" responder_start R "$(date -u +%y%m%d%H%M%SZ),keyCompromise"
check "both start again" both_start
check "east does not believe it" eval '! ctl east up net >"$work/up.out" 2>&1'
check "west asks, and says that it has nothing to show" wait_until 10 grep -q "asked about our own certificate" "$work/west/log"
check "certs tells that our own is revoked" eval 'ctl west certs --json | jq -r ".certificates[0].status" | grep -q "^revoked at .*key compromise"'
check "nor does east believe it then" eval '! ctl east up net >"$work/up.out" 2>&1'
stop east
configuration east 1 2 off
start_swiftike east "$work/east.conf" --datapath userspace
check "who wants to know nothing comes through" ctl east up net --timeout 20
check "and did not ask" [ "$(told east)" = 0 ]
stop east
stop west
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
