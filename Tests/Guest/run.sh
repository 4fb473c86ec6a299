#!/bin/bash
# usage: run.sh [SCENARIO...]   the tests over the kernel's own ESP, in a guest with a Debian kernel.
# The scenario "unit" needs the bundle that `make unit` builds; without it, it is left out, and fails in CI.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
export SWIFTIKE_BIN=${SWIFTIKE_BIN:-$top/.build/release}
for program in swiftike swiftikectl swiftkey; do
    [ -x "$SWIFTIKE_BIN/$program" ] || { echo "not built: $SWIFTIKE_BIN/$program (make builds it)" >&2; exit 2; }
done
if [ ! -x "$top/.build/debug/swiftikePackageTests.xctest" ] && [[ $# = 0 || " $* " == *" unit "* ]]; then
    if [ -n "${CI:-}" ]; then
        echo "FAIL  unit: its bundle is not built (make unit builds it)"
        echo
        echo "0 passed, 1 failed"
        exit 1
    fi
    echo "left out: unit (its bundle is not built; make unit builds it)"
    set -- without:unit "$@"
    [ "$*" != "without:unit unit" ] || exit 1
fi
GUEST_TIMEOUT=${GUEST_TIMEOUT:-1800} "$here/run-guest.sh" "$here/guest-tests.sh" "$@"
status=$?
case $status in
    124 | 125)
        echo
        echo "0 passed, 1 failed"
        ;;
esac
exit $status
