#!/bin/bash
# usage: build.sh TARGET...   compiles Tests/Fuzz/TARGET.swift and the modules under it with libFuzzer and ASan
#
# The first line of a target names its modules, lowest first:  // modules: Wire ISAKMP
# A line  // with: FILE  names a source file that the target shares with the tests.
# SwiftPM is left out: it would instrument the dependencies too. A module that several targets use is compiled
# once, and again only when it or a module under it has changed. The programs are .build/fuzz/TARGET.
set -e
cd "$(dirname "$0")/../.."
out=.build/fuzz
mkdir -p "$out"
flags="-O -gline-tables-only -sanitize=fuzzer,address -parse-as-library -wmo -swift-version 6 -package-name swiftike
    -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
    -I $out -I Sources/CLibcrypto -suppress-warnings"

modules_of() { sed -n '1s|^// modules: ||p' "Tests/Fuzz/$1.swift"; }
shared_of() { sed -n 's|^// with: ||p' "Tests/Fuzz/$1.swift" | tr '\n' ' '; }
objects() { for module; do printf '%s ' "$out/$module.o"; done; }

all=()
for target; do
    [ -f "Tests/Fuzz/$target.swift" ] || { echo "there is no Tests/Fuzz/$target.swift" >&2; exit 64; }
    [ -n "$(modules_of "$target")" ] ||
        { echo "Tests/Fuzz/$target.swift: no line '// modules: …' at the top" >&2; exit 64; }
    for module in $(modules_of "$target"); do
        [[ " ${all[*]} " == *" $module "* ]] || all+=("$module")
    done
done

rules() {
    echo "all:$(printf " $out/%s" "$@")"
    for module in "${all[@]}"; do
        sources=$(find "Sources/$module" -name '*.swift' | sort | tr '\n' ' ')
        below=()
        for import in $(sed -nE 's/^(package |public )?import ([A-Za-z0-9]+)$/\2/p' $sources | sort -u); do
            [[ " ${all[*]} " == *" $import "* ]] && below+=("$import")
        done
        printf '%s: %s %s\n' "$out/$module.o" "$sources" "$(objects "${below[@]}")"
        printf '\t@swiftc %s -module-name %s -emit-module -emit-module-path %s -c -o $@ %s\n' \
            "${flags//$'\n'/ }" "$module" "$out/$module.swiftmodule" "$sources"
    done
    for target; do
        sources="Tests/Fuzz/$target.swift $(shared_of "$target")"
        needed=$(objects $(modules_of "$target"))
        printf '%s: %s %s\n' "$out/$target" "$sources" "$needed"
        printf '\t@swiftc %s -module-name %s %s -use-ld=lld -lcrypto -o $@\n' \
            "${flags//$'\n'/ }" "Fuzz$target" "$sources $needed"
    done
}
rules "$@" >"$out/build.mk"
make -s -j "$(nproc)" -f "$out/build.mk" all >&2
