#!/bin/bash
# usage: certificates.sh   has `swiftikectl ca` make authorities of every kind of key, and openssl and strongSwan's pki
# judge what they issue, renew and revoke.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ctl=${SWIFTIKE_BIN:-$here/../../.build/release}/swiftikectl
for program in openssl pki; do
    command -v $program >/dev/null || { echo "$program is not installed: make test-deps"; exit 77; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/swiftike.XXXXXX")
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check NAME COMMAND... runs a command and counts; its words are shown where it fails.
check() {
    local name=$1
    shift
    mv "$work/out" "$work/before" 2>/dev/null
    if "$@" >"$work/out" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        echo "FAIL  $name: $(tail -3 "$work/out")"
    fi
}

ca() { "$ctl" ca "$1" --directory "$folder" "${@:2}"; }
refuses() { ! "$@"; }
status_is() { local want=$1; shift; "$@"; [ $? -eq "$want" ]; }
# Whether the CRL is asked counts: -crl_check fails without one that is good.
openssl_takes() {
    cat "$folder/ca.pem" "$folder/crl.pem" >"$work/trusted.pem"
    openssl verify -x509_strict -crl_check -CAfile "$work/trusted.pem" "$folder/certs/$1.pem"
}
pki_takes() {
    pki --verify --in "$folder/certs/$1.pem" --cacert "$folder/ca.pem" --crl "$folder/crl.pem" --online
}
belongs() {
    diff <(openssl x509 -in "$folder/certs/$1.pem" -noout -pubkey) <(openssl pkey -in "$folder/private/$1.pem" -pubout)
}
mode_is() { [ "$(stat -c %a "$folder/$2")" = "$1" ]; }
says() { openssl x509 -in "$folder/certs/$1.pem" -noout -text | grep -qF "$2"; }

for key in ecdsa-p256 ecdsa-p384 ecdsa-p521 ed25519 ed448 rsa-2048 rsa-3072; do
    folder=$work/$key
    check "$key: an authority" ca init --subject "C=CH, O=Example, CN=Example CA" --key $key --days 100
    check "$key: a certificate" ca issue gw.example.org --ip 192.0.2.1 --dns gw.example.org --ip 2001:db8::1 --key $key
    check "$key: openssl takes it" openssl_takes gw.example.org
    check "$key: pki takes it" pki_takes gw.example.org
    check "$key: key and certificate belong together" belongs gw.example.org
done

folder=$work/ecdsa-p256
check "the authority's key is for its owner alone" mode_is 600 private/ca.pem
check "so is the folder of keys" mode_is 700 private
check "so is an issued key" mode_is 600 private/gw.example.org.pem
check "the addresses are in the certificate" says gw.example.org "IP Address:192.0.2.1"
check "it ends with its authority" openssl x509 -in "$folder/certs/gw.example.org.pem" -noout -checkend $((98 * 86400))
check "a name alone makes a host name of it" ca issue other.example.org
check "which is in the certificate" says other.example.org "DNS:other.example.org"
check "the subject is below the authority's" says other.example.org "C = CH, O = Example, CN = other.example.org"
check "a mailbox" ca issue alice@example.org --crl-url http://crl.example.org/crl.der --ocsp-url http://ocsp.example.org/
check "its locations" says alice@example.org "URI:http://crl.example.org/crl.der"
check "its responder" says alice@example.org "OCSP - URI:http://ocsp.example.org/"
check "a second authority in the same folder is refused" status_is 73 ca init --subject "CN=x"
check "a second certificate of a name is refused" status_is 64 ca issue other.example.org
check "a name that leaves the folder is refused" status_is 64 ca issue ../x
check "and so is the authority's own" status_is 64 ca issue ca
check "and so is a subject without attributes" status_is 64 ca issue x --subject x
check "a folder without an authority is refused" status_is 66 "$ctl" ca issue x --directory "$work/nowhere"

cp "$folder/certs/other.example.org.pem" "$work/old.pem"
check "renewing" ca issue other.example.org --renew --days 50
check "keeps the key" belongs other.example.org
check "makes a new certificate" refuses cmp "$work/old.pem" "$folder/certs/other.example.org.pem"
check "which openssl takes" openssl_takes other.example.org
check "a host name for many is refused" status_is 64 ca issue many.example.org --dns '*.example.org'
check "renewing what there is not is refused" status_is 64 ca issue nobody --renew

check "revoking" ca revoke other.example.org --reason keyCompromise
check "openssl refuses it" refuses openssl_takes other.example.org
check "and says why" grep -q "certificate revoked" "$work/before"
check "pki refuses it" refuses pki_takes other.example.org
check "openssl still takes the others" openssl_takes alice@example.org
check "revoking twice is refused" status_is 64 ca revoke other.example.org
check "so is renewing it then" status_is 64 ca issue other.example.org --renew
check "and the reason is told" grep -q "is revoked already" "$work/before"
check "a new certificate of the revoked name" ca issue other.example.org
check "has another key" belongs other.example.org-3
check "openssl takes it" openssl_takes other.example.org-3
check "a serial number will do" ca revoke "$(tail -1 "$folder/index.txt" | cut -d' ' -f1)"
check "openssl refuses that one too" refuses openssl_takes other.example.org-3
cp "$folder/crl.der" "$work/old.crl"
check "a new CRL" ca crl --days 7
check "is of a later number" [ "$(openssl crl -inform DER -in "$folder/crl.der" -noout -crlnumber)" \> "$(openssl crl -inform DER -in "$work/old.crl" -noout -crlnumber)" ]
check "openssl reads both forms as one" diff <(openssl crl -in "$folder/crl.pem" -noout -text) <(openssl crl -inform DER -in "$folder/crl.der" -noout -text)
chmod 640 "$folder/private/ca.pem"
check "a key that others may read is refused" status_is 74 ca crl
check "with what to type" grep -q "chmod 600" "$work/before"
chmod 600 "$folder/private/ca.pem"
echo "0 0" >>"$folder/index.txt"
check "a broken index is told of by its line" status_is 65 ca crl
check "with the line" grep -q "index.txt:[0-9]*: 2 words" "$work/before"

echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
