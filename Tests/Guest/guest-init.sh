#!/bin/bash
# The guest's first process. Its root is an overlay: the host's, read-only, below a tmpfs; nothing it writes stays.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C
here=$(cd "$(dirname "$0")" && pwd)
guest=$(cd "$here/../.." && pwd)/.guest
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock /run/netns /dev/pts /dev/shm
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t devpts devpts /dev/pts
ln -sfn /proc/self/fd /dev/fd
ln -sfn fd/0 /dev/stdin
ln -sfn fd/1 /dev/stdout
ln -sfn fd/2 /dev/stderr
# The kernel finds its modules where modprobe looks.
mkdir -p /usr/lib/modules
mount --bind "$guest/k/lib/modules" /usr/lib/modules
stty -F /dev/ttyS0 raw -echo
ip link set lo up
hostname guest
script=$(sed -n 's/.*guest\.script=\([^ ]*\).*/\1/p' /proc/cmdline)
arguments=$(sed -n 's/.*guest\.arguments=\([^ ]*\).*/\1/p' /proc/cmdline | tr , ' ')
bin=$(sed -n 's/.*guest\.bin=\([^ ]*\).*/\1/p' /proc/cmdline)
[ -z "$bin" ] || export SWIFTIKE_BIN=$bin
exec </dev/null >/dev/ttyS0 2>&1
cd /root
# shellcheck disable=SC2086 # several arguments
"$script" $arguments
status=$?
echo
echo "@@GUEST-EXIT $status"
sleep 0.2 2>/dev/null
echo o >/proc/sysrq-trigger
sleep 20
echo b >/proc/sysrq-trigger
sleep 100
