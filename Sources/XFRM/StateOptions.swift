import IPsec
import Netlink
import Wire

extension SAOptions {
    /// Takes an attribute that is an option of an SA; false for all else.
    mutating func take(kernel type: UInt16, _ payload: Span<UInt8>) throws(WireError) -> Bool {
        var value = payload
        switch type {
        case XFRMAttribute.mark: mark = try value.takeKernelMark()
        case XFRMAttribute.outputMark:
            outputMark = Mark(value: try value.takeHostUInt32(), mask: outputMark?.mask ?? .max)
        case XFRMAttribute.outputMarkMask:
            outputMark = Mark(value: outputMark?.value ?? 0, mask: try value.takeHostUInt32())
        case XFRMAttribute.interfaceID: interfaceID = try value.takeHostUInt32()
        case XFRMAttribute.extraFlags: flags.formUnion(Set(extraBits: try value.takeHostUInt32()))
        case XFRMAttribute.trafficFlowPadding: trafficFlowPadding = try value.takeHostUInt32()
        case XFRMAttribute.offload: offload = try value.takeKernelOffload()
        case XFRMAttribute.securityContext: securityContext = try value.takeKernelLabel()
        case XFRMAttribute.processor: processor = try value.takeHostUInt32()
        case XFRMAttribute.direction: return try takeDirection(&value)
        default:
            if try takeReporting(type, &value) { return true }
            return try takeAggregation(type, &value)
        }
        return true
    }

    /// A direction that is neither of the two stays an attribute without a meaning.
    private mutating func takeDirection(_ value: inout Span<UInt8>) throws(WireError) -> Bool {
        direction = Direction(kernelNumber: try value.takeUInt8())
        return direction != nil
    }

    private mutating func takeReporting(
        _ type: UInt16, _ value: inout Span<UInt8>
    ) throws(WireError) -> Bool {
        switch type {
        case XFRMAttribute.replayThreshold: replayThreshold = try value.takeHostUInt32()
        case XFRMAttribute.timerThreshold: timerThreshold = try value.takeHostUInt32()
        case XFRMAttribute.mappingThreshold: mappingThreshold = try value.takeHostUInt32()
        case XFRMAttribute.keepaliveInterval: keepaliveInterval = try value.takeHostUInt32()
        default: return false
        }
        return true
    }

    private mutating func takeAggregation(
        _ type: UInt16, _ value: inout Span<UInt8>
    ) throws(WireError) -> Bool {
        var found = aggregation ?? Aggregation()
        switch type {
        case XFRMAttribute.aggregationDropTime: found.dropTime = try value.takeHostUInt32()
        case XFRMAttribute.aggregationReorderWindow: found.reorderWindow = try value.takeHostUInt16()
        case XFRMAttribute.aggregationNeverFragments: found.neverFragments = true
        case XFRMAttribute.aggregationInitialDelay: found.initialDelay = try value.takeHostUInt32()
        case XFRMAttribute.aggregationMaximumQueue: found.maximumQueue = try value.takeHostUInt32()
        case XFRMAttribute.aggregationPacketSize: found.packetSize = try value.takeHostUInt32()
        default: return false
        }
        aggregation = found
        return true
    }
}
