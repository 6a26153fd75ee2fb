// SPDX-License-Identifier: Apache-2.0

/// Does wrong on purpose, to prove that a wrong is reported: `t` traps, `o` reads beyond its
/// allocation, `c` breaks a rule.
@c(LLVMFuzzerTestOneInput)
func fuzzCanary(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = ExactBytes(UnsafeBufferPointer(start: data, count: count))
    guard count > 0 else { return 0 }
    switch input.bytes[0] {
    case 0x74: return CInt([0, 1][count + 1])
    case 0x6F: return CInt(UnsafeBufferPointer(start: input.bytes.baseAddress, count: 2)[1])
    case 0x63: check(false, "a broken rule")
    default: break
    }
    return 0
}
