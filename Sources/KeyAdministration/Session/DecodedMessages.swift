import IPsec
import PFKey

/// PF_KEY messages out of files, as `swiftkey FILE` prints them.
extension KeySession {
    func decode(_ paths: [String]) throws {
        for path in paths {
            let octets = try environment.readFile(path).get()
            for message in try messages(octets, path) { write(message, path) }
        }
    }

    /// Cuts a dump into messages; each tells its length in units of 8 octets behind four others.
    private func messages(_ octets: [UInt8], _ path: String) throws(SessionFailure) -> [SADBMessage] {
        guard octets.count >= SADBHeader.size else {
            throw SessionFailure(
                "\(path): Invalid argument: a PF_KEY message has \(SADBHeader.size) octets or more")
        }
        var messages: [SADBMessage] = []
        var rest = octets[...]
        while rest.count >= SADBHeader.size {
            let length = MessageOctets.length(rest.dropFirst(4))
            guard length >= SADBHeader.size, length <= rest.count else {
                throw SessionFailure(
                    "\(path): a message says that it has \(length) octets, and \(rest.count) are left")
            }
            do throws(SADBError) {
                messages.append(try SADBMessage(decoding: Array(rest.prefix(length)).span))
            } catch {
                throw SessionFailure("\(path): \(error)")
            }
            rest = rest.dropFirst(length)
        }
        return messages
    }

    private func write(_ message: SADBMessage, _ path: String) {
        listings.output.writeLine(
            "\(message.header.type) seq=\(message.header.sequence) pid=\(message.header.process)")
        trace?.write(message)
        do throws(SADBError) {
            switch try SADBAnswer(message, .linux) {
            case .refused(let failure): listings.output.writeLine("\t\(failure.explanation)")
            case .association(let record): listings.write(record)
            case .policy(let record): listings.write(record)
            case .done: break
            }
        } catch {
            complaints.fail("\(path): \(error)")
        }
    }
}
