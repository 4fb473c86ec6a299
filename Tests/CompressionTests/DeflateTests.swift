import Compression
import TestSupport
import Testing

/// A message and what zlib made of it.
struct DeflateVector: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let windowBits: Int
    let plain: HexOctets
    let deflated: HexOctets

    struct File: Decodable {
        let vectors: [DeflateVector]
    }

    var testDescription: String { "\(name), window 2^\(windowBits)" }

    static func all() throws -> [DeflateVector] {
        try VectorFile.committed("deflate_zlib.json", of: "CompressionTests", as: File.self).vectors
    }
}

struct DeflateTests {
    private func decompressed(
        _ octets: [UInt8], limit: Int = 65_535
    ) -> Result<[UInt8], DecompressionFailure> {
        var decompressor = DeflateDecompressor()
        return decompressed(octets, by: &decompressor, limit: limit)
    }

    private func decompressed(
        _ octets: [UInt8], by decompressor: inout DeflateDecompressor, limit: Int = 65_535
    ) -> Result<[UInt8], DecompressionFailure> {
        var room = octets + [UInt8](repeating: 0, count: limit)
        do throws(DecompressionFailure) {
            var span = room.mutableSpan
            let count = try decompressor.decompress(
                &span, 0..<octets.count, to: octets.count, limit: limit)
            return .success(Array(room[octets.count..<octets.count + count]))
        } catch {
            #expect(room.prefix(octets.count) == octets[...])
            return .failure(error)
        }
    }

    private func compressed(_ octets: [UInt8], limit: Int = 65_535) -> [UInt8]? {
        var compressor = DeflateCompressor()
        return compressed(octets, by: &compressor, limit: limit)
    }

    private func compressed(
        _ octets: [UInt8], by compressor: inout DeflateCompressor, limit: Int = 65_535
    ) -> [UInt8]? {
        var room = octets + [UInt8](repeating: 0, count: limit)
        var span = room.mutableSpan
        let count = compressor.compress(&span, 0..<octets.count, to: octets.count, limit: limit)
        return count.map { Array(room[octets.count..<octets.count + $0]) }
    }

    @Test(arguments: try DeflateVector.all())
    func whatZlibMadeIsReadAndMade(_ vector: DeflateVector) throws {
        #expect(decompressed(vector.deflated.bytes) == .success(vector.plain.bytes))
        let own = try #require(compressed(vector.plain.bytes))
        #expect(decompressed(own) == .success(vector.plain.bytes))
    }

    /// Nothing of one message may be left for the next, whatever became of it.
    @Test func oneStreamServesMessageAfterMessage() throws {
        var compressor = DeflateCompressor()
        var decompressor = DeflateDecompressor()
        for vector in try DeflateVector.all() + DeflateVector.all().reversed() {
            let plain = vector.plain.bytes
            let refused = compressed(plain, by: &compressor, limit: 2)
            #expect(refused == nil)
            let message = try #require(compressed(plain, by: &compressor))
            let halved = decompressed(Array(message.dropLast()), by: &decompressor)
            #expect(halved == .failure(.malformed))
            let whole = decompressed(message, by: &decompressor)
            #expect(whole == .success(plain))
        }
    }

    @Test func whatWouldBeTooLongIsRefused() throws {
        let zeros = [UInt8](repeating: 0, count: 1_000_000)
        let bomb = try #require(compressed(zeros))
        #expect(bomb.count < 2000)
        #expect(decompressed(bomb) == .failure(.tooLong))
        #expect(decompressed(bomb, limit: 999_999) == .failure(.tooLong))
        #expect(decompressed(bomb, limit: 1_000_000) == .success(zeros))
    }

    /// The result may take the place of what it was made from.
    @Test func messagesAreReplacedInPlace() throws {
        let zeros = [UInt8](repeating: 0, count: 1000)
        var compressor = DeflateCompressor()
        var decompressor = DeflateDecompressor()
        var room = zeros
        var span = room.mutableSpan
        let count = try #require(compressor.compress(&span, 0..<1000, to: 4, limit: 900))
        #expect(throws: DecompressionFailure.noRoom) {
            var span = room.mutableSpan
            _ = try decompressor.decompress(&span, 4..<4 + count, to: 4, limit: 1000)
        }
        span = room.mutableSpan
        let restored = try decompressor.decompress(&span, 4..<4 + count, to: 0, limit: 1000)
        #expect(restored == 1000 && room == zeros)
    }

    @Test(arguments: try DeflateVector.all())
    func anyTruncationIsRefused(_ vector: DeflateVector) {
        for count in 0..<min(vector.deflated.bytes.count, 200) {
            #expect(decompressed(Array(vector.deflated.bytes.prefix(count))) == .failure(.malformed))
        }
        #expect(decompressed(vector.deflated.bytes + [0]) == .failure(.malformed))
    }
}
