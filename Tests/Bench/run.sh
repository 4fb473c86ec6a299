#!/bin/bash
# usage: run.sh [JSON]   measures the packet engine, the data plane, swiftkey and handshakes; writes all figures to JSON
#                        (.build/bench.json) as well.
#
# Fails where a figure is below what is asked of it. The parts of the data plane and of swiftkey need root, for network
# namespaces of their own, and the last a kernel with IPsec; where that is missing they are left out, and the file says so.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${SWIFTIKE_BIN:-$here/../../.build/release}
json=${1:-$here/../../.build/bench.json}
[ -x "$bin/packet-bench" ] || { echo "not built: $bin/packet-bench (make bench builds it)" >&2; exit 2; }
work=$(mktemp -d "${TMPDIR:-/tmp}/swiftike-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
status=0

"$bin/packet-bench" --check --json "$work/packets.json" || status=1
"$bin/handshake-bench" --check --json "$work/handshakes.json" || status=1
for part in allocations policies; do
    "$here/$part.sh" >"$work/$part.txt"
    case $? in
        0) ;;
        77) ;;
        *) status=1 ;;
    esac
    cat "$work/$part.txt"
done
for part in packets handshakes; do
    [ -s "$work/$part.json" ] || echo null >"$work/$part.json"
done
jq --rawfile policies "$work/policies.txt" --rawfile allocations "$work/allocations.txt" \
    'def lines: split("\n") | map(select(. != ""));
    {packets: ., handshakes: $handshakes[0], policies: ($policies | lines), allocations: ($allocations | lines)}' \
    --slurpfile handshakes "$work/handshakes.json" "$work/packets.json" >"$json" || status=1
echo "figures: $json"
exit $status
