import IPsec
import LinuxIO

/// The kernel's counters of packets that IPsec dropped, those of one network namespace.
struct KernelDrops: Sendable {
    /// Of the thread that asks: namespaces are a thread's.
    private static let path = "/proc/thread-self/net/xfrm_stat"

    private let counts: [(name: String, count: UInt64)]

    /// Reads what /proc/net/xfrm_stat holds: a name and a number a line.
    init(_ text: String) {
        counts = text.split(separator: "\n").compactMap { line in
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count == 2, let count = UInt64(words[1]) else { return nil }
            return (String(words[0]), count)
        }
    }

    /// The counters as they are now; none where the kernel does not keep them.
    static var now: KernelDrops { KernelDrops((try? LocalFile.read(path))?.text ?? "") }

    /// What has been dropped since an earlier reading, in the kernel's order.
    func since(_ earlier: KernelDrops) -> [DropCount] {
        let before = Dictionary(earlier.counts.map { ($0.name, $0.count) }) { first, _ in first }
        return counts.compactMap { name, count in
            let grown = count &- (before[name] ?? 0)
            guard grown > 0, count >= grown else { return nil }
            return DropCount(name: name, sentence: Self.sentence(name), count: grown)
        }
    }

    private static func sentence(_ name: String) -> String {
        sentences[name] ?? "This kernel counts it; its documentation of xfrm_stat says what it means."
    }

    /// What the counters mean, after the kernel's Documentation/networking/xfrm_proc.rst.
    private static let sentences = [
        "XfrmInError": "An inbound packet met an error that no other counter is for.",
        "XfrmInBufferError": "There was no memory for an inbound packet.",
        "XfrmInHdrError": "The header of an inbound packet is malformed.",
        "XfrmInNoStates": "No inbound SA has the packet's SPI, address and protocol.",
        "XfrmInStateProtoError": "An inbound SA's transform refused it: altered on the way, or another key.",
        "XfrmInStateModeError": "An inbound SA's mode does not fit the packet.",
        "XfrmInStateSeqError": "The sequence number was seen before, or lies before the replay window.",
        "XfrmInStateExpired": "The inbound SA has reached its lifetime.",
        "XfrmInStateMismatch": "The inbound SA is not for such packets: selector, or UDP encapsulation.",
        "XfrmInStateInvalid": "The inbound SA is not usable yet, or no longer.",
        "XfrmInTmplMismatch":
            "The policy asks for other SAs than those the packet came through, or it came in clear.",
        "XfrmInNoPols": "Policies are there, but none for the packet that came through an SA.",
        "XfrmInPolBlock": "The inbound policy says discard.",
        "XfrmInPolError": "The inbound policy could not be carried out.",
        "XfrmOutError": "An outbound packet met an error that no other counter is for.",
        "XfrmOutBundleGenError": "The SAs for an outbound packet could not be put together.",
        "XfrmOutBundleCheckError": "The SAs put together for outbound packets are no longer good.",
        "XfrmOutNoStates": "The policy asks for an SA, and there is none.",
        "XfrmOutStateProtoError": "An outbound SA's transform failed.",
        "XfrmOutStateModeError":
            "An outbound SA's mode does not fit the packet, which may be too large for it.",
        "XfrmOutStateSeqError": "An outbound SA has used all its sequence numbers.",
        "XfrmOutStateExpired": "The outbound SA has reached its lifetime.",
        "XfrmOutStateInvalid": "The outbound SA is not usable yet, or no longer.",
        "XfrmOutPolBlock": "The outbound policy says discard.",
        "XfrmOutPolDead": "The outbound policy was removed meanwhile.",
        "XfrmOutPolError": "The outbound policy could not be carried out.",
        "XfrmFwdHdrError": "A packet to be passed on has a malformed header.",
        "XfrmAcquireError": "Nobody took the request for an SA, or it could not be made.",
        "XfrmOutStateDirError": "An SA that is for inbound packets was to protect an outbound one.",
        "XfrmInStateDirError": "An inbound packet came for an SA that is for outbound ones.",
        "XfrmInIptfsError": "An IP-TFS packet is malformed.",
        "XfrmOutNoQueueSpace": "The queue of an outbound SA is full.",
    ]
}
