#!/bin/bash
# usage: build.sh TARGET   compiles Tests/Fuzz/TARGET.swift and the modules under it with libFuzzer and ASan
#
# The first line of a target names its modules, lowest first:  // modules: Wire ISAKMP
# A line  // with: FILE  names a source file that the target shares with the tests.
# SwiftPM is left out: it would instrument the dependencies too. Prints the path of the program.
set -e
cd "$(dirname "$0")/../.."
target=$1
out=.build/fuzz
mkdir -p $out
read -ra modules < <(sed -n '1s|^// modules: ||p' "Tests/Fuzz/$target.swift")
[ ${#modules[@]} -gt 0 ] || { echo "Tests/Fuzz/$target.swift: no line '// modules: …' at the top" >&2; exit 64; }
flags=(-O -g -sanitize=fuzzer,address -parse-as-library -wmo -swift-version 6 -package-name swiftike
    -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
    -I $out -I Sources/CLibcrypto -suppress-warnings)

objects=()
changed=
for module in "${modules[@]}"; do
    mapfile -t sources < <(find "Sources/$module" -name '*.swift' | sort)
    newest=$(ls -t "${sources[@]}" | head -1)
    if [ -n "$changed" ] || [ ! "$out/$module.o" -nt "$newest" ]; then
        swiftc "${flags[@]}" -module-name "$module" -emit-module -emit-module-path "$out/$module.swiftmodule" \
            -c -o "$out/$module.o" "${sources[@]}" >&2
        changed=1
    fi
    objects+=("$out/$module.o")
done
mapfile -t shared < <(sed -n 's|^// with: ||p' "Tests/Fuzz/$target.swift")
swiftc "${flags[@]}" -module-name "Fuzz$target" "Tests/Fuzz/$target.swift" "${shared[@]}" "${objects[@]}" -use-ld=lld -lcrypto -o "$out/$target" >&2
echo "$out/$target"
