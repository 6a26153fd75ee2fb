// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import Glibc
import OpenSSL
import TLSTesting
import Testing

/// What happens to bytes once the handshake is done.
struct TLSSessionTests {
    static let versions = [TLS1_2_VERSION, TLS1_3_VERSION]

    private func connected(_ version: Int32) throws -> TLSPair {
        var options = TLSClient.Options()
        options.versions = version...version
        let pair = try TLSPair(of: try CertificateFolder.shared.context(), options)
        try #require(pair.handshake() == .done(0))
        return pair
    }

    @Test(
        arguments: [
            (0x300000D0, false), (0x300000E0, true), (0x30000160, true), (0x30100050, false),
            (0x30100060, true), (0x30200010, false), (0x30200020, true), (0x30300000, false),
            (0x30300010, true), (0x30400000, true), (0x40000000, true), (0x1010118F, false),
        ] as [(UInt, Bool)])
    func knowsWhichLibrariesFreeBuffersSafely(version: UInt, isSafe: Bool) {
        #expect(LibrarySafety.freesBuffers(version) == isSafe)
    }

    @Test(arguments: versions)
    func movesBytesBothWays(version: Int32) throws {
        let pair = try connected(version)
        #expect(pair.server.read().1 == .wantsRead)
        #expect(pair.write(Array("question".utf8)) == 8)
        #expect(pair.server.read().0 == Array("question".utf8))
        #expect(pair.server.read().1 == .wantsRead)
        #expect(pair.server.write(Array("answer".utf8)) == .done(6))
        #expect(pair.read() == Array("answer".utf8))
    }

    /// More than the sockets hold, so that both sides have to wait; the rest moves to another
    /// address each time.
    @Test(arguments: versions)
    func carriesMoreThanTheSocketsHold(version: Int32) throws {
        let pair = try connected(version)
        let message = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
        var sent = 0
        var waits = 0
        // Alive until the next has an address of its own.
        var last: [UInt8] = []
        var received: [UInt8] = []
        while received.count < message.count {
            while sent < message.count {
                let rest = Array(message[sent...].prefix(100_000))
                let outcome = pair.server.write(rest)
                last = rest
                guard case .done(let count) = outcome else {
                    try #require(outcome == .wantsWrite)
                    waits += 1
                    break
                }
                sent += count
            }
            while case let part? = pair.read(), !part.isEmpty { received += part }
        }
        withExtendedLifetime(last) {}
        #expect(waits > 0)
        #expect(received == message)
    }

    /// A buffer smaller than a record leaves plain text behind that no socket tells of.
    @Test(arguments: versions)
    func tellsOfWhatTheSocketNoLongerHolds(version: Int32) throws {
        let pair = try connected(version)
        let message = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(pair.write(message) == message.count)
        var received: [UInt8] = []
        while received.count < message.count {
            var hasMore = false
            let (bytes, outcome) = pair.server.read(capacity: 999, hasMore: &hasMore)
            #expect(outcome == .done(bytes.count))
            received += bytes
            #expect(hasMore == (received.count < message.count))
        }
        #expect(received == message)
        #expect(pair.server.read(capacity: 999).1 == .wantsRead)
    }

    /// Tiny records are read in bounded turns, and none is lost.
    @Test(arguments: versions)
    func readsManyTinyRecords(version: Int32) throws {
        let pair = try connected(version)
        for byte in UInt8(0)..<200 { #expect(pair.write([byte]) == 1) }
        var received: [UInt8] = []
        var turns = 0
        var hasMore = true
        while hasMore {
            let (bytes, _) = pair.server.read(capacity: 65_536, hasMore: &hasMore)
            #expect(bytes.count <= 64)
            received += bytes
            turns += 1
        }
        #expect(received == Array(0..<200))
        #expect(turns > 200 / 64)
    }

    @Test(arguments: versions)
    func tellsAnEndFromACut(version: Int32) throws {
        let ended = try connected(version)
        #expect(ended.write([1, 2, 3]) == 3)
        SSL_shutdown(ended.ssl)
        // The bytes come first, and the end that lay behind them is not forgotten.
        var hasMore = false
        #expect(ended.server.read(capacity: 99, hasMore: &hasMore).0 == [1, 2, 3])
        #expect(hasMore)
        #expect(ended.server.read().1 == .closed)
        // The other direction is still open.
        #expect(ended.server.write([4]) == .done(1))
        #expect(ended.read() == [4])

        let cut = try connected(version)
        #expect(cut.write([1, 2, 3]) == 3)
        shutdown(cut.socket, Int32(SHUT_WR))
        #expect(cut.server.read().0 == [1, 2, 3])
        #expect(cut.server.read().1 == .failed(.truncated))
    }

    @Test(arguments: versions)
    func saysThatItEnds(version: Int32) throws {
        let pair = try connected(version)
        #expect(pair.server.write([7]) == .done(1))
        pair.server.close()
        #expect(pair.read() == [7])
        #expect(pair.read() == nil)
        #expect(SSL_get_shutdown(pair.ssl) & SSL_RECEIVED_SHUTDOWN != 0)
    }

    @Test func aForgedRecordEndsTheSession() throws {
        let pair = try connected(TLS1_3_VERSION)
        let forged: [UInt8] = [23, 3, 3, 0, 32] + [UInt8](repeating: 0xAA, count: 32)
        send(pair.socket, forged, forged.count, 0)
        #expect(pair.server.read().1 == .failed(.malformed))
    }

    @Test func aResetIsNotAnEnd() throws {
        let pair = try connected(TLS1_3_VERSION)
        shutdown(pair.socket, Int32(SHUT_RDWR))
        #expect(pair.server.write([1]) == .failed(.truncated))
    }

    @Test(arguments: versions)
    func goesOnAfterGivingItsBuffersBack(version: Int32) throws {
        let pair = try connected(version)
        for round in UInt8(0)..<3 {
            #expect(pair.write([round]) == 1)
            #expect(pair.server.read().0 == [round])
            #expect(pair.server.write([round, round]) == .done(2))
            #expect(pair.read() == [round, round])
            pair.server.releaseBuffers()
        }
        // What is there to read is kept.
        #expect(pair.write([1, 2, 3, 4]) == 4)
        #expect(pair.server.read(capacity: 2).0 == [1, 2])
        pair.server.releaseBuffers()
        #expect(pair.server.read().0 == [3, 4])
    }

    @Test func changesItsKeysWhenAsked() throws {
        let pair = try connected(TLS1_3_VERSION)
        #expect(SSL_key_update(pair.ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
        #expect(pair.write([1]) == 1)
        #expect(pair.server.read().0 == [1])
        #expect(pair.server.write([2]) == .done(1))
        #expect(pair.read() == [2])
    }

    /// One session's failure, still in the thread's queue of errors, is not another's.
    @Test func failuresDoNotSpread() throws {
        let good = try connected(TLS1_3_VERSION)
        #expect(SSL_use_PrivateKey_file(good.ssl, "", SSL_FILETYPE_PEM) == 0)
        #expect(good.server.read().1 == .wantsRead)
        #expect(SSL_use_PrivateKey_file(good.ssl, "", SSL_FILETYPE_PEM) == 0)
        #expect(good.server.write([1]) == .done(1))
    }
}
