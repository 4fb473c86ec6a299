import ControlProtocol
import IPsec
import KeyMaterial
import LinuxIO

/// One figure, and what is asked of it.
struct Figure {
    let name: String
    let value: Double
    let unit: String
    /// The most it may be; nil where nothing is asked.
    let limit: Double?
    /// How it came to be, for people.
    var remark = ""

    var isMet: Bool { limit.map { value <= $0 } ?? true }

    var line: String {
        let asked = limit.map { "at most \(Self.text($0)) \(unit): \(isMet ? "met" : "MISSED")" } ?? ""
        return "  \(Self.padded(name, 44)) \(Self.padded(Self.text(value) + " " + unit, 16)) \(asked)"
            + (remark.isEmpty ? "" : "\n      \(remark)")
    }

    var json: JSONValue {
        .object([
            .init("name", .string(name)), .init("value", .string(Self.text(value))),
            .init("unit", .string(unit)), .init("limit", limit.map { .string(Self.text($0)) } ?? .null),
            .init("met", .bool(isMet)),
        ])
    }

    static func text(_ value: Double) -> String {
        let thousandths = Int((value * 1000).rounded())
        guard thousandths % 1000 != 0 else { return "\(thousandths / 1000)" }
        let fraction = "\(1000 + thousandths % 1000)".dropFirst()
        return "\(thousandths / 1000).\(fraction)"
    }

