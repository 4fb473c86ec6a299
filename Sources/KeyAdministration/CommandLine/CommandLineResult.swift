/// What becomes of a command line.
package enum CommandLineResult: Hashable, Sendable {
    case options(KeyOptions)
    /// Print this on standard output, and end with this status.
    case text(String, status: Int32)
    /// Tell this on standard error and the usage on standard output, and end with status 1, as setkey does.
    case misuse(String)
}

extension CommandLineResult {
    package static let versionLine = "swiftkey 0.1.0 (setkey's language, as of ipsec-tools 0.8.2)\n"

    package static let usage = """
        usage: swiftkey [-Hnrkv] [--strict] [--atomic | --dry-run] -f file | -c
               swiftkey [-aHlpPv] [--json] -D
               swiftkey [-HPv] -F
               swiftkey [-Hv] -x | watch [--json]
               swiftkey explain source destination [protocol] [-o mark=n] [-o if_id=n] [--json]
               swiftkey --diff file [--json]
               swiftkey [--dry-run] --sync file
               swiftkey [-Hv] file ...
               swiftkey -V | -h
        -f file  apply the statements of a file (- is standard input)
        -c       apply statements as they are typed
        -D, -F   dump or flush the SAD; with -P the SPD
        -x       show what happens in the databases
        -a  dead SAs, too      -p  show ports         -l  a line for each SA, every second
        -n  parse only         -v  say what is asked and answered; -H  in octets
        -r  a fwd policy beside each in policy (default)      -k  policies as they are written
        --mask-keys, --show-keys   keys are masked on a terminal unless told otherwise
        --socket path              ask a daemon's PF_KEY socket instead of the kernel

        """
}
