import Calendar
import ControlProtocol

/// The time as listings write it: now, and how far local time is from UTC.
package struct ListingClock {
    /// Seconds since 1970-01-01T00:00:00Z.
    package var now: UInt64
    /// Seconds that local time is ahead of UTC at a moment.
    private let offset: (Int64) -> Int64
    private var last: (seconds: UInt64, text: String)?

    package init(now: UInt64, offset: @escaping (Int64) -> Int64) {
        self.now = now
        self.offset = offset
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let never = String(repeating: " ", count: 20)

    /// `Nov 21 02:07:18 2026`, or as many blanks for 0.
    mutating func text(_ seconds: UInt64) -> String {
        guard seconds != 0, let moment = Int64(exactly: seconds) else { return Self.never }
        if let last, last.seconds == seconds { return last.text }
        let local = Timestamp(seconds: moment + offset(moment))
        let words = local.words
        let month = Self.months[Int(local.parts.month) - 1]
        let day = local.parts.day < 10 ? " \(local.parts.day)" : "\(local.parts.day)"
        let text = "\(month) \(day) \(words.suffix(8)) \(local.parts.year)"
        last = (seconds, text)
        return text
    }

    /// Seconds that have passed since a moment; 0 if it never was or is to come.
    func age(of seconds: UInt64) -> UInt64 {
        seconds == 0 || seconds > now ? 0 : now - seconds
    }

    /// Minutes and seconds of local time, `MMSS`.
    var minutesAndSeconds: String {
        let moment = Int64(clamping: now)
        let parts = Timestamp(seconds: moment + offset(moment)).parts
        return Self.padded(parts.minute) + Self.padded(parts.second)
    }

    /// `HH:MM:SS` of local time.
    package var timeOfDay: String {
        let moment = Int64(clamping: now)
        return String(Timestamp(seconds: moment + offset(moment)).words.suffix(8))
    }

    private static func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
