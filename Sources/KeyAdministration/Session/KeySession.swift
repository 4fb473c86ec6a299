package import IPsec
import SetkeyScript
import SourceText

/// One run of swiftkey: does what its command line asks for, and says how it ended.
package struct KeySession {
    let options: KeyOptions
    let database: (any AdministeredDatabase)?
    let environment: SessionEnvironment
    let complaints: Complaints
    let listings: Listings
    /// Where PF_KEY messages are shown; nil where nobody asked.
    let trace: MessageTrace?
    private var output: TextOutput { listings.output }

    /// - Parameter database: nil if it could not be opened, or need not be.
    package init(
        _ options: KeyOptions, _ database: (any AdministeredDatabase)?, _ environment: SessionEnvironment,
        output: TextOutput, complaints: Complaints
    ) {
        self.options = options
        self.environment = environment
        self.complaints = complaints
        listings = Listings(options: options, environment: environment, output: output)
        let trace = listings.trace
        self.trace = trace
        self.database = database.map { database in
            trace.map { TracedDatabase(database, process: environment.process, $0) } ?? database
        }
    }

    /// Gives the exit status.
    package func perform() -> Int32 {
        do {
            try perform(options.task)
        } catch let failure as SessionFailure {
            complaints.fail(failure.message)
        } catch let failure as DatabaseFailure {
            complaints.fail(failure.explanation)
        } catch {
            complaints.fail("\(error)")
        }
        output.flush()
        return complaints.status(isStrict: options.isStrict)
    }

    private func perform(_ task: KeyOptions.Task) throws {
        switch task {
        case .run(.file(let path)) where options.extent == .allOrNothing: try applyWhole(path)
        case .run(.file(let path)): try run(path)
        case .run(.interactive): runTyped()
        case .dump: try dump()
        case .flush: try flush()
        case .watch: try watch()
        case .decode(let paths): try decode(paths)
        case .explain(let packet): try explain(packet)
        case .compare(let path): try compare(path)
        case .synchronize(let path): try synchronize(path)
        }
    }

    func needed() throws(SessionFailure) -> any AdministeredDatabase {
        guard let database else { throw SessionFailure("there is no database to ask") }
        return database
    }

    func file(_ path: String) throws(SessionFailure) -> SourceFile {
        let bytes = try environment.readFile(path).get()
        return SourceFile(name: path == "-" ? "standard input" : path, bytes: bytes)
    }

    private func run(_ path: String) throws {
        let file = try file(path)
        let run = ScriptRun(database, try settings(for: file), listings, complaints)
        _ = run.run(file, afterError: options.extent == .parsed ? .goOn : .stop)
    }

    private func runTyped() {
        let run = ScriptRun(database, settings(firstFreeRequestID: nil), listings, complaints)
        var typed = TypedStatements()
        while true {
            let octets = environment.readInput()
            guard !octets.isEmpty else { break }
            if let file = typed.take(octets), !run.run(file, afterError: .goOn) { return }
        }
        if let file = typed.finish() { _ = run.run(file, afterError: .goOn) }
    }

    private func dump() throws {
        let database = try needed()
        if options.actsOnPolicies {
            try listings.writeSPD(of: database)
        } else if options.isRepeating {
            try listings.repeatShortListing(of: database)
        } else {
            try listings.writeSAD(of: database, nil)
        }
    }

    private func flush() throws {
        let database = try needed()
        let request: DatabaseRequest = options.actsOnPolicies ? .flushSPD : .flushSAD(nil)
        if options.isVerbose { listings.write(request, mark: "> ") }
        let complaints = complaints
        database.submit(request) { result in
            if case .failure(let failure) = result { complaints.refuse(failure.explanation, at: nil) }
        }
        try database.finish()
    }

    private func watch() throws {
        let monitor = EventMonitor(listings: listings)
        try needed().watch { monitor.write($0) }
    }

    private func explain(_ packet: PacketQuery) throws {
        let database = try needed()
        let lookup = PolicyLookup(try DatabaseState.read(from: database))
        let text = ExplanationText(names: environment.protocolNames)
        for direction in [PolicyDirection.outbound, .inbound, .forward] {
            let explanation = Explanation(
                packet, direction, lookup, defaultAction: try database.defaultAction(direction))
            switch options.format {
            // Where no policy matches, leaving in clear is worth saying, and arriving so is not.
            case .setkey:
                if direction == .outbound || explanation.policy != nil || explanation.verdict != .clear {
                    output.write(text.render(explanation))
                }
            case .json: listings.write(ExplanationJSON.object(explanation, keys: listings.keys))
            }
        }
    }
}
