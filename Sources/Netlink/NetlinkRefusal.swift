import CLinux
package import Wire

/// The kernel's answer to a netlink request that failed.
package struct NetlinkRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// errno, positive.
    package var code: Int32
    /// The kernel's own explanation (extended acknowledgement), if it gave one.
    package var explanation: String?

    package init(code: Int32, explanation: String? = nil) {
        self.code = code
        self.explanation = explanation
    }

    package var description: String {
        let meaning = ErrorNumber.text(code)
        return explanation.map { "\(meaning) (\($0))" } ?? meaning
    }

    /// What an error message or the end of a dump says; nil for success.
    ///
    /// - Parameter payload: what follows the netlink header.
    package static func decode(_ header: NetlinkHeader, _ payload: Span<UInt8>) throws(WireError) -> Self? {
        var rest = payload
        let code = Int32(bitPattern: try rest.takeHostUInt32())
        guard code != 0 else { return nil }
        var refusal = NetlinkRefusal(code: Int32(truncatingIfNeeded: code.magnitude))
        guard header.flags & NetlinkControl.attributesFlag != 0 else { return refusal }
        if header.type == NetlinkControl.error {
            var request = rest
            let length = Int(try request.takeHostUInt32())
            let isCapped = header.flags & NetlinkControl.cappedFlag != 0
            try rest.skip(isCapped ? NetlinkControl.headerSize : netlinkAligned(length))
        }
        try rest.forEachNetlinkAttribute { type, value throws(WireError) in
            guard type == NetlinkControl.explanationAttribute else { return }
            refusal.explanation = String(decoding: value.array.prefix { $0 != 0 }, as: UTF8.self)
        }
        return refusal
    }
}

/// errno as text, from a function that several threads may call at once.
package enum ErrorNumber {
    package static func text(_ code: Int32) -> String {
        guard let text = unsafe clinux_error_text(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
