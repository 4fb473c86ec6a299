package import SetkeyScript

/// What a session takes from the system it runs on.
package struct SessionEnvironment {
    /// Our process ID.
    package var process: Int32
    /// Seconds since 1970-01-01T00:00:00Z, and microseconds.
    package var now: () -> (seconds: UInt64, microseconds: UInt32)
    /// Seconds that local time is ahead of UTC at a moment.
    package var localOffset: (Int64) -> Int64
    package var protocolNames: ProtocolNames
    package var nameServices: NameServices
    /// Whether listings go to a terminal.
    package var writesToTerminal: Bool
    /// Reads a file whole; `-` is standard input.
    package var readFile: (String) -> Result<[UInt8], SessionFailure>
    /// The next octets of standard input; empty at its end.
    package var readInput: () -> [UInt8]
    /// Waits for a second between two listings; gives whether to go on.
    package var waitASecond: () -> Bool

    package init(
        process: Int32, now: @escaping () -> (seconds: UInt64, microseconds: UInt32),
        localOffset: @escaping (Int64) -> Int64, protocolNames: ProtocolNames, nameServices: NameServices,
        writesToTerminal: Bool, readFile: @escaping (String) -> Result<[UInt8], SessionFailure>,
        readInput: @escaping () -> [UInt8], waitASecond: @escaping () -> Bool
    ) {
        self.process = process
        self.now = now
        self.localOffset = localOffset
        self.protocolNames = protocolNames
        self.nameServices = nameServices
        self.writesToTerminal = writesToTerminal
        self.readFile = readFile
        self.readInput = readInput
        self.waitASecond = waitASecond
    }

    var clock: ListingClock { ListingClock(now: now().seconds, offset: localOffset) }
}

/// What ends a session early: a sentence for the person at the terminal.
package struct SessionFailure: Error, Hashable, Sendable {
    package var message: String

    package init(_ message: String) {
        self.message = message
    }
}
