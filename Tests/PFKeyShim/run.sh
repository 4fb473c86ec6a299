#!/bin/bash
# usage: run.sh [SCENARIO...]   PF_KEY programs on a kernel without PF_KEY: by the preload library, and by their system calls
#
# Needs root, and a kernel with XFRM and without AF_KEY; ESP it need not have. Prints a line a check.
. "$(dirname "${BASH_SOURCE[0]}")/../Interop/lib.sh"
# shellcheck disable=SC2034 # the checks use them through eval
[ "$(id -u)" = 0 ] || { echo "network namespaces need root"; exit 77; }
here=$top/Tests/PFKeyShim
run=$bin/swiftpfkey-run
library=${SWIFTIKE_PRELOAD:-$top/.build/preload/libswiftpfkey-preload.so}
for file in "$run" "$bin/swiftpfkeyd" "$library"; do
    [ -e "$file" ] || { echo "not built: $file (make builds it)" >&2; exit 2; }
done
python3 -c 'import socket; socket.socket(15, socket.SOCK_RAW, 2)' 2>/dev/null &&
    { echo "this kernel has PF_KEY of its own: there is nothing to judge here"; exit 0; }
export SWIFTPFKEY_SOCKET=
# Who has no rights comes here, too.
chmod 755 "$work"
client=$work/client.py
install -m 755 "$here/client.py" "$client"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

compile() {
    local name
    for name in probe policy; do
        clang -O2 -Wall -Wextra -o "$work/$name" "$here/$name.c" -pthread &&
            clang -O2 -Wall -Wextra -static -o "$work/$name-static" "$here/$name.c" -pthread || return
    done
}

# run_in SIDE [OPTION...] PROGRAM...: in a namespace, at the server's or the fake's socket.
run_in() {
    local side=$1
    shift
    in_ns "$side" timeout 120 "$run" --socket "$work/socket" --preload-library "$library" "$@"
}

# start_server [OPTION...]: the real one, in a namespace that is no client's.
start_server() {
    rm -f "$work/socket"
    exec_in_ns west "$bin/swiftpfkeyd" --socket "$work/socket" "$@" >"$work/server.log" 2>&1 &
    server=$!
    pids+=("$server")
    wait_until 10 listens
}

start_fake() {
    rm -f "$work/socket" "$work/hellos"
    exec python3 "$here/fake-server.py" "$work/socket" "$work/hellos" >"$work/server.log" 2>&1 &
    server=$!
    pids+=("$server")
    wait_until 10 listens
}

listens() {
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(sys.argv[1])' \
        "$work/socket" 2>/dev/null
}

stop_server() {
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    true
}

# No process of ours serves a program any more.
nobody_supervises() { ! pgrep -f "^$run .*$work/socket" >/dev/null; }

# probes NAME PROGRAM CHECK...: what the program finds out, a line each.
probes() {
    local name=$1 program=$2 probe
    shift 2
    for probe; do check "$name: $probe" run_in east "$program" "$probe"; done
}

both=(ways refusals types identity receiving copies reuse fork exec closing threads signals)
# What can be told to a library only: descriptors at numbers that a program chooses or is passed, and what comes in.
loaded=(nameless placed passing interruptions kernel)

# Against a server that is late with everything: who does not wait fails.
library() {
    start_fake
    probes library "$work/probe" "${both[@]}" "${loaded[@]}"
    run_in east --sha256-96 "$work/probe" ways >/dev/null
    run_in east --sha256-128 "$work/probe" ways >/dev/null
    check "library: truncation goes to the server" eval \
        '[ "$(sort -u "$work/hellos" | tr "\n" ,)" = "0 3,1 3,2 3," ]'
    stop_server
    local probe
    for probe in loss end; do
        start_fake
        check "library: $probe of the server" in_ns east env LD_PRELOAD="$library" \
            SWIFTPFKEY_SOCKET="$work/socket" "$work/probe" "$probe"
        stop_server
    done
    check "library: without a server as a kernel without PF_KEY" in_ns east env LD_PRELOAD="$library" \
        SWIFTPFKEY_SOCKET="$work/socket" "$work/probe" absence
    check "library: what is loaded brings no other library but the C library" eval \
        '! ldd "$library" | grep -vE "linux-vdso|libc\.so|ld-linux"'
}

