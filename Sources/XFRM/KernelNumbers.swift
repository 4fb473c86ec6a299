/// Message types of NETLINK_XFRM.
enum XFRMMessage {
    static let newState: UInt16 = 0x10
    static let deleteState: UInt16 = 0x11
    static let getState: UInt16 = 0x12
    static let newPolicy: UInt16 = 0x13
    static let deletePolicy: UInt16 = 0x14
    static let getPolicy: UInt16 = 0x15
    static let allocateSPI: UInt16 = 0x16
    static let acquire: UInt16 = 0x17
    static let expire: UInt16 = 0x18
    static let updatePolicy: UInt16 = 0x19
    static let updateState: UInt16 = 0x1a
    static let policyExpire: UInt16 = 0x1b
    static let flushStates: UInt16 = 0x1c
    static let flushPolicies: UInt16 = 0x1d
    static let newReplayPosition: UInt16 = 0x1e
    static let getReplayPosition: UInt16 = 0x1f
    static let report: UInt16 = 0x20
    static let migrate: UInt16 = 0x21
    static let newStateCount: UInt16 = 0x22
    static let getStateCount: UInt16 = 0x23
    static let newPolicyCount: UInt16 = 0x24
    static let getPolicyCount: UInt16 = 0x25
    static let mapping: UInt16 = 0x26
    static let setDefaultPolicy: UInt16 = 0x27
    static let getDefaultPolicy: UInt16 = 0x28
}

/// Attributes of NETLINK_XFRM; kernel headers of the day may know fewer.
enum XFRMAttribute {
    static let authentication: UInt16 = 1
    static let encryption: UInt16 = 2
    static let compression: UInt16 = 3
    static let encapsulation: UInt16 = 4
    static let templates: UInt16 = 5
    /// xfrm_usersa_info, in a report of a deletion.
    static let state: UInt16 = 6
    /// xfrm_userpolicy_info, in a report of a deletion.
    static let policy: UInt16 = 7
    static let securityContext: UInt16 = 8
    static let usage: UInt16 = 9
    static let replayValue: UInt16 = 10
    static let replayThreshold: UInt16 = 11
    static let timerThreshold: UInt16 = 12
    static let sourceAddress: UInt16 = 13
    static let careOfAddress: UInt16 = 14
    static let lastUsed: UInt16 = 15
    static let policyType: UInt16 = 16
    static let migration: UInt16 = 17
    static let aead: UInt16 = 18
    static let keyManagerAddress: UInt16 = 19
    static let truncatedAuthentication: UInt16 = 20
    static let mark: UInt16 = 21
    static let trafficFlowPadding: UInt16 = 22
    static let replayState: UInt16 = 23
    static let extraFlags: UInt16 = 24
    static let protocolFilter: UInt16 = 25
    static let padding: UInt16 = 27
    static let offload: UInt16 = 28
    static let outputMark: UInt16 = 29
    static let outputMarkMask: UInt16 = 30
    static let interfaceID: UInt16 = 31
    static let mappingThreshold: UInt16 = 32
    /// Known since Linux 6.10.
    static let direction: UInt16 = 33
    static let keepaliveInterval: UInt16 = 34
    static let processor: UInt16 = 35
    static let aggregationDropTime: UInt16 = 36
    static let aggregationReorderWindow: UInt16 = 37
    static let aggregationNeverFragments: UInt16 = 38
    static let aggregationInitialDelay: UInt16 = 39
    static let aggregationMaximumQueue: UInt16 = 40
    static let aggregationPacketSize: UInt16 = 41
}

/// Multicast groups of NETLINK_XFRM.
enum XFRMGroup {
    static let acquire: UInt32 = 1
    static let expire: UInt32 = 2
    static let states: UInt32 = 3
    static let policies: UInt32 = 4
    static let replayPositions: UInt32 = 5
    static let reports: UInt32 = 6
    static let migrations: UInt32 = 7
    static let mapping: UInt32 = 8

    static let all = acquire...mapping
}

/// Flags of an SA that have a place of their own in our form; `SAFlag` has the others.
enum XFRMStateFlag {
    static let extendedSequenceNumbers: UInt8 = 128
}

/// Other values in the kernel's structures.
enum XFRMValue {
    /// No limit, where 0 would be a limit of nothing.
    static let infinite = UInt64.max
    static let udpNonIKE: UInt16 = 1
    static let espInUDP: UInt16 = 2
    static let espInTCP: UInt16 = 7
    static let inbound: UInt8 = 1
    static let outbound: UInt8 = 2
    static let offloadInbound: UInt8 = 2
    static let offloadPacket: UInt8 = 4
    static let allow: UInt8 = 0
    static let block: UInt8 = 1
    /// Templates that one policy may have.
    static let templateLimit = 6
    /// Packets that the widest replay window covers.
    static let replayWindowLimit: UInt32 = 4096
    /// Packets that the window in the SA's own structure covers.
    static let plainReplayWindowLimit: UInt32 = 32
    static let algorithmNameSize = 64
    /// Octets that an attribute of ours may have, well within the 16 bits of its length.
    static let attributeLimit = 8192
    /// In a report of flushed SAs: all of IPsec's protocols.
    static let anyIPsecProtocol: UInt8 = 255
    /// SELinux labels and all others travel under this number inside their attribute.
    static let contextType: UInt16 = 8
}
