import Algorithms
import IPsec
import LinuxIO
import PFKey
import PFKeySocket
import UserspaceIPsec

/// The socket through which administrators edit the SAD and SPD of the user-space data plane.
struct PFKeyEndpoint {
    static let defaultPath = "/run/swiftike/pfkey.sock"

    private let server: PFKeyServer
    let path: String

    /// Opens the socket of a user-space plane; other planes have none.
    init?(serving plane: any DataPlane, path: String?) throws {
        guard let plane = plane as? UserspaceDataPlane else { return nil }
        let path = path ?? Self.defaultPath
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try FileSystem.makeDirectory(String(path[..<slash]), mode: 0o700)
        }
        let inbox = try PFKeyEventInbox()
        let administration = try plane.administration()
        server = try PFKeyServer(path: path, inbox: inbox) { events in
            AdministeredPlane(
                administration, dialect: .linux, algorithms: Self.algorithms, events: events)
        }
        plane.watch { inbox.put($0) }
        self.path = path
    }

    /// Before the plane ends.
    func shutDown() {
        server.shutDown()
    }

    /// What the engine performs.
    private static var algorithms: SADBAlgorithms {
        SADBAlgorithms(
            Catalogue.encryption.filter(\.isInSoftware), Catalogue.integrity.filter(\.isInSoftware))
    }
}
