import Testing

@testable import ControlProtocol

struct ControlRequestTests {
    @Test(arguments: [
        ControlRequest.status, .reload, .keys, .blackbox(name: "hq"), .down(tunnel: "hq"),
        .up(tunnel: "hq", timeout: nil),
        .up(tunnel: "a \"b\" é", timeout: 86400),
    ])
    func survivesTheWay(request: ControlRequest) throws {
        #expect(try ControlRequest(line: JSONWriter.octets(request.json)) == request)
    }

    @Test(arguments: [
        ("", ControlFailure.Kind.malformed), ("[]", .malformed), ("{}", .malformed),
        (#"{"version":2,"command":"status"}"#, .version),
        (#"{"version":"1","command":"status"}"#, .malformed),
        (#"{"version":1}"#, .malformed), (#"{"version":1,"command":"explode"}"#, .malformed),
        (#"{"version":1,"command":"up"}"#, .malformed),
        (#"{"version":1,"command":"up","tunnel":""}"#, .malformed),
        (#"{"version":1,"command":"up","tunnel":"a","timeout":0}"#, .malformed),
        (#"{"version":1,"command":"up","tunnel":"a","timeout":86401}"#, .malformed),
        (#"{"version":1,"command":"status","tunnel":"a"}"#, .malformed),
        (#"{"version":1,"command":"down","tunnel":"a","more":1}"#, .malformed),
    ])
    func refuses(line: String, kind: ControlFailure.Kind) {
        #expect(refusal(of: Array(line.utf8)) == kind)
    }

    @Test func refusesALongLine() {
        let line = #"{"version":1,"command":"up","tunnel":""# + String(repeating: "x", count: 5000) + "\"}"
        #expect(refusal(of: Array(line.utf8)) == .malformed)
    }

    private func refusal(of line: [UInt8]) -> ControlFailure.Kind? {
        do {
            _ = try ControlRequest(line: line)
            return nil
        } catch {
            return error.kind
        }
    }
}

struct LineAssemblyTests {
    @Test func putsPiecesTogether() {
        var assembly = LineAssembly(maximumSize: 4)
        #expect(assembly.append(Array("ab".utf8)) == .incomplete)
        #expect(assembly.append([]) == .incomplete)
        #expect(assembly.append(Array("cd\nrest".utf8)) == .line(Array("abcd".utf8)))
    }

    @Test func refusesWhatIsTooLongWithAndWithoutAnEnd() {
        var assembly = LineAssembly(maximumSize: 4)
        #expect(assembly.append(Array("abcde".utf8)) == .tooLong)
        #expect(assembly.append(Array("abcde\n".utf8)) == .tooLong)
    }
}
