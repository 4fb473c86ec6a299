import Calendar
import Testing

struct TimestampTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"), (1_795_232_809, "2026-11-21T03:46:49Z"),
    ])
    func isISO8601(seconds: Int64, text: String) {
        #expect(Timestamp(seconds: seconds).description == text)
        #expect(Timestamp(text)?.seconds == seconds)
    }

    @Test(arguments: [
        "", "2026-02-30T00:00:00Z", "2026-11-21 03:46:49Z", "2026-11-21T24:00:00Z", "2026-11-2a1T3:46:49Z",
    ])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
