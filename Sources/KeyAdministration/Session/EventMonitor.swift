import Calendar
import ControlProtocol
import IPsec

/// Writes events as they happen.
struct EventMonitor {
    let listings: Listings

    /// Gives whether to go on.
    func write(_ event: DatabaseEvent) -> Bool {
        let environment = listings.environment
        let now = environment.now()
        let fraction = String(now.microseconds)
        let micro = String(repeating: "0", count: max(0, 6 - fraction.count)) + fraction
        switch listings.options.format {
        case .setkey:
            let time =
                switch listings.options.eventTime {
                case .timeOfDay: environment.clock.timeOfDay
                case .seconds: "\(now.seconds)"
                }
            let text = EventText(names: environment.protocolNames).line(event)
            listings.output.writeLine("\(time).\(micro) \(TerminalText.escaped(text))")
        case .json:
            let time = Timestamp(seconds: Int64(clamping: now.seconds)).description.dropLast() + ".\(micro)Z"
            listings.write(EventJSON.object(event, time: String(time), keys: listings.keys))
        }
        listings.output.flush()
        return true
    }
}
