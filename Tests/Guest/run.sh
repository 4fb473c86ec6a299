#!/bin/bash
# usage: run.sh [SCENARIO...]   the tests over the kernel's own ESP, in a guest with a Debian kernel.
# The scenarios "unit" and "swiftesp" need what `make unit` builds; without it they are left out, and fail in CI.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
export SWIFTIKE_BIN=${SWIFTIKE_BIN:-$top/.build/release}
for program in swiftike swiftikectl swiftkey swiftesp swiftpfkeyd swiftpfkey-run; do
    [ -x "$SWIFTIKE_BIN/$program" ] || { echo "not built: $SWIFTIKE_BIN/$program (make builds it)" >&2; exit 2; }
done
# lacks SCENARIO FILE ARGUMENT...: whether the scenario is wanted, and what it needs is not there.
lacks() {
    local scenario=$1 file=$top/.build/debug/$2
    shift 2
    [ ! -x "$file" ] && [[ " $* " =~ ^\ *$|\ "$scenario"\  ]]
}

given=" $* "
for need in unit:swiftikePackageTests.xctest swiftesp:esp-matrix; do
    scenario=${need%%:*}
    # shellcheck disable=SC2086 # several scenarios
    lacks "$scenario" "${need#*:}" $given || continue
    if [ -n "${CI:-}" ]; then
        echo "FAIL  $scenario: ${need#*:} is not built (make unit builds it)"
        echo
        echo "0 passed, 1 failed"
        exit 1
    fi
    echo "left out: $scenario (${need#*:} is not built; make unit builds it)"
    [ "$given" != " $scenario " ] || exit 1
    set -- "without:$scenario" "$@"
done
export GUEST_TIMEOUT=${GUEST_TIMEOUT:-1800}
"$here/make-guest.sh" && "$here/make-peers.sh" || exit 1
clang -O2 -Wall -Wextra -Werror -o "$top/.guest/libipsec" "$top/Tests/PFKeyProof/libipsec.c" || exit 1

# guest ARGUMENT...: runs them in a guest; one that came to no end is a failure.
guest() {
    "$here/run-guest.sh" "$here/guest-tests.sh" "$@"
    local status=$?
    case $status in
        124 | 125) printf '\n0 passed, 1 failed\n' ;;
    esac
    return $status
}

# Named scenarios need one guest. All of them take three, side by side, with a processor each, as they wait for half of
# their time. The words of the others come when the first has ended.
named=
for argument in "$@"; do [[ $argument == without:* ]] || named=1; done
if [ -n "$named" ]; then
    guest "$@"
    exit
fi
words=$(mktemp -d "${TMPDIR:-/tmp}/swiftike-guest.XXXXXX")
trap 'rm -rf "$words"' EXIT
export GUEST_PROCESSORS=1
others=()
for part in 2 3; do
    guest "$@" "part:$part" >"$words/$part" 2>&1 &
    others+=($!)
done
guest "$@" part:1 2>&1 | tee "$words/1"
status=${PIPESTATUS[0]}
for other in "${others[@]}"; do wait "$other" || status=1; done
cat "$words"/[23]
echo
sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$words"/[123] |
    awk '{ passed += $1; failed += $2 } END { print passed " passed, " failed " failed" }'
exit "$status"
