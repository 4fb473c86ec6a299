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
passed=0
failed=0
for target in "${targets[@]}"; do
    corpus=.build/fuzz/corpus-$target
    findings=Tests/Fuzz/Findings/$target
    mkdir -p "$corpus" "$findings"
    seeds=("$findings")
    [ -d "Tests/Fuzz/Seeds/$target" ] && seeds+=("Tests/Fuzz/Seeds/$target")
    # // seeds: FOLDER names a folder of vectors that are read in place where they exist.
    folder=$(setting "$target" seeds)
    [ -n "$folder" ] && [ -d "$vectors/$folder" ] && seeds+=("$vectors/$folder")
    length=$(setting "$target" max_len)
    dictionary=()
    [ -f "Tests/Fuzz/$target.dict" ] && dictionary=(-dict="Tests/Fuzz/$target.dict")
    log=.build/fuzz/$target.log
    # A crash must end the run at once; Swift's own backtracer would hold it up. Where memory came from is not noted,
    # as that takes a third of the time: replay a finding without these options to see it.
    if SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:malloc_context_size=0:max_malloc_fill_size=0:quarantine_size_mb=8 \
        ".build/fuzz/$target" -runs="$runs" \
        -max_len="${length:-4096}" -timeout=60 -report_slow_units=60 -rss_limit_mb=2048 \
        -artifact_prefix="$findings/" "${dictionary[@]}" "$corpus" "${seeds[@]}" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $target: $(grep -ao 'Done [0-9]* runs in [0-9]* second' "$log")(s)"
    else
        failed=$((failed + 1))
        echo "FAIL  $target"
        tail -n 40 "$log"
    fi
    rmdir "$findings" 2>/dev/null
done
rmdir Tests/Fuzz/Findings 2>/dev/null
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