calls() {
    start_fake
    probes calls "$work/probe-static" "${both[@]}"
    run_in east --sha256-96 "$work/probe-static" ways >/dev/null
    check "calls: truncation goes to the server" eval '[ "$(sort -u "$work/hellos" | tr "\n" ,)" = "0 3,1 3," ]'
    check "calls: beside the library, which leaves them alone" run_in east --seccomp \
        env LD_PRELOAD="$library" SWIFTPFKEY_SOCKET="$work/socket" "$work/probe" "${both[@]}"
    check "calls: asked for, of a program with libraries" run_in east --seccomp "$work/probe" "${both[@]}"
    stop_server
    start_fake
    check "calls: loss of the server" run_in east "$work/probe-static" loss
    check "calls: nobody supervises what has ended" wait_until 10 nobody_supervises
    stop_server
}

# The same against the real server, and what only that one judges.
server() {
    start_server
    probes server "$work/probe" "${both[@]}" "${loaded[@]}"
    probes "server, calls" "$work/probe-static" "${both[@]}"
    local program
    for program in probe probe-static; do
        check "server: $program without rights" in_ns east "${nobody[@]}" \
            "$run" --socket "$work/socket" --preload-library "$library" "$work/$program" rights
    done
    stop_server
}

# What programs put into the databases is in the kernel's, of their network namespace.
database() {
    start_server
    local way option
    install -m 755 "$library" "$work/library.so"
    install -m 755 "$run" "$work/run"
    for way in library calls; do
        option=--preload
        [ $way = calls ] && option=--seccomp
        run_in east $option python3 "$client" policy policy spi sa dump >"$work/client.out" 2>&1
        check "database, $way: a policy is added once" eval \
            '[ "$(head -n 2 "$work/client.out" | tr "\n" ,)" = "policy 0,policy 17," ]'
        check "database, $way: the kernel has it" eval \
            'ip -n "$east" xfrm policy | grep -q "tmpl src 192.0.2.1 dst 192.0.2.2" &&
             ip -n "$east" xfrm policy | grep -q "proto esp reqid 7 mode tunnel"'
        check "database, $way: an SPI is reserved" eval \
            'grep -qx "spi 0" "$work/client.out" && ip -n "$east" xfrm state | grep -q "spi 0x00001..."'
        check "database, $way: an SA is added, or refused as the kernel refuses" eval \
            'grep -qxE "sa (0|93)" "$work/client.out"'
        check "database, $way: policies are counted" grep -qx "dump 1" "$work/client.out"
        check "database, $way: no other namespace has any" eval '[ -z "$(ip -n "$west" xfrm policy)" ]'
        ip -n "$east" xfrm policy flush
        ip -n "$east" xfrm state flush
        # A namespace that the program makes itself.
        check "database, $way: in a namespace of the program's own" eval \
            'run_in east $option unshare -n sh -c "python3 $client policy && ip xfrm policy" >"$work/own.out" 2>&1
             grep -q "policy 0" "$work/own.out" && grep -q "tmpl src 192.0.2.1" "$work/own.out" &&
             [ -z "$(ip -n "$east" xfrm policy)" ]'
        # Who is nobody outside is root in a user namespace, as with the kernel's own.
        check "database, $way: in a user namespace of nobody's" eval \
            '"${nobody[@]}" unshare -Urn "$work/run" --socket "$work/socket" --preload-library "$work/library.so" $option \
                sh -c "python3 $client policy && ip xfrm policy" >"$work/own.out" 2>&1
             grep -q "policy 0" "$work/own.out" && grep -q "tmpl src 192.0.2.1" "$work/own.out"'
    done
    stop_server
}

# Policies of sockets, for which no server is needed.
policies() {
    local program option
    start_server
    for program in policy policy-static; do
        run_in east "$work/$program" bypass tunnel6 bundle refused </dev/null >"$work/policy.out" 2>&1
        check "policies, $program: set, or refused as the kernel does" eval \
            'diff <(grep -E "^[a-zA-Z0-9 ]+ [0-9]+$" "$work/policy.out") - <<EOF
bypass in 0
discard out 0
tunnel6 0
bundle 0
forward 22
TCP 22
no descriptor 9
no socket 88
not of IP 95
not of IPv6 92
EOF'
        check "policies, $program: the kernel has them" eval \
            'diff <(grep -A 8 "socket " "$work/policy.out" | grep -vE "^(src|--|[a-zA-Z0-9 ]+ [0-9]+$)" | sed "s/^[[:space:]]*//; s/ *$//") - <<EOF
socket out priority 0 ptype main
tmpl src 0.0.0.0 dst 0.0.0.0
proto esp reqid 0 mode transport
tmpl src 0.0.0.0 dst 0.0.0.0
proto ah reqid 0 mode transport
level use
socket out priority 0 ptype main
tmpl src 2001:db8::1 dst 2001:db8::2
proto esp reqid 77 mode tunnel
socket out action block priority 0 ptype main
socket in priority 0 ptype main
EOF'
        check "policies, $program: not without rights" eval \
            'run_in east "$work/$program" unprivileged 2>&1 | grep -qx "nobody 1"'
    done
    stop_server
}

