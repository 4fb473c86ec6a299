# PF_KEY by swiftpfkeyd on this kernel without af_key: each reply octet as af_key's own, programs of libipsec's style, and
# OpenIKED as Debian has it, whose SAs carry packets.
# Sourced by guest-tests.sh, whose functions it uses.
proof=$top/Tests/PFKeyProof
preload_library=$top/.build/preload/libswiftpfkey-preload.so

# All that PF_KEY knows is loaded; what is not there is not looked for, as each look would start a program.
algorithms_loaded() {
    modprobe -a ah4 ah6 xfrm4_tunnel xfrm6_tunnel cbc ecb ctr des_generic cast5_generic blowfish_generic camellia_generic \
        serpent_generic twofish_generic md5 sha1_generic sha256_generic sha512_generic rmd160 xcbc cmac deflate 2>/dev/null
    loader=$(cat /proc/sys/kernel/modprobe)
    echo >/proc/sys/kernel/modprobe
}

af_key_gone() { ! grep -q '^af_key ' /proc/modules || rmmod af_key; }

# shim_start OPTION...: the server, for programs at its socket.
shim_start() {
    af_key_gone || return
    mkdir -p "$work/shim"
    "$bin/swiftpfkeyd" --socket "$work/pfkeyd.sock" "$@" >"$work/shim/log" 2>&1 &
    pid_shim=$!
    pids+=("$pid_shim")
    wait_until 20 test -S "$work/pfkeyd.sock"
}

shim_stop() {
    kill "$pid_shim" 2>/dev/null
    wait "$pid_shim" 2>/dev/null
    rm -f "$work/pfkeyd.sock"
}

through_the_shim() {
    in_ns east env LD_PRELOAD="$preload_library" SWIFTPFKEY_SOCKET="$work/pfkeyd.sock" "$@"
}

recorded() { PEER_NAMESPACE=$west PYTHONPYCACHEPREFIX=$work/python "$@"; }

# Every request there is, of af_key and then through the shim: replies, what other sockets are told, what the kernel has.
pfkey_replies() {
    ip -n "$west" addr add 192.0.2.3/24 dev "$tag-w"
    modprobe -a af_key mip6
    algorithms_loaded
    check "PF_KEY: the requests on af_key" recorded in_ns east python3 "$proof/record.py" "$work/af_key.rec"
    check "PF_KEY: programs of libipsec's style on af_key" eval 'in_ns east "$top/.guest/libipsec" >"$work/af_key.libipsec"'
    check "PF_KEY: the server serves without af_key" shim_start --sha256-96 --af-key-broadcast
    check "PF_KEY: the same through the shim" recorded through_the_shim \
        python3 "$proof/record.py" "$work/shim.rec" "$work/af_key.rec"
    check "PF_KEY: each octet is af_key's, but for what the manual lists" \
        python3 "$proof/compare.py" "$work/af_key.rec" "$work/shim.rec" "$proof/allowed"
    check "PF_KEY: programs of libipsec's style read the same" eval \
        'through_the_shim "$top/.guest/libipsec" >"$work/shim.libipsec" && [ "$(wc -l <"$work/shim.libipsec")" -ge 15 ] &&
         diff "$work/af_key.libipsec" "$work/shim.libipsec"'
    check "PF_KEY: the server lived through it" kill -0 "$pid_shim"
    shim_stop
    echo "$loader" >/proc/sys/kernel/modprobe
}

# truncated BITS OPTION...: to how many bits HMAC-SHA2-256 of an SA is truncated that a client with these variables adds.
truncated() {
    local bits=$1
    shift
    through_the_shim "$@" PYTHONPYCACHEPREFIX="$work/python" python3 "$proof/listener.py" >"$work/listener.out" &&
        ip -n "$east" -d xfrm state | grep -qE "auth-trunc hmac\(sha256\) 0x[0-9a-f]* .*\b$bits\$"
}

