#!/bin/bash
# Style, size budget, forbidden arrows and manual pages. Prints what is wrong; silence is good.
cd "$(dirname "$0")/.." || exit
bad=0
complain() {
    echo "$*"
    bad=1
}

${SWIFT:-swift} format lint --strict --parallel --recursive Package.swift Sources Tests || bad=1
for page in man/*.[1-9]; do mandoc -T lint -W warning "$page" || bad=1; done
for script in $(git ls-files '*.sh') .ci/run; do bash -n "$script" || bad=1; done

# Size budget: no source file over 800 lines.
while read -r lines file; do
    [ "$lines" -le 800 ] || complain "$file: $lines lines, at most 800"
done < <(git ls-files 'Sources/*.swift' | xargs wc -l | grep -v ' total$')

# Pure modules import no I/O; unsafe code lives where it must; nothing in the products imports Foundation.
pure='SADText|Wire|Calendar|HTTPExchange|ASN1|SourceText|ProgramFormat|Algorithms|KeyMaterial|IPsec|Cryptography|KeyAgreement|Compression|ISAKMP|Credentials|CertificateAuthority|ESP|PFKey|SetkeyScript|CaptureFile|Negotiation|IKEv1|IKEv2|IKEConfiguration|KeyAdministration|PacketAudit'
git grep -nE 'import (LinuxIO|Netlink|XFRM|CLinux|NIO[A-Za-z]*)' -- 'Sources/*.swift' |
    grep -E "^Sources/($pure)/" && complain "a pure module imports input and output"
git grep -nE 'import (XFRM|UserspaceIPsec)' -- Sources/IKEDaemon && complain "only main picks a data plane"
git grep -nE '\bunsafe\b' -- 'Sources/*.swift' | grep -vE '^Sources/(KeyMaterial|Cryptography|KeyAgreement|Compression|Netlink|LinuxIO|XFRM)/' |
    grep -vE ':[0-9]+: *//' && complain "unsafe outside the modules that may use it"
git grep -nE '^(package |public |internal )?import Foundation' -- Sources && complain "Foundation in a product"
git grep -nE 'try!|as!|fatalError\(' -- 'Sources/*.swift' && complain "a trap a peer might reach"

# Every target of the package is in the README's module table.
for target in $(grep -oE '(module|program)\(\s*"[A-Za-z0-9]+"' Package.swift | grep -oE '[A-Za-z0-9]+"' | tr -d '"'); do
    grep -q "\`$target\`" README.md || complain "README.md: no line for the target $target"
done
exit $bad
