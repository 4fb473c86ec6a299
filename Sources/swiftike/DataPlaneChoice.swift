import IKEDaemon
import IPsec
import UserspaceIPsec
import XFRM

/// The data plane that was taken, and why.
struct ChosenDataPlane {
    let plane: any DataPlane
    /// One line for the log.
    let explanation: String

    /// - Parameter packetThreads: how many threads of a user-space plane carry packets at most; nil for the default.
    static func take(_ choice: DataPathChoice, packetThreads: Int?) throws(LaunchFailure) -> ChosenDataPlane {
        switch choice {
        case .null: ChosenDataPlane(NullDataPlane(), "as asked by --datapath")
        case .kernel: try kernel(reason: "as asked by --datapath")
        case .userspace: try userspace(packetThreads, reason: "as asked by --datapath")
        case .auto: try automatic(packetThreads)
        }
    }

    private init(_ plane: any DataPlane, _ reason: String) {
        self.plane = plane
        explanation = "data plane: \(plane.summary) (\(reason))"
    }

    private static func automatic(_ packetThreads: Int?) throws(LaunchFailure) -> ChosenDataPlane {
        let lacks = XFRMDataPlane.probe()
        if lacks.isEmpty { return try kernel(reason: "the kernel has all that is needed") }
        let reason = "not the kernel: \(lacks.joined(separator: "; "))"
        do {
            return try userspace(packetThreads, reason: reason)
        } catch {
            throw LaunchFailure(error.exitStatus, "\(error.explanation)\nswiftike: \(reason)")
        }
    }

    private static func kernel(reason: String) throws(LaunchFailure) -> ChosenDataPlane {
        let lacks = XFRMDataPlane.probe()
        guard lacks.isEmpty else {
            throw LaunchFailure(
                69,
                "the kernel's data plane cannot be used: \(lacks.joined(separator: "; ")); try --datapath userspace"
            )
        }
        do {
            return ChosenDataPlane(try XFRMDataPlane(), reason)
        } catch {
            throw LaunchFailure(error)
        }
    }

    private static func userspace(
        _ packetThreads: Int?, reason: String
    ) throws(LaunchFailure) -> ChosenDataPlane {
        let lacks = UserspaceDataPlane.probe()
        guard lacks.isEmpty else {
            throw LaunchFailure(
                69, "the user-space data plane cannot be used: \(lacks.joined(separator: "; "))")
        }
        do {
            return ChosenDataPlane(
                try UserspaceDataPlane(
                    maximumWorkers: packetThreads ?? UserspaceDataPlane.defaultMaximumWorkers), reason)
        } catch {
            throw LaunchFailure(error)
        }
    }
}
