import ArgumentParser
import ControlProtocol
import Glibc
import Negotiation

extension ControlTool {
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what a code of a negotiation means, what causes it, and what to do.")

        @Argument(help: "The code by name or number; without one, the codes that are explained.")
        var code: String?

        func run() throws {
            guard let code else {
                for explanation in Explanation.all { print(explanation.name) }
                return
            }
            guard let explanation = Explanation(code) else {
                let names = Explanation.all.map(\.name).joined(separator: ", ")
                Standard.complain(
                    TerminalText.escapedLines("no code \"\(code)\" is explained; there are \(names)"))
                throw ExitCode(EX_USAGE)
            }
            for line in explanation.lines { print(line) }
        }
    }
}
