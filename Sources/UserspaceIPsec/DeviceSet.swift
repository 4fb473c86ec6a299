import IPsec
import LinuxIO

/// The TUN devices of the plane: its own, and those that policies name, which come and go with their policies.
struct DeviceSet: Sendable {
    /// The plane's own, then the others in the order they were made.
    private(set) var devices: [TUNDevice]
    private let queueCount: Int
    /// How many policies name each device.
    private var uses: [String: Int] = [:]

    /// - Parameter queues: how many queues each device has.
    init(_ own: TUNDevice, queues: Int) {
        devices = [own]
        queueCount = queues
    }

    /// The plane's own device.
    var own: TUNDevice { devices[0] }

    /// The number of a device; 0, the plane's own, for nil.
    func number(of name: String?) -> Int {
        name.flatMap { name in devices.firstIndex { $0.name == name } } ?? 0
    }

    /// Makes the device that a policy names, unless it is there.
    mutating func prepare(_ name: String?, mtu: Int) throws(DatabaseFailure) {
        guard let name, !devices.contains(where: { $0.name == name }) else { return }
        guard Self.isUsable(name) else {
            throw DatabaseFailure(
                .unsupported,
                "A network device cannot be called \"\(name)\"; use 1 to 15 letters, digits, '-', '_' or '.'."
            )
        }
        do throws(SystemError) {
            devices.append(try TUNDevice.prepared(named: name, queues: queueCount, mtu: mtu))
        } catch {
            throw DatabaseFailure(.other, "The device \(name) that a policy names cannot be made: \(error).")
        }
    }

    /// Puts a new device of the same name in the place of one that was deleted.
    mutating func restore(_ device: TUNDevice, mtu: Int) throws(DatabaseFailure) {
        guard let place = devices.firstIndex(where: { $0 === device }) else { return }
        do throws(SystemError) {
            devices[place] = try TUNDevice.prepared(named: device.name, queues: queueCount, mtu: mtu)
        } catch {
            throw DatabaseFailure(.other, "\(error).")
        }
    }

    /// Follows a policy, and lets the devices go that no policy names any more.
    mutating func apply(_ change: PolicyChange) {
        if let name = change.present?.device { uses[name, default: 0] += 1 }
        if let name = change.former?.device, let count = uses[name] {
            uses[name] = count > 1 ? count - 1 : nil
        }
        if devices.count > 1 { devices = [own] + devices.dropFirst().filter { uses[$0.name] != nil } }
    }

    /// Whether the kernel would take it as it is, and not as a pattern.
    private static func isUsable(_ name: String) -> Bool {
        let others: Set<Character> = ["-", "_", "."]
        return (1...15).contains(name.utf8.count) && name != "." && name != ".."
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || others.contains($0) }
    }
}

extension TUNDevice {
    /// A device that is up, without what would make it send or drop packets of its own accord.
    static func prepared(named pattern: String, queues: Int, mtu: Int) throws(SystemError) -> TUNDevice {
        let device = try TUNDevice(named: pattern, queues: queues)
        // Absent where the kernel has no such setting; nothing depends on it then.
        try? LocalFile.write("1", to: "/proc/sys/net/ipv6/conf/\(device.name)/addr_gen_mode")
        try? LocalFile.write("0", to: "/proc/sys/net/ipv4/conf/\(device.name)/rp_filter")
        try device.setMTU(mtu)
        try device.setQueueLength(1000)
        try device.setUp()
        return device
    }
}
