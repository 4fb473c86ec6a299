import ControlProtocol
import IPsec

/// Writes what databases hold in the format that was asked for.
struct Listings {
    let options: KeyOptions
    let environment: SessionEnvironment
    let output: TextOutput

    /// Keys are masked where somebody may look over a shoulder, unless told otherwise.
    var keys: KeyDisplay {
        options.keys ?? (environment.writesToTerminal ? .masked : .shown)
    }

    /// Where PF_KEY messages are shown; nil where nobody asked.
    var trace: MessageTrace? {
        guard options.isVerbose || options.showsOctets else { return nil }
        return MessageTrace(
            listing: MessageListing(keys: keys, output: output), showsFields: options.isVerbose,
            showsOctets: options.showsOctets)
    }

    private var style: AssociationListing.Style {
        .init(keys: keys, showsPorts: options.showsPorts, showsDead: options.showsDead)
    }

    func writeSAD(of database: any AdministeredDatabase, _ wanted: SecurityProtocol?) throws(DatabaseFailure)
    {
        switch options.format {
        case .setkey:
            var listing = AssociationListing(
                style, process: environment.process, clock: environment.clock, output: output)
            try database.dumpSAD(wanted) { listing.add($0) }
            listing.finish()
        case .json:
            try database.dumpSAD(wanted) { record in
                if options.showsDead || record.state != .dead { write(record) }
            }
        }
    }

    func writeSPD(of database: any AdministeredDatabase) throws(DatabaseFailure) {
        switch options.format {
        case .setkey:
            var listing = PolicyListing(
                showsPorts: options.showsPorts, process: environment.process,
                names: environment.protocolNames, clock: environment.clock, output: output)
            try database.dumpSPD { listing.add($0) }
            listing.finish()
        case .json: try database.dumpSPD { write(PolicyJSON.object($0)) }
        }
    }

    /// A line for each SA, again and again.
    func repeatShortListing(of database: any AdministeredDatabase) throws(DatabaseFailure) {
        let listing = ShortListing(output: output)
        listing.writeHeader()
        repeat {
            let clock = environment.clock
            try database.dumpSAD(nil) { listing.write($0, clock: clock) }
            output.flush()
        } while environment.waitASecond()
    }

    /// One SA by itself, as `get` shows it.
    func write(_ record: SADRecord) {
        switch options.format {
        case .setkey:
            var listing = AssociationListing(
                style, process: environment.process, clock: environment.clock, output: output)
            listing.add(record)
            listing.finish()
        case .json: write(AssociationJSON.object(record, keys: keys))
        }
    }

    /// One policy by itself.
    func write(_ record: SPDRecord) {
        switch options.format {
        case .setkey:
            var listing = PolicyListing(
                showsPorts: options.showsPorts, process: environment.process,
                names: environment.protocolNames, clock: environment.clock, output: output)
            listing.add(record)
            listing.finish()
        case .json: write(PolicyJSON.object(record))
        }
    }

    /// A request as a statement, on a line of its own behind a mark.
    func write(_ request: DatabaseRequest, mark: String, remark: String = "") {
        output.writeLine(mark + RequestText.of(request, keys: keys) + remark)
    }

    /// An object a line.
    func write(_ value: JSONValue) {
        output.write(octets: JSONWriter.octets(value))
        output.writeLine("")
    }
}
