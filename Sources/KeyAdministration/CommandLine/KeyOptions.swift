/// What a command line of swiftkey asks for.
package struct KeyOptions: Hashable, Sendable {
    /// Where setkey statements come from.
    package enum Script: Hashable, Sendable {
        /// A file; `-` is standard input.
        case file(String)
        /// Standard input, statement by statement (`-c`).
        case interactive
    }

    package enum Task: Hashable, Sendable {
        case run(Script)
        case dump
        case flush
        /// Show what happens in the databases (`-x`, `watch`).
        case watch
        /// Print PF_KEY messages that files hold.
        case decode([String])
        case explain(PacketQuery)
        /// Show what a file would change.
        case compare(String)
        /// Make the databases what a file states.
        case synchronize(String)
    }

    /// What to do about a `fwd` policy beside each `in` policy.
    package enum ForwardPolicies: Hashable, Sendable {
        /// Make one (`-r`, as Linux needs it).
        case added
        /// Take policies as they are written (`-k`).
        case asWritten
    }

    package enum Format: Hashable, Sendable {
        case setkey
        case json
    }

    /// How far a file may be applied.
    package enum Extent: Hashable, Sendable {
        /// What is right is applied, up to the first error.
        case upToFirstError
        /// All of it, or nothing (`--atomic`).
        case allOrNothing
        /// Nothing: what would be asked is shown (`--dry-run`).
        case shown
        /// Nothing: it is only read (`-n`).
        case parsed
    }

    /// How the time of an event is written.
    package enum EventTime: Hashable, Sendable {
        case timeOfDay
        /// Seconds since 1970 (`-xx`).
        case seconds
    }

    package var task: Task
    /// `-D` and `-F` act on the SPD (`-P`).
    package var actsOnPolicies = false
    package var showsDead = false
    package var showsPorts = false
    /// `-l`: a short line for each SA, again and again.
    package var isRepeating = false
    package var extent = Extent.upToFirstError
    /// `-v`: say what is asked and answered.
    package var isVerbose = false
    /// `-H`.
    package var showsOctets = false
    package var eventTime = EventTime.timeOfDay
    package var forwardPolicies = ForwardPolicies.added
    package var format = Format.setkey
    /// nil: masked on a terminal, shown elsewhere.
    package var keys: KeyDisplay?
    /// Whether a refusal of the database makes the exit status 1 (`--strict`).
    package var isStrict = false
    /// The PF_KEY socket of a daemon; nil for the kernel.
    package var socket: String?

    package init(task: Task) {
        self.task = task
    }

    /// Whether a database is asked anything.
    package var needsDatabase: Bool {
        switch task {
        case .decode: false
        case .run: extent != .parsed
        case .dump, .flush, .watch, .explain, .compare, .synchronize: true
        }
    }
}
