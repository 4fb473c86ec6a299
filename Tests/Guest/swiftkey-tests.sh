# Manual keys by swiftkey over the kernel's AH, ESP and IPComp: what was written is read back by iproute2, pings pass
# between the two gateways, the kernel counts them, and the wire shows nothing in clear.
# Sourced by guest-tests.sh, whose functions it uses.

sk() {
    local side=$1
    shift
    in_ns "$side" "$bin/swiftkey" "$@"
}

# The far networks of IPv6 tunnels, and neighbours that know each other before any policy is there.
six_up() {
    local side me peer
    for side in east west; do
        me=a peer=b
        [ $side = east ] || { me=b peer=a; }
        ip -n "${!side}" addr add 2001:db8:$me::1/64 dev lo nodad
        ip -n "${!side}" -6 route add 2001:db8:$peer::/64 via 2001:db8::$([ $side = east ] && echo 2 || echo 1)
    done
    wait_until 10 in_ns east ping -n -q -c 1 -W 1 2001:db8::2 >/dev/null
    in_ns west ping -n -q -c 1 -W 1 2001:db8::1 >/dev/null
}

# A key of N octets that begins with a number.
octets() { printf '0x%02x' $(($1 % 256)); for ((i = 1; i < $2; i++)); do printf '%02x' $((i * 7 % 256)); done; }

# association PROTOCOL SOURCE DESTINATION NUMBER MODE REQUEST-ID: an add statement.
association() {
    case $1 in
        ah) echo "add $2 $3 ah 0x$4 -m $5 -u $6 -r 32 -A hmac-sha256 $(octets "$4" 32);" ;;
        esp) echo "add $2 $3 esp 0x$4 -m $5 -u $6 -r 32 -E aes-cbc $(octets "$4" 16) -A hmac-sha1 $(octets "$4" 20);" ;;
        ipcomp) echo "add $2 $3 ipcomp 0x$4 -m $5 -u $6 -C deflate;" ;;
    esac
}

# requests MODE ENDS DIRECTION NUMBER PROTOCOL...: the requests of a policy, the first for the SA of a number. Within a
# bundle the innermost is the tunnel, and packets that do not shrink come without IPComp.
requests() {
    local mode=$1 ends=$2 direction=$3 protocol level=unique:$4
    shift 4
    for protocol in "$@"; do
        [ "$protocol" != ipcomp ] || [ "$direction" = out ] || level=use
        [ "$mode" = tunnel ] && echo " $protocol/tunnel/$ends/$level" || echo " $protocol/transport//$level"
        mode=transport level=require
    done
}

# side_conf SIDE MODE FAMILY PROTOCOL...: the file of one gateway.
side_conf() {
    local side=$1 mode=$2 family=$3 one=192.0.2.1 two=192.0.2.2 near=10.1.0.0/24 far=10.2.0.0/24
    shift 3
    [ "$family" = 4 ] || { one=2001:db8::1 two=2001:db8::2 near=2001:db8:a::/64 far=2001:db8:b::/64; }
    [ "$mode" = tunnel ] || { near=$one far=$two; }
    echo "flush; spdflush;"
    local number=10 first=1 inner=$mode protocol out=out in=in
    for protocol in "$@"; do
        association "$protocol" $one $two $((number + 1000)) "$inner" $((first * 1010))
        association "$protocol" $two $one $((number + 2000)) "$inner" $((first * 2010))
        number=$((number + 1))
        first=0 inner=transport
    done
    [ "$side" = east ] || { out=in in=out; }
    echo "spdadd $near $far any -P $out prio 10 ipsec$(requests "$mode" $one-$two $out 1010 "$@");"
    echo "spdadd $far $near any -P $in prio low - 3 ipsec$(requests "$mode" $two-$one $in 2010 "$@");"
}

# statements FILE WORD: its statements that begin so, a line each.
statements() { sed 's/#.*//' "$1" | tr '\n' ' ' | tr ';' '\n' | sed 's/^ *//; s/  */ /g; s/ *$//' | grep "^$2 "; }

