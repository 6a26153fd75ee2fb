// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Ends the run, so that libFuzzer keeps the input; `precondition` would say nothing in release.
func check(_ holds: Bool, _ rule: StaticString) {
    if holds { return }
    rule.withUTF8Buffer { _ = write(2, $0.baseAddress, $0.count) }
    write(2, "\n", 1)
    abort()
}

/// The input of one run, in an allocation of just its size: a byte read beyond it is a report.
///
/// libFuzzer's own copy is one as well, but not one that a parser may change.
struct ExactBytes: ~Copyable {
    let bytes: UnsafeMutableBufferPointer<UInt8>

    init(_ source: some Collection<UInt8>) {
        bytes = .allocate(capacity: source.count)
        _ = bytes.initialize(from: source)
    }

    deinit { bytes.deallocate() }

    /// What a run is given, as an array.
    static func input(_ data: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
        Array(UnsafeBufferPointer(start: data, count: count))
    }
}
