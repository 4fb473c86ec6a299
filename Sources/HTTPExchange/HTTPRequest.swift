/// A request for one answer on a connection of its own.
package struct HTTPRequest: Hashable, Sendable {
    package enum Method: Hashable, Sendable {
        case get
        /// With a body of this type.
        case post(type: String, [UInt8])
    }

    package var location: HTTPLocation
    package var method: Method
    /// The type that is wanted.
    package var accepted: String

    package init(_ method: Method, _ location: HTTPLocation, accepted: String) {
        self.method = method
        self.location = location
        self.accepted = accepted
    }

    /// What is sent (RFC 9112).
    package var octets: [UInt8] {
        let common =
            "Host: \(location.authority)\r\nUser-Agent: swiftike\r\nAccept: \(accepted)\r\nConnection: close\r\n"
        return switch method {
        case .get: Array("GET \(location.target) HTTP/1.1\r\n\(common)\r\n".utf8)
        case .post(let type, let body):
            Array(
                ("POST \(location.target) HTTP/1.1\r\n\(common)Content-Type: \(type)\r\n"
                    + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
        }
    }
}
