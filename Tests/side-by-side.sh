#!/bin/bash
# usage: side-by-side.sh COMMAND...   runs the commands, each a line for the shell, two at a time.
#
# Much of what they do is wait. The words of each come together when it ends, and how long it took; fails where one does.
export words
words=$(mktemp -d "${TMPDIR:-/tmp}/swiftike.XXXXXX")
trap 'rm -rf "$words"' EXIT
printf '%s\0' "$@" | xargs -0 -n 1 -P 2 bash -c '
    bash -c "$0" >"$words/$$" 2>&1
    status=$?
    echo "-- $0: $SECONDS s, status $status" >>"$words/$$"
    flock "$words/lock" cat "$words/$$"
    exit $status'
