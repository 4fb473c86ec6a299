/// What the file system says about a file of pre-shared keys; the caller looks it up on the open descriptor.
package struct SharedSecretFile: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case regular
        /// Anything else, in words: `directory`.
        case other(String)
    }

    /// Whom the process runs as.
    package struct Process: Hashable, Sendable {
        package var realUser: UInt32
        package var effectiveUser: UInt32

        package init(realUser: UInt32, effectiveUser: UInt32) {
            self.realUser = realUser
            self.effectiveUser = effectiveUser
        }
    }

    package var path: String
    package var kind: Kind
    package var owner: UInt32
    /// The low twelve mode bits.
    package var permissions: UInt32

    package init(path: String, kind: Kind, owner: UInt32, permissions: UInt32) {
        self.path = path
        self.kind = kind
        self.owner = owner
        self.permissions = permissions
    }

    /// Why keys must not be read from this file, and what to type; nil if they may.
    ///
    /// The rule is racoon's: a regular file of the running user's, with no permission for group and others.
    package func weakness(for process: Process) -> String? {
        if process.realUser != process.effectiveUser {
            return "\(path): the process runs as user \(process.effectiveUser) on behalf of user "
                + "\(process.realUser); keys are read only where both are the same"
        }
        if case .other(let kind) = kind {
            return "\(path): is a \(kind) where a regular file is expected; name the file itself"
        }
        if owner != process.effectiveUser {
            return
                "\(path): belongs to user \(owner), but the process runs as user \(process.effectiveUser); "
                + "type: chown \(process.effectiveUser) \(path)"
        }
        if permissions & 0o077 != 0 {
            let digits = String(permissions & 0o777, radix: 8)
            let mode = String(repeating: "0", count: 4 - digits.count) + digits
            return "\(path): mode \(mode) gives group or others access to the keys; type: chmod 600 \(path)"
        }
        return nil
    }
}
