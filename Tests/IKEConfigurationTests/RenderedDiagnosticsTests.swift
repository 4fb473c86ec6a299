import IKEConfiguration
import SourceText
import Testing

/// Bad configurations and all that is said of them, as it stands on the terminal.
@Suite struct RenderedDiagnosticsTests {
    struct Case: CustomTestStringConvertible, Sendable {
        /// What is wrong.
        let testDescription: String
        let text: String
        let report: String
        let files: [String: String]

        init(_ name: String, files: [String: String] = [:], _ text: String, _ report: String) {
            (testDescription, self.text, self.report, self.files) = (name, text, report, files)
        }
    }

    @Test(arguments: includes + algorithms + proposals + tunnels)
    func exactly(_ wrong: Case) {
        let result = FileSet(files: wrong.files).load(wrong.text)
        switch result {
        case .success(let configuration): Issue.record("it loads: \(configuration.notices.rendered)")
        case .failure(let rejection):
            #expect(rejection.diagnostics.rendered == wrong.report)
            #expect(rejection.cause == .faulty)
        }
    }

    @Test func aFileThatIsNotThereIsNoFaultOfItsText() {
        switch ConfigurationFile.load("none.conf", reading: FileSet().reading) {
        case .success: Issue.record("it loads")
        case .failure(let rejection):
            #expect(rejection.cause == .unreadable)
            #expect(
                rejection.diagnostics.rendered
                    == "none.conf: error: the configuration cannot be read: No such file or directory")
        }
    }

    private static let includes = [
        Case(
            "an include that matches nothing, in an included file",
            files: ["a": "log info;\n  include \"b\";\n"],
            "include \"a\";",
            """
            a:2:11: error: no file matches 'b'
                  include "b";
                          ^~~
            """),
        Case(
            "a loop over two files", files: ["a": "\tinclude \"b\";", "b": "include \"a\";"],
            "include \"a\";",
            """
            b:1:9: error: this include is a loop: t.conf -> a -> b -> a
                include "a";
                        ^~~
            """),
        Case(
            "files eleven deep",
            files: Dictionary(uniqueKeysWithValues: (1...11).map { ("\($0)", "include \"\($0 + 1)\";") }),
            "include \"1\";",
            """
            10:1:9: error: files include each other 11 deep, at most 10 are allowed: \
            t.conf -> 1 -> 2 -> 3 -> 4 -> 5 -> 6 -> 7 -> 8 -> 9 -> 10
                include "11";
                        ^~~~
            """),
        Case(
            "errors in two files, each file's in order of its text",
            files: ["a": "log b;\npath c;\n"], "lgo info;\ninclude \"a\";\nlog x;\n",
            """
            t.conf:1:1: error: unknown statement 'lgo' at the top level; did you mean 'log'?
                lgo info;
                ^~~
            t.conf:3:5: error: expected \(levels), found 'x'
                log x;
                    ^
            a:1:5: error: expected \(levels), found 'b'
                log b;
                    ^
            a:2:6: error: expected 'include', 'pre_shared_key', 'certificate', 'script', 'backupsa', 'pidfile' or 'leases', \
            found 'c'
                path c;
                     ^
            """),
        Case(
            "a policy file with a fault", files: ["p": "spdflush;\nspdadd 10.0.0.1 any -P out none;\n"],
            "include_policy \"p\";",
            """
            p:2:17: error: expected the destination, an address or network, found 'any'
                spdadd 10.0.0.1 any -P out none;
                                ^~~
            """),
    ]

    private static let levels = "'error', 'warning', 'notify', 'info', 'debug' or 'debug2'"
}
