#!/bin/bash
# Loads what ESP needs before anybody negotiates: under emulation the first SA of an algorithm takes seconds of
# module loading, in which peers retransmit, and without a random generator no SA can be made at all.
modprobe -a drbg jitterentropy_rng esp4 esp6 ah4 ah6 xfrm_user af_packet authenc authencesn echainiv seqiv gcm ctr ccm xfrm_interface \
    ipcomp ipcomp6 xfrm4_tunnel xfrm6_tunnel veth 2>/dev/null
ip netns add preload
# A key of N octets.
key() { printf '0x%s' "$(head -c "$1" /dev/zero | tr '\0' 'Z' | od -An -v -tx1 | tr -d ' \n')"; }
spi=256
add() {
    spi=$((spi + 1))
    ip -n preload xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi $spi mode tunnel "$@" ||
        echo "this kernel takes no SA with: $*"
}
add enc 'cbc(aes)' "$(key 16)" auth-trunc 'hmac(sha1)' "$(key 20)" 96
add enc 'cbc(aes)' "$(key 16)" auth-trunc 'hmac(sha256)' "$(key 32)" 128
add enc 'cbc(aes)' "$(key 16)" auth-trunc 'hmac(sha384)' "$(key 48)" 192
add enc 'cbc(aes)' "$(key 16)" auth-trunc 'hmac(sha512)' "$(key 64)" 256
add enc 'cbc(des3_ede)' 0x0123456789abcdef11223344556677888877665544332211 auth-trunc 'hmac(md5)' "$(key 16)" 96
add enc 'ecb(cipher_null)' '' auth-trunc 'hmac(sha1)' "$(key 20)" 96
add aead 'rfc4106(gcm(aes))' "$(key 20)" 128
ip netns del preload