# Where it may differ from af_key, by its default or as a client asks.
pfkey_defaults() {
    algorithms_loaded
    check "PF_KEY's defaults: the server serves" shim_start
    check "PF_KEY's defaults: HMAC-SHA2-256 is truncated to 128 bits" truncated 128
    check "PF_KEY's defaults: a listener sees an SA, and no key" grep -qx "keys: sender 2, listener 0" "$work/listener.out"
    check "PF_KEY's defaults: to 96 bits for a client that asks" truncated 96 SWIFTPFKEY_SHA256=96
    shim_stop
    check "PF_KEY's options: the server serves" shim_start --sha256-96 --af-key-broadcast
    check "PF_KEY's options: HMAC-SHA2-256 is truncated to 96 bits" truncated 96
    check "PF_KEY's options: a listener sees keys, as with af_key" grep -qx "keys: sender 2, listener 2" "$work/listener.out"
    check "PF_KEY's options: to 128 bits for a client that asks" truncated 128 SWIFTPFKEY_SHA256=128
    shim_stop
    echo "$loader" >/proc/sys/kernel/modprobe
}

# OpenIKED over the shim on west, in both roles against a peer on east. Debian's takes no SHA-256 for SAs of PF_KEY.
pfkey_openiked_up() {
    local HOST=no
    peers_unpacked
    algorithms_loaded
    check "OpenIKED over PF_KEY: no af_key is there" af_key_gone
    check "OpenIKED over PF_KEY: the server serves" shim_start
    check "OpenIKED over PF_KEY: a small PKI" pki_of ecdsa-p256
    mkdir -p /etc/iked/{ca,certs,private,pubkeys}
    # It does not start without a key, whatever the policy says.
    (umask 077 && cp "$work/ca/private/west.example.org.pem" /etc/iked/private/local.key)
    openssl x509 -in "$work/ca/certs/west.example.org.pem" -noout -pubkey >/etc/iked/local.pub
    iked_program=("$bin/swiftpfkey-run" --socket "$work/pfkeyd.sock" --preload-library "$preload_library" iked)
}

pfkey_openiked_down() {
    stop west
    shim_stop
    iked_program=(iked)
    echo "$loader" >/proc/sys/kernel/modprobe
}

pfkey_openiked() {
    local ESP='"aes256-sha512"'
    pfkey_openiked_up
    v2_ours east listen
    iked_roles none "OpenIKED over PF_KEY, with swiftike" 'psk "a key that both know"'
    pfkey_openiked_down
}

# charon_on_east: strongSwan as OpenIKED's peer.
charon_on_east() {
    cat >"$work/swanctl.conf" <<CONF
connections {
    gw {
        version = 2
        local_addrs = 192.0.2.1
        remote_addrs = 192.0.2.2
        proposals = aes256-sha256-x25519
        local { auth = psk }
        remote { auth = psk }
        children {
            net {
                local_ts = 10.1.0.0/24
                remote_ts = 10.2.0.0/24
                esp_proposals = aes256-sha512
            }
        }
    }
}
secrets {
    ike { secret = "a key that both know" }
}
CONF
    start_charon east "$work/swanctl.conf" kernel
}

pfkey_openiked_charon() {
    local name="OpenIKED over PF_KEY, with strongSwan"
    pfkey_openiked_up
    charon_on_east && iked_start passive 'psk "a key that both know"' || { check "$name: daemons start" false; return; }
    check "$name: strongSwan brings it up" quietly swan east --initiate --child net --timeout 60
    v2_judge "$name" tunnel
    check "$name: strongSwan counted" charon_counted east 5
    check "$name: strongSwan takes it down" eval 'swan east --terminate --ike gw >/dev/null && wait_until 20 no_state west'
    stop west
    ip -n "$west" xfrm state flush
    ip -n "$west" xfrm policy flush
    iked_start active 'psk "a key that both know"'
    check "$name: OpenIKED brings it up" wait_until 20 eval '[ "$(ip -n "$east" xfrm state | grep -c "proto esp")" -ge 2 ]'
    v2_judge "$name, by OpenIKED" tunnel
    pfkey_openiked_down
}

pfkey_scenarios=(pfkey_replies pfkey_defaults pfkey_openiked pfkey_openiked_charon)
