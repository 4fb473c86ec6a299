import ControlProtocol
import Glibc
import LinuxIO

/// One request to the daemon over its control socket.
struct ControlClient {
    let path: String

    func perform(_ request: ControlRequest, patience: Duration) throws(ControlFailure) -> ControlReply {
        do {
            var socket = try StreamSocket(connectingTo: path)
            try socket.write(JSONWriter.text(request.json) + "\n")
            guard let line = try socket.readLine(timeout: patience, maximum: ControlReply.maximumSize) else {
                throw ControlFailure(
                    .busy, "the daemon closed the connection without an answer; is it ending?")
            }
            return try ControlReply(line: Array(line.utf8))
        } catch let error as SystemError {
            throw Self.failure(error)
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
