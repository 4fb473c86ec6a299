import ArgumentParser
import ControlProtocol
import Glibc

extension ControlTool {
    struct Drops: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show why packets were dropped, how many, and what the last of them were.")

        @OptionGroup var connection: ConnectionOptions

        @Flag(help: "Print JSON.")
        var json = false

        @Flag(help: "Show the first octets of each packet besides.")
        var hex = false

        func run() throws {
            guard case .drops(let report) = try connection.perform(.drops) else { return }
            if json {
                print(JSONWriter.text(report.json))
            } else {
                print(DropText.render(report, hex ? .octets : .headers), terminator: "")
            }
        }
    }

    struct Certificates: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "certs",
            abstract: "Show the keys and certificates in use: whose, until when, revoked or not.")

        @OptionGroup var connection: ConnectionOptions

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            guard case .certificates(let report) = try connection.perform(.certificates) else { return }
            print(
                json ? JSONWriter.text(report.json) + "\n" : CertificateText.render(report), terminator: "")
        }
    }

    struct SAs: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sas", abstract: "Show the counters of every SA as they are now.")

        @OptionGroup var connection: ConnectionOptions

        @Flag(help: "Print JSON, one object a line.")
        var json = false

        @Option(
            help: ArgumentHelp("Show them again every so many seconds, with rates.", valueName: "seconds"))
        var watch: Int64?

        @Option(help: ArgumentHelp("With --watch: end after so many times.", valueName: "times"))
        var count: Int?

        func validate() throws {
            if let watch, !(1...3600).contains(watch) {
                throw ValidationError("--watch takes a number of seconds from 1 to 3600.")
            }
            guard let count else { return }
            guard watch != nil else { throw ValidationError("--count needs --watch.") }
            guard count > 0 else { throw ValidationError("--count takes a number from 1.") }
        }

        func run() throws {
            var (last, shown) = try show(since: nil)
            guard let watch else { return }
            var times = 1
            while count.map({ times < $0 }) ?? true {
                _ = sleep(UInt32(watch))
                if !json { Standard.show("\n") }
                (last, shown) = try show(since: .init(report: last, age: shown.duration(to: .now)))
                times += 1
            }
        }

        /// Shows the SAs once; what was shown, and when it was so.
        private func show(since earlier: LiveSAText.Earlier?) throws -> (
            LiveSAReport, ContinuousClock.Instant
        ) {
            guard case .sas(let report) = try connection.perform(.sas) else { throw ExitCode(76) }
            Standard.show(
                json ? JSONWriter.text(report.json) + "\n" : LiveSAText.render(report, since: earlier))
            return (report, .now)
        }
    }
}
