#!/bin/bash
# usage: run.sh TARGET|all RUNS   fuzzes for RUNS executions a target, starting from its seeds and saved findings
#
# A crash is written to Tests/Fuzz/Findings/TARGET/ : keep it there, it is replayed by every later run.
# A line  // max_len: N  in a target bounds its inputs to N octets.
cd "$(dirname "$0")/../.." || exit
[ $# -ge 1 ] || { sed -n '2,3p' "$0" >&2; exit 64; }
runs=${2:-20000}
targets=("$1")
[ "$1" = all ] && mapfile -t targets < <(cd Tests/Fuzz && ls *.swift | sed 's/\.swift$//')
Tests/Fuzz/build.sh "${targets[@]}" || exit
vectors=${SWIFTIKE_VECTORS:-../shared/vectors}
setting() { sed -n "s|^// $2: ||p" "Tests/Fuzz/$1.swift"; }

# fuzz TARGET: its runs, and one line, or what went wrong.
fuzz() {
    local target=$1 corpus=.build/fuzz/corpus-$1 findings=Tests/Fuzz/Findings/$1 log=.build/fuzz/$1.log
    local seeds=("$findings") dictionary=() folder length status=0
    mkdir -p "$corpus" "$findings"
    [ -d "Tests/Fuzz/Seeds/$target" ] && seeds+=("Tests/Fuzz/Seeds/$target")
    # // seeds: FOLDER names a folder of vectors that are read in place where they exist.
    folder=$(setting "$target" seeds)
    [ -n "$folder" ] && [ -d "$vectors/$folder" ] && seeds+=("$vectors/$folder")
    length=$(setting "$target" max_len)
    [ -f "Tests/Fuzz/$target.dict" ] && dictionary=(-dict="Tests/Fuzz/$target.dict")
    # A crash must end the run at once; Swift's own backtracer would hold it up. Where memory came from is not noted,
    # as that takes a third of the time: replay a finding without these options to see it.
    if SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:malloc_context_size=0:max_malloc_fill_size=0:quarantine_size_mb=8 \
        ".build/fuzz/$target" -runs="$runs" \
        -max_len="${length:-4096}" -timeout=60 -report_slow_units=60 -rss_limit_mb=2048 \
        -artifact_prefix="$findings/" "${dictionary[@]}" "$corpus" "${seeds[@]}" >"$log" 2>&1; then
        echo "ok    $target: $(grep -ao 'Done [0-9]* runs in [0-9]* second' "$log")(s)"
    else
        status=1
        printf 'FAIL  %s\n%s\n' "$target" "$(tail -n 40 "$log")"
    fi
    rmdir "$findings" 2>/dev/null
    return $status
}

# As many at a time as there are processors.
failed=0
running=0
for target in "${targets[@]}"; do
    if [ "$running" -ge "$(nproc)" ]; then
        wait -n || failed=$((failed + 1))
        running=$((running - 1))
    fi
    fuzz "$target" &
    running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
    wait -n || failed=$((failed + 1))
    running=$((running - 1))
done
rmdir Tests/Fuzz/Findings 2>/dev/null
echo "fuzz: $((${#targets[@]} - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
