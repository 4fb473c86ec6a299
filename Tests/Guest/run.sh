#!/bin/bash
# usage: run.sh [SCENARIO...]   the tests over the kernel's own ESP, in a guest with a Debian kernel.
# The scenarios "unit" and "swiftesp" need what `make unit` builds; without it they are left out, and fail in CI.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
export SWIFTIKE_BIN=${SWIFTIKE_BIN:-$top/.build/release}
for program in swiftike swiftikectl swiftkey swiftesp; do
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
GUEST_TIMEOUT=${GUEST_TIMEOUT:-1800} "$here/run-guest.sh" "$here/guest-tests.sh" "$@"
status=$?
case $status in
    124 | 125)
        echo
        echo "0 passed, 1 failed"
        ;;
esac
exit $status