# The server is started if it is not there, and only then; the program keeps its process, status and place.
starting() {
    local root=$work/usr
    mkdir -p "$root/bin" "$root/sbin" "$root/lib"
    cp "$run" "$root/bin/"
    cp "$bin/swiftpfkeyd" "$root/sbin/"
    cp "$library" "$root/lib/"
    installed() { in_ns east timeout 120 "$root/bin/swiftpfkey-run" --socket "$work/socket" "$@"; }
    rm -f "$work/socket"
    check "starting: the server, and finds all that is installed" eval \
        'installed -v "$work/probe" ways 2>"$work/start.err"'
    check "starting: says so" grep -q "swiftpfkeyd is started" "$work/start.err"
    server=$(pgrep -f "swiftpfkeyd --socket $work/socket")
    pids+=($server)
    check "starting: it stays" eval '[ "$(wc -w <<<"$server")" = 1 ]'
    check "starting: no second one" eval \
        'installed -v "$work/probe-static" ways 2>"$work/start.err" && ! grep -q "is started" "$work/start.err"'
    check "starting: from a folder of its own, too" eval '(cd "$work" && in_ns east "$run" --socket socket \
        --preload-library "$library" "$work/probe-static" ways)'
    local program
    for program in "" --seccomp; do
        check "starting $program: the status is the program's" eval 'installed $program sh -c "exit 7"; [ $? = 7 ]'
        check "starting $program: so is the signal" eval 'installed $program sh -c "kill -9 \$\$" 2>/dev/null; [ $? = 137 ]'
        check "starting $program: it is the same process" eval \
            '[ "$(in_ns east sh -c "echo \$\$; exec $run --socket $work/socket --preload-library $library $program sh -c \"echo \\\$\\\$\"" |
                uniq | wc -l)" = 1 ]'
        check "starting $program: nothing holds its output open" eval \
            '[ "$(installed $program "$work/probe" ways)" = "ok ways" ]'
    done
    check "starting: what goes into the background is served" eval \
        'installed sh -c "true" && installed "$work/probe-static" background "$work/background" &&
         wait_until 10 grep -qs "served" "$work/background"'
    check "starting: nobody supervises what has ended" wait_until 10 nobody_supervises
    check "starting: no such program" eval 'installed no-such-program 2>"$work/err"; [ $? = 127 ] && grep -q "no such program" "$work/err"'
    check "starting: no program at all" eval 'installed /etc/passwd 2>"$work/err"; [ $? = 126 ] && grep -q "neither an ELF" "$work/err"'
    check "starting: nothing said" eval 'installed 2>/dev/null; [ $? = 64 ]'
    check "starting: not both ways" eval 'installed --seccomp --preload true 2>/dev/null; [ $? = 64 ]'
    check "starting: no library for a static program" eval \
        'installed --preload "$work/probe-static" ways 2>"$work/err"; [ $? = 69 ] && grep -q "linked statically" "$work/err"'
    check "starting: no library there" eval \
        'installed --preload-library /nowhere.so true 2>"$work/err"; [ $? = 72 ] && grep -q "/nowhere.so" "$work/err"'
    stop_server
    wait_until 10 eval '! listens'
    check "starting: no server there" eval \
        'installed --server /nowhere true 2>"$work/err"; [ $? = 69 ] && grep -q "/nowhere" "$work/err"'
    check "starting: a server that fails says why" eval \
        'in_ns east "$run" --socket /proc/no/socket --server "$bin/swiftpfkeyd" --preload-library "$library" true 2>"$work/err"
         [ $? = 69 ] && grep -q "did not start: .*[Nn]o such file" "$work/err"'
}

# start_iked SIDE MODE SOCKET: an OpenIKED as Debian has it. Its parent opens the PF_KEY socket, and passes it to a process
# without rights in another root, which negotiates.
start_iked() {
    local side=$1 mode=$2 socket=$3 other=west own=1 peer=2
    [ "$side" = west ] && { other=east own=2 peer=1; }
    (umask 077 && echo "ikev2 \"shim\" $mode esp from 10.$own.0.0/24 to 10.$peer.0.0/24 local 192.0.2.$own \
        peer 192.0.2.$peer srcid $side.example dstid $other.example psk \"secret\"" >"$work/$side.iked")
    exec_in_ns "$side" "$run" --socket "$socket" --preload-library "$library" \
        iked -dvv -s "$work/$side.sock" -f "$work/$side.iked" >"$work/$side.log" 2>&1 &
    pids+=("$!")
    iked+=("$!")
    wait_until 10 grep -qs "received pfkey fd" "$work/$side.log"
}

