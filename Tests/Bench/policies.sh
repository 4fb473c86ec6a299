#!/bin/bash
# usage: policies.sh [COUNT]   loads COUNT (100000) policies with swiftkey and with `ip -batch`, and lists them.
#
# Prints how many times as fast swiftkey is, parsing included, and what memory the listing takes at most. Fails below
# 1.8 times, or above 64 MiB. Both run in a network namespace that is gone afterwards.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
key=${SWIFTIKE_BIN:-$top/.build/release}/swiftkey
count=${1:-100000}
[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }
[ -x "$key" ] || { echo "not built: $key (make builds it)" >&2; exit 2; }
[ -n "$SWIFTKEY_BENCH_INSIDE" ] || SWIFTKEY_BENCH_INSIDE=1 exec unshare -n "${BASH_SOURCE[0]}" "$count"
work=$(mktemp -d "${TMPDIR:-/tmp}/swiftkey-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

awk -v count="$count" -v conf="$work/policies.conf" -v batch="$work/policies.batch" 'BEGIN {
    for (i = 0; i < count; i++) {
        from = sprintf("10.%d.%d.%d/32", i / 65536 % 256, i / 256 % 256, i % 256)
        to = sprintf("172.16.%d.%d/32", i / 256 % 256, i % 256)
        print "spdadd " from " " to " any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;" >conf
        print "xfrm policy add src " from " dst " to " dir out priority 2147483648 tmpl src 192.0.2.1 " \
            "dst 192.0.2.2 proto esp mode tunnel" >batch
    }
}'

# seconds COMMAND...: the wall clock, and the processor time of the command and the kernel for it.
seconds() { { TIMEFORMAT='%R %U %S'; time "$@" >/dev/null; } 2>&1 | tail -n 1 | awk '{ print $1, $2 + $3 }'; }

measured() {
    local ours theirs listed
    ours=$(seconds "$key" --strict -f "$work/policies.conf")
    listed=$("$key" -DP | grep -c spid)
    [ "$listed" = "$count" ] || { echo "swiftkey loaded $listed of $count policies"; return 1; }
    local memory
    # The peak of the listing process, as the kernel tells it.
    memory=$(python3 -c 'import resource, subprocess, sys
subprocess.run([sys.argv[1], "-DP"], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$key")
    "$key" -FP
    theirs=$(seconds ip -batch "$work/policies.batch")
    echo "$ours $theirs $memory" | awk -v count="$count" '{
        printf "load of %d policies: swiftkey %.2f s (processor %.2f s), ip -batch %.2f s (%.2f s): %.2f times as fast (%.2f)\n",
            count, $1, $2, $3, $4, $3 / $1, $4 / $2
        printf "listing them: %.1f MiB of memory at most\n", $5 / 1024
        exit !($3 / $1 >= 1.8 && $5 <= 64 * 1024)
    }'
}

measured
