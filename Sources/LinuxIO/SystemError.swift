import Glibc

/// A system call that failed: which, with what error number, and what that means here.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call, as its manual page is called, with its object where there is one: `open /etc/x`.
    package let call: String
    /// The error number (errno).
    package let code: Int32
    /// What the person at the terminal can do about it, where we know.
    package let advice: String?

    package init(_ call: String, code: Int32 = errno, advice: String? = nil) {
        self.call = call
        self.code = code
        self.advice = advice
    }

    /// `bind: Address already in use; port 500 is taken by charon (process 812)`.
    package var description: String {
        let text = "\(call): \(Self.text(of: code))"
        return advice.map { "\(text); \($0)" } ?? text
    }

    /// The C library's words for an error number.
    package static func text(of code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    /// The result of a call that answers -errno on failure.
    static func check(_ result: Int32, _ call: @autoclosure () -> String) throws(SystemError) -> Int32 {
        guard result >= 0 else { throw SystemError(call(), code: -result) }
        return result
    }

    /// The result of a call that answers -1 and sets errno on failure; interrupted calls are made again.
    static func retrying(
        _ call: @autoclosure () -> String, _ body: () -> Int
    ) throws(SystemError) -> Int {
        while true {
            let result = body()
            if result >= 0 { return result }
            guard errno == EINTR else { throw SystemError(call()) }
        }
    }
}