openiked() {
    local side iked=()
    start_server
    check "openiked: responder starts, and passes its socket" start_iked west passive "$work/socket"
    check "openiked: initiator starts, and passes its socket" start_iked east active "$work/socket"
    # Without bypass policies on its sockets its own packets would not get there.
    for side in east west; do
        check "openiked: $side authenticates its peer" wait_until 15 grep -q "sa_state: .* -> VALID\|-> ESTABLISHED" "$work/$side.log"
        check "openiked: $side gets an SPI" wait_until 10 grep -q "pfkey_sa_init: new spi 0x" "$work/$side.log"
        check "openiked: $side adds its SAs" wait_until 10 grep -q "pfkey_sa_add: " "$work/$side.log"
    done
    if kernel_has_esp east; then
        check "openiked: the kernel has them" eval '[ "$(ip -n "$east" xfrm state | grep -c "^src")" -ge 2 ]'
    else
        check "openiked: is told that this kernel has no ESP" wait_until 10 \
            grep -q "pfkey_reply: message: Protocol not supported" "$work/east.log"
        check "openiked: the SPI is reserved in the kernel" eval 'ip -n "$east" xfrm state | grep -q "proto esp spi 0x"'
    fi
    check "openiked: its sockets have policies of their own" eval \
        '[ "$(ip -n "$east" xfrm policy | grep -c "socket in")" -ge 2 ]'
    end_iked
    check "openiked: ends" wait_until 10 eval '! pgrep -f "$work/.*[.]iked" >/dev/null'
    stop_server
}

end_iked() {
    kill "${iked[@]}"
    wait "${iked[@]}" 2>/dev/null
    true
}

# The same with the engine of swiftike: a kernel that has neither PF_KEY nor ESP carries OpenIKED's tunnel.
engine() {
    local side own=1 iked=()
    (umask 077 && : >"$work/psk.txt")
    for side in east west; do
        # OpenIKED has the usual ports.
        printf 'path pre_shared_key "%s";\nlisten { isakmp 192.0.2.%d [5500]; isakmp_natt 192.0.2.%d [5501]; }\n' \
            "$work/psk.txt" $own $own >"$work/$side.conf"
        own=2
        start_swiftike $side "$work/$side.conf" --datapath userspace --pfkey-socket "$work/$side/pfkey.sock" ||
            { check "engine: swiftike starts" false; return; }
    done
    local way
    for way in preload seccomp; do
        check "engine: takes all that a program gives it, by $way" eval \
            'in_ns east "$run" --socket "$work/east/pfkey.sock" --preload-library "$library" --$way \
                python3 "$client" policy spi sa dump >"$work/client.out" 2>&1
             [ "$(tr "\n" , <"$work/client.out")" = "policy 0,spi 0,sa 0,dump 1," ]'
        in_ns east "$bin/swiftkey" --socket "$work/east/pfkey.sock" -F
        in_ns east "$bin/swiftkey" --socket "$work/east/pfkey.sock" -FP
    done
    start_iked west passive "$work/west/pfkey.sock"
    start_iked east active "$work/east/pfkey.sock"
    for side in east west; do
        check "engine: OpenIKED on $side is established" wait_until 20 \
            grep -q "sa_state: .* -> ESTABLISHED" "$work/$side.log"
    done
    capture_start
    check "engine: its tunnel carries pings" ping_through 10
    capture_stop
    check "engine: as ESP" eval '[ "$(captured "$esp_on_wire")" -ge 20 ]'
    check "engine: and none in clear" eval '[ "$(captured "$clear_on_wire")" = 0 ]'
    for side in east west; do
        check "engine: $side counts them in both SAs" eval \
            '[ "$(in_ns $side "$bin/swiftkey" --socket "$work/$side/pfkey.sock" -D --json |
                jq -r "select(.type == \"sa\") | .usage.packets" | sort -u)" = 10 ]'
    done
    end_iked
    stop east
    stop west
}

topology_up
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done; topology_down; rm -rf "$work"' EXIT
compile || exit 2
scenarios=("$@")
[ ${#scenarios[@]} -gt 0 ] || scenarios=(library calls server database policies starting openiked engine)
run_scenarios "${scenarios[@]}"
