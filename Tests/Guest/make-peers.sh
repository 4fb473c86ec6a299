#!/bin/bash
# usage: make-peers.sh   unpacks libreswan and OpenIKED with their libraries into .guest/peers, for the guest alone.
#
# Installed on the host they would take strongSwan's place: the three packages conflict with each other. Needs Debian's
# package lists. What is there is kept; remove .guest/peers to begin again.
set -e
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
guest=$(cd "$here/../.." && pwd)/.guest
packages=(libreswan openiked libldns3 libevent-2.1-7 libevent-core-2.1-7 libevent-pthreads-2.1-7 libnss3 libnss3-tools
    libnspr4 libunbound8 libcurl3-nss libldap-2.5-0 libcap-ng0)
[ ! -d "$guest/peers" ] || exit 0
rm -rf "$guest/peers.new"
mkdir -p "$guest/peers.new"
cd "$guest/peers.new"
# The download sandbox of apt may not write here; it says so and goes on.
apt-get download -qq "${packages[@]}" 2>/dev/null || { apt-get update -qq && apt-get download -qq "${packages[@]}"; }
for package in *.deb; do dpkg-deb -x "$package" .; done
rm -f ./*.deb
missing=$(LD_LIBRARY_PATH=$PWD/usr/lib/x86_64-linux-gnu ldd usr/libexec/ipsec/pluto usr/sbin/iked usr/bin/pk12util |
    awk '/not found/ { print $1 }' | sort -u)
[ -z "$missing" ] || { echo "libreswan or OpenIKED lack libraries of the host:" $missing >&2; exit 1; }
mv "$guest/peers.new" "$guest/peers"
