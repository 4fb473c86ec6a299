/// Message types of NETLINK_XFRM.
enum XFRMMessage {
    static let newState: UInt16 = 0x10
    static let deleteState: UInt16 = 0x11
    static let getState: UInt16 = 0x12
    static let deletePolicy: UInt16 = 0x14
    static let newPolicy: UInt16 = 0x13
    static let getPolicy: UInt16 = 0x15
    static let acquire: UInt16 = 0x17
    static let expire: UInt16 = 0x18
    static let updatePolicy: UInt16 = 0x19
    static let updateState: UInt16 = 0x1a
    static let mapping: UInt16 = 0x26
}

/// Attributes of NETLINK_XFRM; kernel headers of the day may know fewer.
enum XFRMAttribute {
    static let authentication: UInt16 = 1
    static let encryption: UInt16 = 2
    static let encapsulation: UInt16 = 4
    static let templates: UInt16 = 5
    static let policyType: UInt16 = 16
    static let aead: UInt16 = 18
    static let truncatedAuthentication: UInt16 = 20
    static let mark: UInt16 = 21
    static let replayState: UInt16 = 23
    static let interfaceID: UInt16 = 31
    /// Known since Linux 6.10.
    static let direction: UInt16 = 33
}

/// Multicast groups of NETLINK_XFRM.
enum XFRMGroup {
    static let acquire: UInt32 = 1
    static let expire: UInt32 = 2
    static let mapping: UInt32 = 8
}

/// Flags of an SA.
enum XFRMStateFlag {
    /// A selector without a family matches packets of every family.
    static let anyFamily: UInt8 = 32
    static let extendedSequenceNumbers: UInt8 = 128
}

/// Other values in the kernel's structures.
enum XFRMValue {
    /// No limit, where 0 would be a limit of nothing.
    static let infinite = UInt64.max
    /// Any algorithm; a template with fewer bits refuses packets.
    static let allAlgorithms = UInt32.max
    static let espInUDP: UInt16 = 2
    static let inbound: UInt8 = 1
    static let outbound: UInt8 = 2
    static let allow: UInt8 = 0
    static let block: UInt8 = 1
    static let mainPolicies: UInt8 = 0
    /// Templates that one policy may have.
    static let templateLimit = 6
    /// Packets that the widest replay window covers.
    static let replayWindowLimit: UInt32 = 4096
    /// Packets that the window in the SA's own structure covers.
    static let plainReplayWindowLimit: UInt32 = 32
    static let algorithmNameSize = 64
}
