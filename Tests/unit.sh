#!/bin/bash
# Runs the unit tests. Where somebody is watching (CI), warnings are errors and a skipped test is a failure.
set -o pipefail
cd "$(dirname "$0")/.." || exit
out=$(mktemp)
trap 'rm -f "$out"' EXIT
${SWIFT:-swift} test --parallel 2>&1 | tee "$out" | grep -vE '^(.\s+)?(◇|✔|􀟈|↳)|^\[[0-9]+/[0-9]+\] (Compiling|Emitting|Write)'
status=$?
grep -q 'Test run with' "$out" || { cat "$out" | tail -50; exit 1; }
if [ -n "${CI:-}" ] && grep -E '(Test|Suite) .* skipped' "$out"; then
    echo "a skipped test is a failure here"
    exit 1
fi
exit $status
