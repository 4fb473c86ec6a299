#!/bin/bash
# usage: run-guest.sh SCRIPT [ARGUMENT...]   runs SCRIPT as root in a throw-away guest with a Debian kernel.
#
# The guest sees every path of the host, read-only; arguments have neither spaces nor commas. The exit status is the
# script's, 124 after GUEST_TIMEOUT seconds (600), 125 when the guest died. GUEST_MEMORY is in MiB (1536), GUEST_PROCESSORS 2;
# GUEST_ACCELERATOR is qemu's: by default emulation, which works everywhere. SWIFTIKE_BIN is handed on.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
guest=$(cd "$here/../.." && pwd)/.guest
script=$(realpath "$1") || exit 2
shift
arguments=$(IFS=, && echo "$*")
[ -x "$script" ] || { echo "not executable: $script" >&2; exit 2; }
"$here/make-guest.sh" || exit 125
accelerator=${GUEST_ACCELERATOR:-tcg,thread=multi}
output=$(mktemp -d "${TMPDIR:-/tmp}/swiftike-guest.XXXXXX")
trap 'rm -rf "$output"' EXIT
timeout -k 5 "${GUEST_TIMEOUT:-600}" qemu-system-x86_64 -accel $accelerator -cpu max,la57=off \
    -m "${GUEST_MEMORY:-1536}" -smp "${GUEST_PROCESSORS:-2}" -display none -no-reboot -nodefaults \
    -serial stdio -serial "file:$output/console" -kernel "$guest/vmlinux" -initrd "$guest/initrd.gz" \
    -append "console=ttyS1 quiet loglevel=5 panic=-1 no_timer_check mitigations=off audit=0 guest.script=$script guest.arguments=$arguments ${SWIFTIKE_BIN:+guest.bin=$SWIFTIKE_BIN}" \
    -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
    -device virtio-9p-pci,fsdev=root,mount_tag=root </dev/null 2>"$output/qemu" |
    while IFS= read -r line; do
        case $line in
            @@GUEST-EXIT*) echo "${line#@@GUEST-EXIT }" >"$output/status" ;;
            *) printf '%s\n' "$line" ;;
        esac
    done
emulator=${PIPESTATUS[0]}
[ -s "$output/status" ] && exit "$(tr -cd 0-9 <"$output/status")"
[ "$emulator" = 124 ] && { echo "the guest took longer than ${GUEST_TIMEOUT:-600} s" >&2; exit 124; }
cat "$output/qemu" >&2
tail -n 20 "$output/console" >&2
exit 125