    static func median(_ values: ArraySlice<Double>) -> String {
        text(values.sorted()[values.count / 2])
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// What handshakes cost a responder, and what the SAs they leave do.
struct HandshakeFigures {
    let version: LoadVersion
    /// Of the peers; nil for that which the route to the responder has.
    var from: IPAddress?
    /// Peers on their way at once; below what a responder allows one address.
    var window = 64
    /// Handshakes that are measured together.
    var batch = 1000
    /// Handshakes in all.
    var total = 50_000

    /// What it costs to set peers up, from the first to the last of many.
    ///
    /// - Parameter process: the responder's; nil where that is not known, so that only the load is driven.
    /// - Parameter fresh: a responder without SAs that the last peers go to by turns, since a machine that is shared is
    ///   not as fast at the end as at the start; without it the end is compared with the start.
    func cost(of process: Int32?, at responder: Endpoint, besides fresh: Responder? = nil) throws -> [Figure]
    {
        guard let process else {
            var load = try readyLoad(at: responder)
            try load.establish(total: total, window: window)
            return []
        }
        var subject = Measured(try readyLoad(at: responder), process: process)
        let start = try ProcessUse(of: process)
        let batches = (max(1, total - Self.warmUp) + batch - 1) / batch
        let last = batches < 20 ? 0 : Self.compared
        var residentAtTenThousand: Int?
        for _ in 0..<(batches - last) {
            try subject.establish(batch, window: window)
            let count = subject.load.peers.count
            if count >= Self.memoryCount, residentAtTenThousand == nil {
                let resident = try ProcessUse(of: process).resident - start.resident
                residentAtTenThousand = resident / (count - Self.warmUp)
            }
        }
        var comparison = try fresh.map { Measured(try readyLoad(at: $0.endpoint), process: $0.process) }
        for _ in 0..<last {
            try subject.establish(batch, window: window)
            try comparison?.establish(batch, window: window)
        }
        let early = Array(subject.costs.prefix(Self.compared))
        return figures(
            subject.costs, late: last, beside: comparison?.costs ?? early, residentAtTenThousand)
    }

    /// A load that has set up a few peers: the first ones find nothing ready.
    private func readyLoad(at responder: Endpoint) throws -> LoadInitiator {
        let secret = SecretKey(copying: Array(Responder.secret.utf8))
        var load = try LoadInitiator(version, from: from, responder: responder, secret: secret)
        try load.establish(total: Self.warmUp, window: window)
        return load
    }

    /// - Parameters:
    ///   - late: how many of the last batches are compared.
    ///   - beside: what handshakes cost where there were few SAs, when those were measured.
    private func figures(
        _ costs: [Double], late: Int, beside: [Double], _ resident: Int?
    ) -> [Figure] {
        guard let least = costs.min() else { return [] }
        var figures = [
            Figure(
                name: "\(version.rawValue): processor time per handshake", value: least, unit: "ms",
                limit: Double(version.goal) / 1_000_000,
                remark: "least of \(costs.count) batches of \(batch); median \(Figure.median(costs[...]))")
        ]
        let costs = costs.suffix(late)
        if let last = costs.min(), let first = beside.min() {
            figures.append(
                Figure(
                    name: "\(version.rawValue): the same with \(total) SAs, relative", value: last / first,
                    unit: "times", limit: Self.mostGrowth,
                    remark: "least \(Figure.text(last)) to \(Figure.text(first)) ms, "
                        + "median \(Figure.median(costs)) to \(Figure.median(beside[...]))"))
        }
        if let resident {
            figures.append(
                Figure(
                    name: "\(version.rawValue): memory per pair at \(Self.memoryCount)",
                    value: Double(resident) / 1024, unit: "KiB", limit: Self.mostMemory))
        }
        return figures
    }

    /// What becomes of peers whose SAs are all renewed, those of IKE and their children.
    ///
    /// - Parameter lifetimes: those of the side that renews, which the peers of IKEv1 do and IKEv2's leave to the
    ///   responder.
    func renewal(
        of process: Int32, at responder: Endpoint, _ lifetimes: LoadLifetimes, count: Int
    ) throws -> [Figure] {
        let secret = SecretKey(copying: Array(Responder.secret.utf8))
        var load = try LoadInitiator(
            version, version == .ikev1 ? lifetimes : LoadLifetimes(), from: from, responder: responder,
            secret: secret)
        try load.establish(total: count, window: window)
        load.resetCount()
        let before = try ProcessUse(of: process)
        let end = MonotonicClock.now + lifetimes.ike
        try load.serve { $0.ikeRenewals < count && MonotonicClock.now < end }
        try load.serve { $0.childRenewals < count && MonotonicClock.now < end }
        let after = try ProcessUse(of: process)
        let done = load.count
        let name = "\(version.rawValue): \(count) SAs renewed"
        let troubles = done.troubles.count + done.strays
        return [
            Figure(
                name: "\(name): not renewed in time",
                value: Double(max(0, count - done.ikeRenewals) + max(0, count - done.childRenewals)),
                unit: "SAs", limit: 0,
                remark: "\(done.ikeRenewals) IKE SAs and \(done.childRenewals) child SAs were"),
            Figure(
                name: "\(name): lost or failed", value: Double(troubles), unit: "SAs", limit: 0,
                remark: done.troubles.first ?? ""),
            Figure(name: "\(name): sent again", value: Double(done.repetitions), unit: "messages", limit: 0),
            Figure(
                name: "\(name): processor time per renewal",
                value: Double(after.processor - before.processor)
                    / Double(max(1, done.ikeRenewals + done.childRenewals)) / 1_000_000, unit: "ms",
                limit: nil),
        ]
    }

    /// Handshakes before anything is measured.
    static let warmUp = 100
    /// Batches whose costs are compared.
    private static let compared = 10
    private static let memoryCount = 10_000
    private static let mostMemory = 6.0
    /// How much more the last handshakes may cost than the first: noise, and a colder cache.
    private static let mostGrowth = 1.25
}

/// A load, and what each batch of it cost its responder.
private struct Measured: ~Copyable {
    var load: LoadInitiator
    let process: Int32
    /// Processor time of a handshake, milliseconds.
    private(set) var costs: [Double] = []

    init(_ load: consuming LoadInitiator, process: Int32) {
        self.load = load
        self.process = process
    }

    mutating func establish(_ count: Int, window: Int) throws {
        let before = try ProcessUse(of: process).processor
        try load.establish(total: load.peers.count + count, window: window)
        let after = try ProcessUse(of: process).processor
        costs.append(Double(after - before) / Double(count) / 1_000_000)
    }
}
