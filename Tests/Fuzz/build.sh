#!/bin/bash
# usage: build.sh TARGET...   compiles Tests/Fuzz/TARGET.swift and the modules under it with libFuzzer
#
# A target is built on the modules that it imports and on what those import in turn.
# A line  // with: FILE  names a source file that the target shares with the tests.
# All are built with ASan, unless a line  // memory: safe  says that the target reaches no code in which 'unsafe' or C
# could go astray: there the compiler's own checks are enough, and it runs more than twice as fast. With FUZZ_ASAN=all
# those have it too: for few runs that takes less time than to compile the modules in two forms.
# A line  // links: LIBRARY  names a C library beside libcrypto. A module may be one of C files.
# SwiftPM makes swift-crypto alone: it would instrument all dependencies. A module that several targets use is compiled
# once, and again only when it or a module under it has changed. The programs are .build/fuzz/TARGET.
set -e
cd "$(dirname "$0")/../.."
out=.build/fuzz
mkdir -p "$out/safe"
common="-O -gline-tables-only -parse-as-library -wmo -swift-version 6 -package-name swiftike
    -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
    -I Sources/CLibcrypto -I Sources/CLibmnl -I Sources/CZlib -suppress-warnings"

# The modules of ours that some files import.
imports_of() {
    local import
    for import in $(sed -nE 's/^(package |public |internal )?import ([A-Za-z0-9]+)$/\2/p' "$@" | sort -u); do
        compgen -G "Sources/$import/*.modulemap" >/dev/null || [ ! -d "Sources/$import" ] || echo "$import"
    done
}
# The modules that a module or files need, itself last:  below[MODULE]  remembers what each imports.
declare -A below
with_below() {
    local module
    for module; do
        [[ " ${found[*]} " == *" $module "* ]] && continue
        [ -n "${below[$module]+set}" ] ||
            below[$module]=$(imports_of $(find "Sources/$module" -name '*.swift') /dev/null | tr '\n' ' ')
        with_below ${below[$module]}
        found+=("$module")
    done
}
modules_of() {
    found=()
    with_below $(imports_of "Tests/Fuzz/$1.swift" $(shared_of "$1"))
}
shared_of() { sed -n 's|^// with: ||p' "Tests/Fuzz/$1.swift" | tr '\n' ' '; }
link_of() { sed -n 's|^// links: |-l|p' "Tests/Fuzz/$1.swift" | tr '\n' ' '; }
is_safe() { [ "${FUZZ_ASAN:-}" != all ] && grep -qx '// memory: safe' "Tests/Fuzz/$1.swift"; }
objects() { for module; do printf '%s ' "$modules/$module.o"; done; }

with_asan=()
without=()
for target; do
    [ -f "Tests/Fuzz/$target.swift" ] || { echo "there is no Tests/Fuzz/$target.swift" >&2; exit 64; }
    if is_safe "$target"; then without+=("$target"); else with_asan+=("$target"); fi
done

# What modules that import Crypto are built on and linked with.
crypto_library() {
    grep -qE '^(internal |package )?import Crypto$' -r "$@" --include='*.swift' || return 0
    ${SWIFT:-swift} build --quiet --scratch-path "$out/package" --target Crypto >&2
    local products=$out/package/debug
    if [ "$products/Crypto.build" -nt "$out/libCrypto.a" ]; then
        rm -f "$out/libCrypto.a"
        find "$products"/{Crypto,CryptoBoringWrapper,CCryptoBoringSSL,CCryptoBoringSSLShims,CXKCP,CXKCPShims}.build/ \
            -name '*.o' -print0 | xargs -0 ar -rcs "$out/libCrypto.a"
    fi
    common+=" -I $products/Modules"
    libraries="$out/libCrypto.a -lstdc++"
}

# A module of C files: its objects in one, and a map for its header.
c_rule() {
    mkdir -p "$modules/$1"
    printf 'module %s { header "%s/Sources/%s/include/%s.h" export * }\n' "$1" "$PWD" "$1" "$1" \
        >"$modules/$1/module.modulemap"
    flags+=" -I $modules/$1"
    printf '%s: %s\n' "$modules/$1.o" "$(find "Sources/$1" -name '*.[ch]' | sort | tr '\n' ' ')"
    printf '\t@cd %s && clang -O1 -g -fsanitize=address -I %s -c %s && ld -r -o ../%s.o *.o\n' \
        "$modules/$1" "$PWD/Sources/$1/include" "$(printf "$PWD/%s " Sources/"$1"/*.c)" "$1"
}

rules() {
    all=()
    for target; do
        modules_of "$target"
        for module in "${found[@]}"; do
            [[ " ${all[*]} " == *" $module "* ]] || all+=("$module")
        done
    done
    echo "all:$(printf " $out/%s" "$@")"
    for module in "${all[@]}"; do
        if compgen -G "Sources/$module/*.c" >/dev/null; then
            c_rule "$module"
            continue
        fi
        sources=$(find "Sources/$module" -name '*.swift' | sort | tr '\n' ' ')
        printf '%s: %s %s\n' "$modules/$module.o" "$sources" "$(objects ${below[$module]})"
        printf '\t@swiftc %s -module-name %s -emit-module -emit-module-path %s -c -o $@ %s\n' \
            "${flags//$'\n'/ }" "$module" "$modules/$module.swiftmodule" "$sources"
    done
    for target; do
        sources="Tests/Fuzz/$target.swift $(shared_of "$target")"
        modules_of "$target"
        needed=$(objects "${found[@]}")
        printf '%s: %s %s\n' "$out/$target" "$sources" "$needed"
        printf '\t@swiftc %s -module-name %s %s -use-ld=lld -lcrypto %s -o $@\n' \
            "${flags//$'\n'/ }" "Fuzz$target" "$sources $needed" "$libraries $(link_of "$target")"
    done
}
# One at a time: runs of several targets share the modules.
exec 9>"$out/lock"
flock 9
# usage: build FOLDER SANITIZERS TARGET...
build() {
    modules=$1
    flags="$common -sanitize=$2 -I $modules"
    shift 2
    [ $# -eq 0 ] && return
    rules "$@" >"$modules/build.mk"
    make -s -j "$(nproc)" -f "$modules/build.mk" all >&2
}
libraries=
found=()
for target; do with_below $(imports_of "Tests/Fuzz/$target.swift" $(shared_of "$target")); done
crypto_library $(printf 'Sources/%s ' "${found[@]}")
build "$out" fuzzer,address "${with_asan[@]}"
build "$out/safe" fuzzer "${without[@]}"
