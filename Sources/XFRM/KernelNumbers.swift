/// Message types of NETLINK_XFRM.
package enum XFRMMessage {
    package static let newState: UInt16 = 0x10
    package static let deleteState: UInt16 = 0x11
    package static let getState: UInt16 = 0x12
    package static let newPolicy: UInt16 = 0x13
    package static let deletePolicy: UInt16 = 0x14
    package static let getPolicy: UInt16 = 0x15
    package static let allocateSPI: UInt16 = 0x16
    package static let acquire: UInt16 = 0x17
    package static let expire: UInt16 = 0x18
    package static let updatePolicy: UInt16 = 0x19
    package static let updateState: UInt16 = 0x1a
    package static let policyExpire: UInt16 = 0x1b
    package static let flushStates: UInt16 = 0x1c
    package static let flushPolicies: UInt16 = 0x1d
    package static let newReplayPosition: UInt16 = 0x1e
    package static let getReplayPosition: UInt16 = 0x1f
    package static let report: UInt16 = 0x20
    package static let migrate: UInt16 = 0x21
    package static let newStateCount: UInt16 = 0x22
    package static let getStateCount: UInt16 = 0x23
    package static let newPolicyCount: UInt16 = 0x24
    package static let getPolicyCount: UInt16 = 0x25
    package static let mapping: UInt16 = 0x26
    package static let setDefaultPolicy: UInt16 = 0x27
    package static let getDefaultPolicy: UInt16 = 0x28
}

/// Attributes of NETLINK_XFRM; kernel headers of the day may know fewer.
package enum XFRMAttribute {
    package static let authentication: UInt16 = 1
    package static let encryption: UInt16 = 2
    package static let compression: UInt16 = 3
    package static let encapsulation: UInt16 = 4
    package static let templates: UInt16 = 5
    /// xfrm_usersa_info, in a report of a deletion.
    package static let state: UInt16 = 6
    /// xfrm_userpolicy_info, in a report of a deletion.
    package static let policy: UInt16 = 7
    package static let securityContext: UInt16 = 8
    package static let usage: UInt16 = 9
    package static let replayValue: UInt16 = 10
    package static let replayThreshold: UInt16 = 11
    package static let timerThreshold: UInt16 = 12
    package static let sourceAddress: UInt16 = 13
    package static let careOfAddress: UInt16 = 14
    package static let lastUsed: UInt16 = 15
    package static let policyType: UInt16 = 16
    package static let migration: UInt16 = 17
    package static let aead: UInt16 = 18
    package static let keyManagerAddress: UInt16 = 19
    package static let truncatedAuthentication: UInt16 = 20
    package static let mark: UInt16 = 21
    package static let trafficFlowPadding: UInt16 = 22
    package static let replayState: UInt16 = 23
    package static let extraFlags: UInt16 = 24
    package static let protocolFilter: UInt16 = 25
    package static let addressFilter: UInt16 = 26
    package static let padding: UInt16 = 27
    package static let offload: UInt16 = 28
    package static let outputMark: UInt16 = 29
    package static let outputMarkMask: UInt16 = 30
    package static let interfaceID: UInt16 = 31
    package static let mappingThreshold: UInt16 = 32
    /// Known since Linux 6.10.
    package static let direction: UInt16 = 33
    package static let keepaliveInterval: UInt16 = 34
    package static let processor: UInt16 = 35
    package static let aggregationDropTime: UInt16 = 36
    package static let aggregationReorderWindow: UInt16 = 37
    package static let aggregationNeverFragments: UInt16 = 38
    package static let aggregationInitialDelay: UInt16 = 39
    package static let aggregationMaximumQueue: UInt16 = 40
    package static let aggregationPacketSize: UInt16 = 41
}

/// Multicast groups of NETLINK_XFRM.
package enum XFRMGroup {
    package static let acquire: UInt32 = 1
    package static let expire: UInt32 = 2
    package static let states: UInt32 = 3
    package static let policies: UInt32 = 4
    package static let replayPositions: UInt32 = 5
    package static let reports: UInt32 = 6
    package static let migrations: UInt32 = 7
    package static let mapping: UInt32 = 8

    package static let all = acquire...mapping
}

/// Flags of an SA that have a place of their own in our form; `SAFlag` has the others.
enum XFRMStateFlag {
    static let extendedSequenceNumbers: UInt8 = 128
}

/// Other values in the kernel's structures.
package enum XFRMValue {
    /// No limit, where 0 would be a limit of nothing.
    package static let infinite = UInt64.max
    package static let udpNonIKE: UInt16 = 1
    package static let espInUDP: UInt16 = 2
    package static let espInTCP: UInt16 = 7
    package static let inbound: UInt8 = 1
    package static let outbound: UInt8 = 2
    package static let offloadInbound: UInt8 = 2
    package static let offloadPacket: UInt8 = 4
    package static let allow: UInt8 = 0
    package static let block: UInt8 = 1
    /// Templates that one policy may have.
    package static let templateLimit = 6
    /// Packets that the widest replay window covers.
    package static let replayWindowLimit: UInt32 = 4096
    /// Packets that the window in the SA's own structure covers.
    package static let plainReplayWindowLimit: UInt32 = 32
    package static let algorithmNameSize = 64
    /// Octets that an attribute of ours may have, well within the 16 bits of its length.
    package static let attributeLimit = 8192
    /// In a report of flushed SAs: all of IPsec's protocols.
    package static let anyIPsecProtocol: UInt8 = 255
    /// SELinux labels and all others travel under this number inside their attribute.
    package static let contextType: UInt16 = 8
}
