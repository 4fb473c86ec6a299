import ControlProtocol
import Glibc
import KeyMaterial
import LinuxIO

/// One request to the daemon over its control socket.
struct ControlClient {
    let path: String

    func perform(_ request: ControlRequest, patience: Duration) throws(ControlFailure) -> ControlReply {
        try Self.translated {
            var socket = try StreamSocket(connectingTo: path)
            try socket.write(JSONWriter.text(request.json) + "\n")
            guard let line = try socket.readLine(timeout: patience, maximum: ControlReply.maximumSize) else {
                throw ControlFailure(
                    .busy, "the daemon closed the connection without an answer; is it ending?")
            }
            return try ControlReply(line: Array(line.utf8))
        }
    }

    /// Asks for the keys of all SAs, and hands on each table with its name.
    func keys(
        patience: Duration, _ take: (String, borrowing SecretBytes) throws -> Void
    ) throws(ControlFailure) -> KeyReport {
        try Self.translated {
            var socket = try StreamSocket(connectingTo: path)
            try socket.write(JSONWriter.text(ControlRequest.keys.json) + "\n")
            let line = try socket.readLineBeforeSecret(timeout: patience)
            switch try ControlReply(line: Array(line.utf8)) {
            case .keys(let report):
                for table in report.tables {
                    try take(table.name, try socket.readSecret(table.octets, timeout: patience))
                }
                return report
            case .failed(let failure): throw failure
            case .status, .drops, .sas, .certificates, .done:
                throw ControlFailure(.malformed, "the daemon's answer is not what was asked for")
            }
        }
    }

    private static func translated<Value>(_ body: () throws -> Value) throws(ControlFailure) -> Value {
        do {
            return try body()
        } catch let error as SystemError {
            throw failure(error)
        } catch let failure as ControlFailure {
            throw failure
        } catch {
            throw ControlFailure(.system, "\(error)")
        }
    }

    private static func failure(_ error: SystemError) -> ControlFailure {
        let kind: ControlFailure.Kind =
            switch error.code {
            case ENOENT, ECONNREFUSED: .notRunning
            case EACCES, EPERM: .notPermitted
            case ETIMEDOUT, EAGAIN: .timeout
            default: .system
            }
        return ControlFailure(kind, "\(error)")
    }
}
