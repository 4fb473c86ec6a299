# Sourced by guest-tests.sh: children of IKEv2 that are AH alone, with strongSwan on west.

# ah_is INTEGRITY ESN: both kernels have AH with that algorithm, an SA each way, counting in 64 bits or not; and nothing else.
ah_is() {
    local side states
    for side in east west; do
        states=$(ip -n "${!side}" -d xfrm state)
        [ "$(grep -c '^src' <<<"$states")" = 2 ] && [ "$(grep -c 'proto ah' <<<"$states")" = 2 ] &&
            [ "$(grep -cF "auth-trunc $1 " <<<"$states")" = 2 ] &&
            [ "$(grep -cE 'flag .*\besn\b' <<<"$states")" = "$([ "$2" = esn ] && echo 2 || echo 0)" ] || { echo "$states"; return 1; }
    done
}

# ah_children NAME INTEGRITY ESN: a child in tunnel mode and one in transport mode, each with that algorithm, renewed and
# taken down, by the functions ah_up, ah_renew and ah_down.
ah_children() {
    local name=$1 integrity=$2 esn=$3 child mode before
    for child in net:tunnel host:transport; do
        mode=${child#*:} child=${child%:*}
        check "$name: $child comes up" quietly ah_up "$child"
        v2_judge "$name, $child" "$mode"
        check "$name, $child: AH alone, $integrity, $esn" ah_is "$integrity" "$esn"
        before=$(spis east)
        check "$name, $child: renewed" eval 'quietly ah_renew "$child" && wait_until 10 spis_are_new "$before"'
        v2_judge "$name, $child, renewed" "$mode"
        check "$name, $child: down on both sides" eval \
            'quietly ah_down "$child" && wait_until 10 no_state west && wait_until 10 no_state east'
    done
}

# ah_proposals_of_charon PROPOSALS: what strongSwan's children have from now on.
ah_proposals_of_charon() {
    CHARON_PROPOSALS=$1 v2_charon none
    cp "$work/swanctl.conf" "$work/west/swanctl/swanctl.conf"
    quietly swan west --load-all --noprompt
}

ikev2_ah() {
    local PROTOCOL=ah CHARON_PROPOSALS=sha512-x25519-esn AH='"sha256", "sha512-x25519"'
    ah_up() { ctl east up "$1" --timeout 60; }
    ah_down() { ctl east down "$1"; }
    ah_renew() { swan west --rekey --child "$1"; }
    v2_ours east listen
    v2_peer_start charon listen && east_start || { check "AH: daemons start" false; return; }
    ah_children "AH, we begin" 'hmac(sha512)' esn
    # What was taken down by command stays down.
    stop east
    east_start
    ah_proposals_of_charon sha256-noesn
    ah_up() { swan west --initiate --child "$1" --timeout 60; }
    ah_down() { swan west --terminate --child "$1"; }
    ah_children "AH, strongSwan begins" 'hmac(sha256)' noesn
    PROTOCOL=esp ah_proposals_of_charon aes128gcm16
    check "AH: none is made with a peer that asks for ESP" eval '! ah_up net >"$work/up.out" && no_state east'
}
