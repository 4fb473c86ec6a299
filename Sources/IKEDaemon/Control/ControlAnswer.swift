package import ControlProtocol
package import KeyMaterial

/// What a client of the control socket gets.
package struct ControlAnswer: Sendable {
    package var reply: ControlReply
    /// What follows the reply's line, and is kept from everybody else.
    package var secret: SecretKey?

    package init(_ reply: ControlReply, secret: SecretKey? = nil) {
        self.reply = reply
        self.secret = secret
    }
}

/// Who is at the other end of the control socket, as the kernel knows.
package struct ControlPeer: Hashable, Sendable, CustomStringConvertible {
    package var process: Int32
    package var user: UInt32

    package init(process: Int32, user: UInt32) {
        self.process = process
        self.user = user
    }

    package var isRoot: Bool { user == 0 }

    package var description: String { "user \(user), process \(process)" }
}
