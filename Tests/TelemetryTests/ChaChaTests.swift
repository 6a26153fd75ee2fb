// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Telemetry

struct ChaChaTests {
    /// The first block under a key of zeros by J. Strombergson, "Test vectors for the stream cipher
    /// ChaCha", 2013; that of 20 rounds is `openssl enc -chacha20`'s too.
    @Test(arguments: [
        (
            8,
            "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e"
                + "984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42"
        ),
        (
            12,
            "9bf49a6a0755f953811fce125f2683d50429c3bb49e074147e0089a52eae155f"
                + "0564f879d27ae3c02ce82834acfa8c793a629f2ca0de6919610be82f411326be"
        ),
        (
            20,
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                + "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
        ),
    ])
    func givesTheFirstBlock(_ rounds: Int, _ expected: String) {
        var stream = ChaCha(key: .zero, rounds: rounds)
        #expect(Self.text(stream.next()) == expected)
    }

    /// RFC 8439 appendix A.1, test vector 3: the key ends in 1, and so does the counter.
    @Test func goesOn() {
        let key = SIMD8<UInt32>(0, 0, 0, 0, 0, 0, 0, 0x0100_0000)
        var stream = ChaCha(key: key, rounds: 20)
        _ = stream.next()
        #expect(
            Self.text(stream.next())
                == "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
                + "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0")
    }

    /// By OpenSSL, whose counter of 64 bits is that of Bernstein's paper.
    @Test func carriesIntoTheCountersUpperHalf() {
        var stream = ChaCha(key: .zero, rounds: 20, counter: 0xFFFF_FFFF)
        _ = stream.next()
        #expect(
            Self.text(stream.next())
                == "3db41d3aa0d329285de6f225e6e24bd59c9a17006943d5c9b680e3873bdc683a"
                + "5819469899989690c281cd17c96159af0682b5b903468a61f50228cf09622b5a")
    }

    /// But for the bit that keeps them from being zero.
    @Test func identifiersAreTheKeystream() {
        var source = IdentifierSource(key: .zero)
        var stream = ChaCha(key: .zero, rounds: 8)
        for _ in 0..<3 {
            let words = stream.next()
            for index in stride(from: 0, to: 16, by: 4) {
                let identifier = source.next()
                #expect(UInt32(truncatingIfNeeded: identifier.high) == words[index] | 1)
                #expect(UInt32(truncatingIfNeeded: identifier.high >> 32) == words[index + 1])
                #expect(UInt32(truncatingIfNeeded: identifier.low) == words[index + 2])
                #expect(UInt32(truncatingIfNeeded: identifier.low >> 32) == words[index + 3])
            }
        }
    }

    private static func text(_ block: ChaCha.Block) -> String {
        var text = ""
        for index in 0..<16 {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                let byte = block[index] >> shift & 0xFF
                text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text
    }
}
