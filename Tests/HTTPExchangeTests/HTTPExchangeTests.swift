import HTTPExchange
import Testing

struct HTTPLocationTests {
    @Test(arguments: [
        ("http://a.example/x.crl", "a.example", 80, "/x.crl"), ("http://a.example", "a.example", 80, "/"),
        ("HTTP://a:8080/?q=1#f", "a", 8080, "/?q=1"), ("http://[2001:db8::1]:81/x", "2001:db8::1", 81, "/x"),
        ("http://a?q", "a", 80, "/?q"), ("http://a:/x", "a", 80, "/x"),
    ])
    func reads(text: String, host: String, port: Int, target: String) throws {
        let location = try #require(HTTPLocation(text))
        #expect(location.host == host && Int(location.port) == port && location.target == target)
        #expect(HTTPLocation("\(location)") == location)
    }

    @Test(arguments: [
        "", "http://", "https://a/", "ftp://a/", "file:///etc/passwd", "http:///x", "http://a b/",
        "http://u@a/",
        "http://a:0/", "http://a:65536/", "http://a:x/", "http://a:1:2/", "http://[::1/", "http://[::1]x/",
        "http://2001:db8::1/", "http://a/\r\nHost: b", "http://a\\@b/", "//a/x", "/x",
        "http://a/" + String(repeating: "x", count: 1024),
    ])
    func refuses(text: String) { #expect(HTTPLocation(text) == nil) }

    @Test func follows() throws {
        let start = try #require(HTTPLocation("http://a:81/x/y"))
        #expect(start.following("/z").map { "\($0)" } == "http://a:81/z")
        #expect(start.following("http://b/z").map { "\($0)" } == "http://b/z")
        for place in ["https://b/z", "//b/z", "z", "", "file:///z", "ldap://b"] {
            #expect(start.following(place) == nil)
        }
    }

    @Test func writesRequests() throws {
        let location = try #require(HTTPLocation("http://[::1]:81/x?y"))
        let get = HTTPRequest(.get, location, accepted: "application/pkix-crl")
        let text = String(decoding: get.octets, as: UTF8.self)
        #expect(text.hasPrefix("GET /x?y HTTP/1.1\r\nHost: [::1]:81\r\n") && text.hasSuffix("\r\n\r\n"))
        let post = HTTPRequest(.post(type: "a/b", [1, 2, 3]), location, accepted: "c/d").octets
        #expect(post.suffix(7) == [13, 10, 13, 10, 1, 2, 3])
        #expect(String(decoding: post, as: UTF8.self).contains("\r\nContent-Length: 3\r\n"))
    }
}

struct HTTPResponseReaderTests {
    /// What a reader makes of a response, given whole or octet by octet.
    private func outcomes(_ text: String, most: Int = 100) -> [Result<
        HTTPResponseReader.Outcome, HTTPFailure
    >] {
        [text.utf8.count, 1, 3].map { size in
            var reader = HTTPResponseReader(most: most)
            var rest = Array(text.utf8)[...]
            do throws(HTTPFailure) {
                while !rest.isEmpty {
                    if let outcome = try reader.take(rest.prefix(max(1, size))) { return .success(outcome) }
                    rest = rest.dropFirst(max(1, size))
                }
                return .success(try reader.end())
            } catch { return .failure(error) }
        }
    }

    private func check(
        _ text: String, _ expected: Result<HTTPResponseReader.Outcome, HTTPFailure>, most: Int = 100
    ) {
        for outcome in outcomes(text, most: most) { #expect(outcome == expected) }
    }

    @Test func readsBodies() {
        let body = Array("abc".utf8)
        check("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", .success(.body(body)))
        check("HTTP/1.0 200 OK\r\n\r\nabc", .success(.body(body)))
        check("HTTP/1.1 200\nX: y\n\nabc", .success(.body(body)))
        check("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", .success(.body([])))
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            .success(.body(body)))
    }

    @Test func readsRedirections() {
        check(
            "HTTP/1.1 302 Found\r\nLocation:  http://b/ \r\n\r\n", .success(.redirect("http://b/")))
        check("HTTP/1.1 302 Found\r\n\r\n", .failure(.malformed("a redirection to nowhere")))
    }

    @Test func refusesWhatIsTooLong() {
        check("HTTP/1.1 200 OK\r\n\r\nabcd", .failure(.tooLarge(3)), most: 3)
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", .failure(.tooLarge(3)), most: 3)
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", .failure(.tooLarge(3)),
            most: 3)
        check(
            "HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 17000), .failure(.tooLarge(16384)))
    }

    @Test(arguments: [
        ("", HTTPFailure.cutOff), ("HTTP/1.1 200 OK\r\n", .cutOff),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", .cutOff),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", .cutOff),
        ("HTTP/1.1 404 Not Found\r\n\r\n", .status(404)), ("HTTP/1.1 204 No\r\n\r\n", .status(204)),
        ("SSH-2.0-x\r\n\r\n", .malformed("no status line")), ("\r\n", .malformed("no status line")),
        ("HTTP/1.1 2000 OK\r\n\r\n", .malformed("no status line")),
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", .malformed("a line of the header without a name")),
        ("HTTP/1.1 200 OK\r\n folded: x\r\n\r\n", .malformed("a line of the header without a name")),
        ("HTTP/1.1 200 OK\r\nx\u{1}: y\r\n\r\n", .malformed("a control character in the header")),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .malformed("no number as its length")),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            .malformed("no number as its length")
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            .malformed("no number as its length")
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .malformed("an unknown transfer encoding")),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            .malformed("no number in front of a chunk")
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
            .malformed("no end behind a chunk")
        ),
    ])
    func refuses(text: String, failure: HTTPFailure) { check(text, .failure(failure)) }
}
