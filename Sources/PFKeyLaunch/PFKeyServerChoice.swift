package import LinuxIO

/// Which server keeps the PF_KEY sockets, and how.
package struct PFKeyServerChoice: Hashable, Sendable {
    /// Of its Unix socket.
    package var path: String
    package var truncation: PFKeyClientSocket.Truncation?

    /// SOCK_NONBLOCK and SOCK_CLOEXEC.
    private static let nonBlocking: Int32 = 0o4000
    static let closeOnExec: Int32 = 0o2000000
    /// The kernel knows types up to this.
    private static let lastType: Int32 = 10

    package init(path: String, truncation: PFKeyClientSocket.Truncation?) {
        self.path = path
        self.truncation = truncation
    }

    /// Whether the kernel would look for a family at all, given a type with flags.
    static func isValid(type: Int32) -> Bool {
        (0...lastType).contains(type & ~(nonBlocking | closeOnExec))
    }

    func open(type: Int32, protocolNumber: Int32) throws(SystemError) -> FileDescriptor {
        try PFKeyClientSocket.open(path, truncation, type: type, protocolNumber: protocolNumber)
    }

    /// Variables by which the preload library learns of it.
    package var environment: [(name: String, value: String)] {
        let bits: String? =
            switch truncation {
            case .bits96: "96"
            case .bits128: "128"
            case nil: nil
            }
        return [("SWIFTPFKEY_SOCKET", path)] + (bits.map { [("SWIFTPFKEY_SHA256", $0)] } ?? [])
    }
}
