#!/bin/bash
# usage: make-guest.sh   makes .guest/: a Debian kernel with its modules, unpacked, and an initrd for it.
#
# Needs Debian's package lists and qemu-system-x86 busybox-static cpio kmod python3 xz-utils. What is there is kept;
# remove .guest to begin again. The initrd names this checkout's path: it is made anew when that changes.
set -e
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
guest=$top/.guest
mkdir -p "$guest"
cd "$guest"

if ! ls k/boot/vmlinuz-* >/dev/null 2>&1; then
    kernel() { apt-cache depends linux-image-amd64 | awk '/Depends:/ { print $2; exit }'; }
    package=$(kernel)
    [ -n "$package" ] || { apt-get update -qq && package=$(kernel); }
    [ -n "$package" ] || { echo "linux-image-amd64 is not in the package lists" >&2; exit 1; }
    rm -rf k linux-image-*.deb
    # The download sandbox of apt may not write here; it says so and goes on.
    apt-get download -qq "$package" 2>/dev/null || { apt-get update -qq && apt-get download -qq "$package"; }
    mkdir k.new
    dpkg-deb -x linux-image-*.deb k.new
    rm -f linux-image-*.deb
    mv k.new k
fi

version=$(basename k/lib/modules/*)
[ -s "k/lib/modules/$version/modules.dep" ] || depmod -b k "$version"
[ "$(cat made-for 2>/dev/null)" = "$here $version" ] && [ -s initrd.gz ] && [ -s vmlinux ] && exit 0

# The initrd mounts the host's root over 9p and goes on in guest-init.sh.
rm -rf initrd
mkdir -p initrd/{bin,mods,low,rw,newroot,proc,sys,dev}
cp /bin/busybox initrd/bin/
for module in 9p 9pnet_virtio virtio_pci overlay; do
    modprobe -d k -S "$version" --show-depends "$module" | awk '/insmod/ { print $2 }'
done | awk '!seen[$0]++' | while read -r file; do
    cp "$file" initrd/mods/
    basename "$file" >>initrd/order
done
cat >initrd/init <<INIT
#!/bin/busybox sh
b=/bin/busybox
\$b mount -t proc proc /proc
\$b mount -t sysfs sys /sys
\$b mount -t devtmpfs dev /dev
for module in \$(\$b cat /order); do \$b insmod /mods/\$module; done
\$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro root /low || exec \$b poweroff -f
\$b mount -t tmpfs -o size=70% rw /rw
\$b mkdir /rw/up /rw/wk
\$b mount -t overlay -o lowerdir=/low,upperdir=/rw/up,workdir=/rw/wk root /newroot || exec \$b poweroff -f
\$b mount --move /dev /newroot/dev
\$b mount --move /proc /newroot/proc
\$b mount --move /sys /newroot/sys
exec \$b switch_root /newroot $here/guest-init.sh
INIT
chmod +x initrd/init
(cd initrd && find . | cpio -o -H newc 2>/dev/null | gzip -1 >../initrd.gz)
# Uncompressed, the kernel starts without seconds of emulated decompression.
python3 - "k/boot/vmlinuz-$version" vmlinux <<'PYTHON'
import lzma, sys
image = open(sys.argv[1], "rb").read()
start = image.find(b"\xfd7zXZ\x00")
open(sys.argv[2], "wb").write(lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(image[start:]))
PYTHON
rm -rf initrd
echo "$here $version" >made-for
