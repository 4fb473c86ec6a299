import Negotiation
import SourceText

/// The `timer` block.
enum TimerBlock {
    static let vocabulary = Vocabulary<TimerPolicy>(
        place: "in a timer block",
        rules: [
            "counter": .init { (timers, arguments, _) throws(Diagnostic) in
                timers.retransmissions = try arguments.takeNumber(0...100, "number of retransmissions")
            },
            "interval": .init { (timers, arguments, _) throws(Diagnostic) in
                timers.interval = try arguments.takeDuration(1...3600, "interval")
            },
            "persend": .init { (_, arguments, session) throws(Diagnostic) in
                let copies = try arguments.takeNumber(1...100, "packets per send")
                if copies != 1 { session.notInEffect(arguments) }
            },
            "phase1": .init { (timers, arguments, _) throws(Diagnostic) in
                timers.phase1 = try arguments.takeDuration(1...3600, "time for phase 1")
            },
            "phase2": .init { (timers, arguments, _) throws(Diagnostic) in
                timers.phase2 = try arguments.takeDuration(1...3600, "time for phase 2")
            },
            "natt_keepalive": .init { (timers, arguments, _) throws(Diagnostic) in
                let interval = try arguments.takeDuration(0...86400, "keepalive interval")
                timers.natKeepalive = interval == .zero ? nil : interval
            },
        ])
}
