// SPDX-License-Identifier: Apache-2.0

/// `significand / 10^places`, for the few places behind the point that most numbers have.
extension Decimal {
    /// Exact operands make an exactly rounded quotient (Clinger's fast path).
    ///
    /// - Precondition: `significand` ≤ 2^53, `places` < 20.
    @inline(__always)
    static func quotient(_ significand: UInt64, places: Int) -> Double {
        Double(Int64(truncatingIfNeeded: significand)) / powers[places & 31]
    }

    /// The bits of the nearest `Double` by one multiplication, as `nearestDouble` finds them.
    ///
    /// - Precondition: `places` < 20.
    /// - Returns: `nil` for zero, and where one multiplication does not settle the last bit.
    @inline(__always)
    static func bits(_ significand: UInt64, places: Int) -> UInt64? {
        let shift = significand.leadingZeroBitCount
        let (high, low) = (significand &<< UInt64(truncatingIfNeeded: shift))
            .multipliedFullWidth(by: reciprocals[places & 31])
        // The reciprocal is off by less than one in its last place, and so is the product in `low`.
        guard high & 0x1FF != 0x1FF, low > 1 else { return nil }
        let upperBit = Int(truncatingIfNeeded: high >> 63)
        let mantissa = high &>> UInt64(truncatingIfNeeded: upperBit &+ 9)
        let rounded = (mantissa &+ (mantissa & 1)) >> 1
        let exponent = ((-217_706 &* places) >> 16) &+ upperBit &- shift &+ 63 &+ 1023
        // The leading bit, which is not stored, counts one; so does a carry into the next.
        return UInt64(truncatingIfNeeded: exponent &- 1) &<< 52 &+ rounded
    }

    private static let powers: InlineArray<32, Double> = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ]

    /// The 64 leading bits of `10^-n`, from the 128 of `PowersOfTen` rounded up.
    static let reciprocals: InlineArray<32, UInt64> = [
        0x8000_0000_0000_0000, 0xCCCC_CCCC_CCCC_CCCC, 0xA3D7_0A3D_70A3_D70A,
        0x8312_6E97_8D4F_DF3B, 0xD1B7_1758_E219_652B, 0xA7C5_AC47_1B47_8423,
        0x8637_BD05_AF6C_69B5, 0xD6BF_94D5_E57A_42BC, 0xABCC_7711_8461_CEFC,
        0x8970_5F41_36B4_A597, 0xDBE6_FECE_BDED_D5BE, 0xAFEB_FF0B_CB24_AAFE,
        0x8CBC_CC09_6F50_88CB, 0xE12E_1342_4BB4_0E13, 0xB424_DC35_095C_D80F,
        0x901D_7CF7_3AB0_ACD9, 0xE695_94BE_C44D_E15B, 0xB877_AA32_36A4_B449,
        0x9392_EE8E_921D_5D07, 0xEC1E_4A7D_B695_61A5,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
}
