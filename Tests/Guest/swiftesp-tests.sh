# Sourced by guest-tests.sh: every algorithm of the software ESP engine against this kernel's, both ways, to the octet.

# run.sh sees to it that esp-matrix was built.
swiftesp() {
    local matrix=$top/.build/debug/esp-matrix
    check "swiftesp: esp-matrix is built" test -x "$matrix" || return
    "$matrix" plan >"$work/plan"
    check "swiftesp: we seal, the kernel opens, its counters grow, and nothing is dropped" \
        matrix_step python3 "$guest_tests/swiftesp-matrix.py" "$east" "$west" "$tag-e" "$tag-w" "$work/plan" "$work/wire"
    check "swiftesp: the kernel seals, we open, and make the same octets with its IVs" \
        matrix_step eval '"$matrix" judge <"$work/wire"'
}

# matrix_step COMMAND...: shows what it says, and more where it failed.
matrix_step() {
    "$@" 2>&1 | tee "$work/matrix.out" | grep -v --line-buffered -E '^FAIL|^  (ours|kernel)'
    local status=${PIPESTATUS[0]}
    grep '^FAIL' -A 2 "$work/matrix.out" | cut -c 1-400 | head -n "${MATRIX_LINES:-60}"
    return $status
}
