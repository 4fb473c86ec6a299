#!/bin/bash
# usage: run.sh TARGET|all RUNS   fuzzes for RUNS executions a target, starting from its seeds and saved findings
#
# A crash is written to Tests/Fuzz/Findings/TARGET/ : keep it there, it is replayed by every later run.
cd "$(dirname "$0")/../.." || exit
runs=${2:-20000}
targets=("$1")
[ "$1" = all ] && mapfile -t targets < <(cd Tests/Fuzz && ls *.swift | sed 's/\.swift$//')
passed=0
failed=0
for target in "${targets[@]}"; do
    program=$(Tests/Fuzz/build.sh "$target") || exit
    corpus=.build/fuzz/corpus-$target
    findings=Tests/Fuzz/Findings/$target
    mkdir -p "$corpus" "$findings"
    seeds=("$findings")
    [ -d "Tests/Fuzz/Seeds/$target" ] && seeds+=("Tests/Fuzz/Seeds/$target")
    # // seeds: FOLDER names a folder of vectors that are read in place where they exist.
    vectors=$(sed -n 's|^// seeds: ||p' "Tests/Fuzz/$target.swift")
    [ -n "$vectors" ] && [ -d "${SWIFTIKE_VECTORS:-../shared/vectors}/$vectors" ] &&
        seeds+=("${SWIFTIKE_VECTORS:-../shared/vectors}/$vectors")
    dictionary=()
    [ -f "Tests/Fuzz/$target.dict" ] && dictionary=(-dict="Tests/Fuzz/$target.dict")
    log=.build/fuzz/$target.log
    # A crash must end the run at once; Swift's own backtracer would hold it up.
    if SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 "$program" -runs="$runs" -max_len=4096 -timeout=10 \
        -rss_limit_mb=2048 -artifact_prefix="$findings/" "${dictionary[@]}" "$corpus" "${seeds[@]}" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $target: $(grep -o 'Done [0-9]* runs in [0-9]* second' "$log")(s)"
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
