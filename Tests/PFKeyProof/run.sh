#!/bin/bash
# usage: run.sh   hostile clients of swiftpfkeyd: those that flood, hang, half-read or die, while another one is served.
#
# Needs root and a kernel with XFRM; ESP and AF_KEY it need not have.
. "$(dirname "${BASH_SOURCE[0]}")/../Interop/lib.sh"
[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }
[ -x "$bin/swiftpfkeyd" ] || { echo "not built: $bin/swiftpfkeyd (make builds it)" >&2; exit 2; }
topology_up
"$bin/swiftpfkeyd" --socket "$work/pfkeyd.sock" >"$work/pfkeyd.log" 2>&1 &
server=$!
pids+=("$server")
wait_until 10 test -S "$work/pfkeyd.sock" || { cat "$work/pfkeyd.log"; exit 1; }
in_ns east env PYTHONDONTWRITEBYTECODE=1 timeout 300 python3 "$top/Tests/PFKeyProof/hostile.py" "$work/pfkeyd.sock" "$server"
status=$?
[ "$status" = 0 ] || cat "$work/pfkeyd.log"
exit "$status"
