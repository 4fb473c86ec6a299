import IPsec

/// Attributes of an SA that a kernel which does not know them drops in silence.
///
/// A packet would then be taken that should not be, or leave by another way: so what was written is read back.
enum ReadBack {
    /// An attribute that is not there as it was written.
    struct Loss: Hashable {
        var attribute: String
        /// What the kernel must have for it.
        var requirement: String
    }

    /// Whether an SA has an attribute that this kernel may not know.
    static func isNeeded(for entry: SADEntry, traits: KernelTraits) -> Bool {
        checks.contains { !(traits.knowsDirection && $0.isOld) && $0.isAsked(entry) }
    }

    /// What of the wanted SA is missing in the one that was read back.
    static func losses(_ wanted: SADEntry, _ found: SADEntry) -> [Loss] {
        checks.filter { $0.isAsked(wanted) && !$0.isSame(wanted, found) }.map(\.loss)
    }

    private struct Check: Sendable {
        var loss: Loss
        /// Whether every kernel that knows directions (Linux 6.10) knows it too.
        var isOld: Bool
        var isAsked: @Sendable (SADEntry) -> Bool
        var isSame: @Sendable (SADEntry, SADEntry) -> Bool
    }

    private static func check<Value: Equatable & Sendable>(
        _ attribute: String, _ requirement: String, isOld: Bool = true, absent: Value,
        _ value: @escaping @Sendable (SADEntry) -> Value
    ) -> Check {
        Check(
            loss: Loss(attribute: attribute, requirement: requirement), isOld: isOld,
            isAsked: { value($0) != absent }, isSame: { value($0) == value($1) })
    }

    private static let checks = [
        check("direction", "Linux 6.10", absent: nil) { $0.options.direction },
        check("xfrm interface", "Linux 4.19", absent: 0) { $0.options.interfaceID },
        check("mark", "Linux 2.6.34", absent: nil) { $0.options.mark },
        check("output mark", "Linux 4.14, and 4.19 for its mask", absent: nil) { $0.options.outputMark },
        check(
            "hardware offload", "Linux 4.11 with CONFIG_XFRM_OFFLOAD and a device that does it", isOld: false,
            absent: nil
        ) { $0.options.offload },
        check("processor", "Linux 6.13", isOld: false, absent: nil) { $0.options.processor },
        check("NAT keepalive interval", "Linux 6.11", isOld: false, absent: 0) {
            $0.options.keepaliveInterval
        },
        check("mapping threshold", "Linux 5.17", absent: 0) { $0.options.mappingThreshold },
        check("traffic flow padding", "Linux 2.6.39", absent: 0) { $0.options.trafficFlowPadding },
        check("extra flags", "Linux 3.12, and 5.9 for oseq-may-wrap", absent: 0) {
            $0.options.flags.extraBits
        },
        check("extended sequence numbers", "Linux 2.6.39", absent: false) {
            $0.replay.usesExtendedSequenceNumbers
        },
    ]
}

extension DatabaseFailure {
    /// An SA that would not be what was asked for, and was therefore taken out again.
    ///
    /// - Parameter remains: why it is still there; nil when it is not.
    static func lost(_ losses: [ReadBack.Loss], of id: SecurityAssociationID, remains: String?) -> Self {
        let list = losses.map { "\($0.attribute) (needs \($0.requirement))" }.joined(separator: ", ")
        let end =
            remains.map { "it is still there, since it could not be deleted: \($0)" }
            ?? "it was deleted again"
        return DatabaseFailure(
            .unsupported,
            "the kernel took the SA \(id) and dropped in silence: \(list); \(end); "
                + "leave the attribute out or use a newer kernel")
    }
}