# policies_of FILE: what iproute2 must say of the policies in a file, a line each with its direction, priority and
# templates. Forwarding takes a copy of what is for `in`, whose first request may use any SA.
policies_of() {
    statements "$1" spdadd | awk '
        function prefix(range) { return range ~ /\// ? range : range (range ~ /:/ ? "/128" : "/32") }
        function template(request, isCopy,   part, ends, id, level, any) {
            split(request, part, "/")
            any = $2 ~ /:/ ? "::" : "0.0.0.0"
            if (split(part[3], ends, "-") < 2) ends[1] = ends[2] = any
            level = part[4] == "use" ? "use" : "required"
            id = part[4] ~ /^unique:/ && !isCopy ? substr(part[4], 8) : 0
            return " " part[1] "/" part[2] "/" ends[1] "-" ends[2] "/" level "/" id
        }
        function line(direction,   text, i) {
            text = prefix($2) " " prefix($3) " " direction " " sprintf("%.0f", priority)
            for (i = first; i <= NF; i++) text = text template($i, direction == "fwd" && i == first)
            print text
        }
        {
            priority = 2147483648
            for (first = 1; $first != "ipsec"; first++) {
                if ($first == "prio" && $(first + 1) == "low") priority = 3221225472 + $(first + 3)
                else if ($first == "prio") priority -= $(first + 1)
            }
            first++
            line($6)
            if ($6 == "in") line("fwd")
        }' | sort
}

# policies_in SIDE: what iproute2 does say; only templates that need no SA have a line for their level.
policies_in() {
    ip -n "${!1}" -d xfrm policy | awk '
        function close_template() {
            if (ends != "") text = text " " protocol "/" mode "/" ends "/" level "/" id
            ends = ""
        }
        function flush() { close_template(); if (text != "") print text; text = "" }
        $1 == "src" { flush(); selector = $2 " " $4; if ($5 == "proto") selector = selector " proto " $6 }
        $1 == "dir" {
            number = 0
            for (i = 2; i < NF; i++) if ($i == "priority") number = $(i + 1)
            text = selector " " $2 " " number
        }
        $1 == "tmpl" { close_template(); ends = $3 "-" $5; level = "required" }
        $1 == "proto" {
            protocol = $2 == "comp" ? "ipcomp" : $2
            for (i = 3; i < NF; i++) { if ($i == "reqid") id = $(i + 1) + 0; if ($i == "mode") mode = $(i + 1) }
        }
        $1 == "level" { level = $2 }
        END { flush() }' | sort
}

# read_back SIDE FILE: iproute2 sees every SA of a file with its mode and keys, and every policy with its order and
# templates, and swiftkey finds no difference.
read_back() {
    local side=$1 file=$2 line spi mode word
    ip -n "${!side}" -d xfrm state >"$work/ip.state"
    while read -r line; do
        spi=$(printf '0x%08x' "$(awk '{ print $5 }' <<<"$line")")
        mode=$(grep -oE -- '-m [a-z]+' <<<"$line" | cut -c4-)
        grep -A 1 -E "^src $(awk '{ print $2 }' <<<"$line") dst $(awk '{ print $3 }' <<<"$line")" "$work/ip.state" |
            grep -qE "proto (esp|ah|comp) spi $spi[( ].* mode ${mode:-transport}" || { echo "iproute2 has no $line"; return 1; }
        for word in $(grep -oE '0x[0-9a-f]{24,}' <<<"$line"); do
            grep -q "$word" "$work/ip.state" || { echo "iproute2 has no key $word"; return 1; }
        done
    done < <(statements "$file" add)
    [ -n "$(policies_of "$file")" ] || { echo "no policies in $file"; return 1; }
    diff <(policies_of "$file") <(policies_in "$side") || { ip -n "${!side}" -d xfrm policy; return 1; }
    [ -z "$(sk "$side" --diff "$file")" ] || { sk "$side" --diff "$file"; return 1; }
}

# traffic MODE FAMILY FILTER: pings return, the kernel counts them on both sides, and no other packet was on the wire.
traffic() {
    local mode=$1 family=$2 filter=$3 from=192.0.2.1 to=192.0.2.2 side
    [ "$family" = 4 ] || { from=2001:db8::1 to=2001:db8::2; }
    [ "$mode" = tunnel ] && [ "$family" = 4 ] && { from=10.1.0.1 to=10.2.0.1; }
    [ "$mode" = tunnel ] && [ "$family" = 6 ] && { from=2001:db8:a::1 to=2001:db8:b::1; }
    wires_start
    pings_return east -c 3 -i 0.2 -s 600 -p ff -I $from $to ||
        { wires_stop; tail -n 3 "$work/ping.out"; cat_stats; return 1; }
    wires_stop
    for side in east west; do
        kernel_counted $side 3 || { ip -n "${!side}" -s xfrm state; return 1; }
    done
    [ "$(left "$filter")" -ge 6 ] || { echo "protected packets: $(left "$filter")"; return 1; }
    [ "$(left "icmp or (icmp6 and ip6[40] >= 128 and ip6[40] <= 129)")" -eq 0 ] || { echo "ping in clear"; return 1; }
}

cat_stats() { for side in east west; do in_ns $side awk -v s=$side '$2 > 0 { print s, $0 }' /proc/net/xfrm_stat; done; }

# manual_keys NAME FILTER-NUMBER PROTOCOL...: transport and tunnel, IPv4 and IPv6.
manual_keys() {
    local name=$1 number=$2 mode family side
    shift 2
    for family in 4 6; do
        for mode in transport tunnel; do
            for side in east west; do
                side_conf $side $mode $family "$@" >"$work/$side.conf"
                sk $side --strict -f "$work/$side.conf" 2>"$work/load.err" || cat "$work/load.err"
            done
            check "$name, $mode, IPv$family: as written" eval \
                'read_back east "$work/east.conf" && read_back west "$work/west.conf"'
            check "$name, $mode, IPv$family: traffic" traffic $mode $family \
                "$([ $family = 4 ] && echo "ip proto $number" || echo "ip6 proto $number")"
        done
    done
    check "$name: nothing dropped" eval 'kernel_clean east && kernel_clean west'
}

swiftkey_ah() { six_up; manual_keys "AH" 51 ah; }
swiftkey_esp() { six_up; manual_keys "ESP" 50 esp; }
swiftkey_ipcomp() { six_up; manual_keys "IPComp" 108 ipcomp; }
swiftkey_bundle() { six_up; manual_keys "ESP over IPComp" 50 ipcomp esp; }

# The howto's two files: AH with HMAC-MD5 around ESP with 3DES, keys by hand.
swiftkey_howto() {
    local files=$top/Tests/SetkeyScriptTests/Vectors side
    ip -n "$east" addr add 192.168.1.1/24 dev "$tag-e"
    ip -n "$west" addr add 192.168.1.2/24 dev "$tag-w"
    cp "$files/howto-manual-keys.conf" "$work/east.conf"
    cp "$files/howto-neighbour.conf" "$work/west.conf"
    for side in east west; do
        check "howto: $side's file loads" sk $side --strict -f "$work/$side.conf"
        check "howto: $side has 2 AH and 2 ESP SAs" eval \
            '[ "$(sk $side -D | grep -cE "^.(ah|esp) mode=transport spi=[0-9]+\(0x00000[34]0[01]\)")" = 4 ]'
        check "howto: $side's are as written" read_back $side "$work/$side.conf"
    done
    wires_start
    check "howto: pings pass" pings_return east -c 3 -i 0.2 -I 192.168.1.1 192.168.1.2
    wires_stop
    check "howto: AH on the wire, and no ping" eval '[ "$(left "ip proto 51")" -ge 6 ] && [ "$(left icmp)" -eq 0 ]'
    check "howto: the kernels counted" eval 'kernel_counted east 3 && kernel_counted west 3'
    check "howto: explain finds both SAs" eval \
        '[ "$(sk east explain 192.168.1.1 192.168.1.2 icmp | grep -cE "^ +SA (ah|esp) 0x0000030[01]")" = 2 ]'
}

# What the kernel refuses is told, and undone.
swiftkey_refusals() {
    cat >"$work/bad.conf" <<CONF
spdadd 10.1.0.0/24 10.2.0.0/24 any -P out discard;
add 192.0.2.1 192.0.2.2 esp 0x1001 -m tunnel -E null -A hmac-sha1 "01234567890123456789";
add 192.0.2.1 192.0.2.2 esp 0x1002 -m tunnel -E twofish-cbc "0123456789abcdef" -A hmac-sha1 "01234567890123456789";
add 192.0.2.1 192.0.2.2 ah 0x1003 -m tunnel -A hmac-sha1 "01234567890123456789" -o tfcpad=64;
CONF
    check "refusals: told at the line" eval \
        '! sk east --atomic -f "$work/bad.conf" 2>"$work/err" && grep -q "bad.conf:[34]:1: error: the kernel did not" "$work/err"'
    check "refusals: and nothing is left" eval '[ -z "$(ip -n "$east" xfrm state)$(ip -n "$east" xfrm policy)" ]'
}

swiftkey_scenarios=(swiftkey_ah swiftkey_esp swiftkey_ipcomp swiftkey_bundle swiftkey_howto swiftkey_refusals)
