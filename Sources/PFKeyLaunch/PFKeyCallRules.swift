package import LinuxIO

/// Which calls of a supervised program are looked at.
package enum PFKeyCallRules {
    /// AF_KEY, and the options that set a socket's policy.
    static let family: UInt32 = 15
    private static let policyOptions: [(level: UInt32, option: UInt32)] = [(0, 16), (41, 34)]
    /// SO_TYPE, SO_PROTOCOL and SO_DOMAIN, with what they say of a PF_KEY socket; of the protocol nothing.
    static let identities: [(option: Int32, value: UInt8)] = [(3, 3), (38, 0), (39, 15)]
    private static let socketLevel: UInt32 = 1
    /// MSG_PEEK, MSG_TRUNC and MSG_DONTWAIT, the only flags that af_key takes when it is received from.
    private static let receivingFlags: UInt32 = 0x62
    /// F_DUPFD and F_DUPFD_CLOEXEC.
    static let duplication: Int32 = 0
    static let duplicationClosedOnExec: Int32 = 1030

    /// What a PF_KEY socket is asked that it is not.
    private static let refused: [SystemCall] = [
        .getSocketName, .getPeerName, .bind, .connect, .listen, .accept, .acceptWithFlags, .shutdown,
    ]
    private static let sending: [SystemCall] = [
        .sendTo, .sendMessage, .sendMessages, .write, .writeVector,
    ]

    /// The rules, given the numbers of PF_KEY sockets.
    package static func rules(_ window: DescriptorWindow) -> [CallRule] {
        let inWindow = [
            CallRule.Condition(0, .atLeast(UInt32(window.numbers.lowerBound))),
            CallRule.Condition(0, .below(UInt32(window.numbers.upperBound))),
        ]
        func onSocket(_ call: SystemCall, _ others: CallRule.Condition...) -> CallRule {
            CallRule(call, inWindow + others)
        }
        var rules = [CallRule(.socket, [.init(0, .equals(family))])]
        rules += (sending + refused + [.duplicate]).map { onSocket($0) }
        rules += [onSocket(.receiveFrom, .init(3, .hasAny(~receivingFlags)))]
        rules += [onSocket(.receiveMessage, .init(2, .hasAny(~receivingFlags)))]
        rules += identities.map { identity in
            onSocket(
                .getOption, .init(1, .equals(socketLevel)), .init(2, .equals(UInt32(identity.option))))
        }
        rules += [duplication, duplicationClosedOnExec].map { command in
            onSocket(.control, .init(1, .equals(UInt32(command))))
        }
        return rules
            + policyOptions.map { policy in
                CallRule(
                    .setOption, [.init(1, .equals(policy.level)), .init(2, .equals(policy.option))])
            }
    }
}
