# make            release build          make demo [PEER=strongswan]   two gateways and a tunnel, shown
# make test       everything that judges  make install DESTDIR= PREFIX=
SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
LIBDIR ?= $(PREFIX)/lib
PROGRAMS = swiftike swiftikectl swiftkey swiftesp swiftpfkeyd
USER_PROGRAMS = swiftpfkey-run
export SWIFTIKE_VECTORS ?= $(abspath ../shared/vectors)

.PHONY: all preload build-deps deps test-deps unit test lint fuzz fuzz-regress guest-files tsan-program interop guest-test bench bench-peers tsan demo install clean

all: build-deps preload
	for program in $(PROGRAMS) $(USER_PROGRAMS); do \
	    $(SWIFT) build -c release --static-swift-stdlib --product $$program || exit; done

# The C library that turns PF_KEY sockets into the shim's; no part of the Swift package, since it must not bring a runtime
# into the programs that it is loaded into. The compiler comes with the Swift toolchain.
PRELOAD = .build/preload/libswiftpfkey-preload.so
PRELOAD_CC ?= clang
PRELOAD_SOURCES = Sources/PFKeyPreload/preload.c $(wildcard Sources/CPFKeyClient/*.c)

preload: $(PRELOAD)

$(PRELOAD): $(PRELOAD_SOURCES) Sources/CPFKeyClient/include/CPFKeyClient.h
	mkdir -p $(@D)
	$(PRELOAD_CC) -std=gnu11 -O2 -g -fPIC -shared -fvisibility=hidden -Wall -Wextra -Wconversion -Wno-sign-conversion \
	    $(if $(CI)$(SWIFTIKE_WERROR),-Werror) -ISources/CPFKeyClient/include -Wl,-z,now,-z,relro,-z,defs \
	    -o $@ $(PRELOAD_SOURCES)

# Debian packages: what building needs, what the demo needs, and what the tests need besides.
build-deps:
	Tests/deps.sh libmnl-dev libssl-dev zlib1g-dev

deps: build-deps
	Tests/deps.sh iproute2 iputils-ping tcpdump procps jq

test-deps: deps
	Tests/deps.sh mandoc tshark ike-scan nftables iperf3 charon-systemd strongswan-swanctl libcharon-extra-plugins \
	    libstrongswan-extra-plugins libstrongswan-standard-plugins strongswan-pki openssl \
	    openiked qemu-system-x86 busybox-static cpio kmod bc python3 xz-utils

unit: build-deps
	Tests/unit.sh

lint: test-deps
	Tests/lint.sh

fuzz: build-deps
	Tests/Fuzz/run.sh all $(or $(RUNS),10000000)

fuzz-regress: build-deps
	FUZZ_ASAN=all Tests/Fuzz/run.sh all $(or $(RUNS),20000)

interop: test-deps all
	Tests/Interop/userspace-selftest.sh
	Tests/Interop/tsan.sh 3
	Tests/Interop/run.sh $(SCENARIO)
	Tests/Swiftesp/run.sh
	Tests/side-by-side.sh Tests/Interop/path-mtu.sh Tests/Swiftkey/run.sh Tests/PFKeyShim/run.sh Tests/PFKeyProof/run.sh \
	    Tests/Interop/interfaces.sh Tests/Interop/certificates.sh Tests/Interop/bad-packets.sh Tests/Interop/ikev2-pair.sh \
	    Tests/Interop/stapled-ocsp.sh

guest-test: test-deps all
	Tests/Guest/run.sh

bench: test-deps all
	for program in packet-bench handshake-bench userspace-selftest; do \
	    $(SWIFT) build -c release --static-swift-stdlib --product $$program || exit; done
	Tests/Bench/run.sh $(or $(JSON),.build/bench.json)

# The user-space data plane under load with ThreadSanitizer.
tsan: test-deps
	Tests/Interop/tsan.sh $(or $(TSAN_SECONDS),20)

# TCP through our user-space tunnels and those of others, in the same run on the same machine.
bench-peers: deps
	Tests/deps.sh iperf3 openvpn wireguard-go wireguard-tools openssl bsdextrautils charon-systemd strongswan-swanctl \
	    libcharon-extra-plugins libstrongswan-extra-plugins libstrongswan-standard-plugins
	@for program in swiftike swiftikectl; do \
	    $(SWIFT) build -c release --static-swift-stdlib --product $$program || exit; done
	Tests/Bench/peers.sh $(PEERS_FLAGS)

# What other tests need, made beside what takes longer.
guest-files: test-deps
	Tests/Guest/make-guest.sh
	Tests/Guest/make-peers.sh

tsan-program: test-deps
	$(SWIFT) build --quiet --sanitize=thread --scratch-path .build-tsan --product userspace-selftest

# Compilers leave processors idle while modules wait for each other; so two lanes of them run at a time, and the one that
# only computes yields to the one whose tests look at the clock.
test: test-deps
	Tests/side-by-side.sh "$(MAKE) --no-print-directory unit all" \
	    "nice -n 5 $(MAKE) --no-print-directory guest-files fuzz-regress tsan-program"
	$(MAKE) --no-print-directory interop guest-test

demo: deps all
	$(if $(filter strongswan,$(PEER)),Tests/deps.sh charon-systemd strongswan-swanctl \
	    libcharon-extra-plugins libstrongswan-standard-plugins)
	Tests/Interop/demo.sh $(PEER)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(LIBDIR)
	install -d $(foreach section,1 5 8,$(DESTDIR)$(PREFIX)/share/man/man$(section))
	install -d $(DESTDIR)$(PREFIX)/share/doc/swiftike/examples
	install -d -m 700 $(DESTDIR)/etc/swiftike
	for program in $(PROGRAMS); do \
	    install -m 755 .build/release/$$program $(DESTDIR)$(PREFIX)/sbin/ || exit; done
	for program in $(USER_PROGRAMS); do \
	    install -m 755 .build/release/$$program $(DESTDIR)$(PREFIX)/bin/ || exit; done
	install -m 644 $(PRELOAD) $(DESTDIR)$(LIBDIR)/
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m 644 man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 644 README.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/swiftike/
	install -m 644 etc/examples/* etc/policy.conf.example $(DESTDIR)$(PREFIX)/share/doc/swiftike/examples/
	test -e $(DESTDIR)/etc/swiftike/swiftike.conf || \
	    install -m 640 etc/swiftike.conf $(DESTDIR)/etc/swiftike/swiftike.conf

clean:
	rm -rf .build
