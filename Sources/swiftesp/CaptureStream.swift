import ArgumentParser
import CaptureFile
import LinuxIO

/// A capture read packet by packet from a file, or from standard input.
struct CaptureStream {
    private let path: String
    private let file: InputFile
    private var reader: CaptureReader

    /// Opens it; a failure is told and ends the program.
    init(_ path: String) throws {
        self.path = path == "-" ? "standard input" : path
        do throws(SystemError) {
            file = try InputFile(path)
        } catch {
            Standard.complain("\(error)")
            throw ExitStatus.noInput
        }
        let file = file
        do throws(CaptureFailure) {
            reader = try CaptureReader { () throws(CaptureFailure) in
                do throws(SystemError) {
                    return try file.read()
                } catch {
                    throw CaptureFailure(.unreadable, found: "\(error)")
                }
            }
        } catch {
            throw Self.told(error, self.path)
        }
    }

    var form: CaptureForm { reader.form }

    /// Whether a path is this very file, so that writing there would destroy it.
    func isSameFile(as other: String) -> Bool { file.isSameFile(as: other) }

    /// Hands all packets over.
    ///
    /// - Returns: How the program has to end; nil at the end of a whole file.
    mutating func forEach(_ body: (CapturedPacket) throws -> Void) throws -> ExitCode? {
        while true {
            let packet: CapturedPacket?
            do throws(CaptureFailure) {
                packet = try reader.next()
            } catch {
                return Self.told(error, path)
            }
            guard let packet else { return nil }
            try body(packet)
        }
    }

    private static func told(_ failure: CaptureFailure, _ path: String) -> ExitCode {
        Standard.complain(failure.kind == .unreadable ? "\(failure)" : "\(path): \(failure)")
        return failure.kind == .unreadable ? ExitStatus.ioError : ExitStatus.dataError
    }
}
