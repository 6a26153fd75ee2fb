// SPDX-License-Identifier: Apache-2.0

/// CityHash64 of version 1.0.0 (G. Pike and J. Alakuijala, 2011), by which CatBoost tells texts
/// apart. Later versions give other numbers for more than 64 bytes.
enum CityHash {
    private static let k0: UInt64 = 0xC3A5_C85C_97CB_3127
    private static let k1: UInt64 = 0xB492_B66F_BE98_F273
    private static let k2: UInt64 = 0x9AE1_6A3B_2F90_404F
    private static let k3: UInt64 = 0xC949_D7C7_509E_6557

    static func value(of range: Range<Int>, in text: Span<UInt8>) -> UInt64 {
        let start = range.lowerBound
        switch range.count {
        case 0...16: return upTo16(text, start, range.count)
        case 17...32: return upTo32(text, start, range.count)
        case 33...64: return upTo64(text, start, range.count)
        default: return long(text, start, range.count)
        }
    }

    private static func upTo16(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64 {
        let length = UInt64(count)
        let end = start + count
        if count > 8 {
            let a = word(text, start)
            let b = word(text, end - 8)
            return mix(a, rotated(b &+ length, length)) ^ b
        }
        if count >= 4 {
            return mix(length &+ halfWord(text, start) << 3, halfWord(text, end - 4))
        }
        guard count > 0 else { return k2 }
        let y = UInt64(text[start]) + UInt64(text[start + count / 2]) << 8
        let z = length + UInt64(text[end - 1]) << 2
        return shifted(y &* k2 ^ z &* k3) &* k2
    }

    private static func upTo32(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64 {
        let end = start + count
        let a = word(text, start) &* k1
        let b = word(text, start + 8)
        let c = word(text, end - 8) &* k2
        let d = word(text, end - 16) &* k0
        return mix(
            rotated(a &- b, 43) &+ rotated(c, 30) &+ d,
            a &+ rotated(b ^ k3, 20) &- c &+ UInt64(count))
    }

    private static func upTo64(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64 {
        let end = start + count
        let seed = (UInt64(count) &+ word(text, end - 16)) &* k0
        let v = half(text, start, word(text, start) &+ seed, word(text, start + 24))
        let w = half(
            text, end - 32, word(text, start + 16) &+ word(text, end - 32), word(text, end - 8))
        let r = shifted((v.0 &+ w.1) &* k2 &+ (w.0 &+ v.1) &* k0)
        return shifted(r &* k0 &+ v.1) &* k2
    }

    /// Half of a text of up to 64 bytes, from `start` on.
    private static func half(
        _ text: Span<UInt8>, _ start: Int, _ first: UInt64, _ z: UInt64
    ) -> (UInt64, UInt64) {
        var a = first
        let b = rotated(a &+ z, 52)
        var c = rotated(a, 37)
        a &+= word(text, start + 8)
        c &+= rotated(a, 7)
        a &+= word(text, start + 16)
        return (a &+ z, b &+ rotated(a, 31) &+ c)
    }

    private static func long(_ text: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64 {
        let end = start + count
        let length = UInt64(count)
        var x = word(text, start)
        var y = word(text, end - 16) ^ k1
        var z = word(text, end - 56) ^ k0
        var v = weak(text, end - 64, length, y)
        var w = weak(text, end - 32, length &* k1, k0)
        z &+= shifted(v.1) &* k1
        x = rotated(z &+ x, 39) &* k1
        y = rotated(y, 33) &* k1
        for block in stride(from: start, to: start + (count - 1) / 64 * 64, by: 64) {
            x = rotated(x &+ y &+ v.0 &+ word(text, block + 16), 37) &* k1
            y = rotated(y &+ v.1 &+ word(text, block + 48), 42) &* k1
            x ^= w.1
            y ^= v.0
            z = rotated(z ^ w.0, 33)
            v = weak(text, block, v.1 &* k1, x &+ w.0)
            w = weak(text, block + 32, z &+ w.1, y)
            swap(&z, &x)
        }
        return mix(mix(v.0, w.0) &+ shifted(y) &* k1 &+ z, mix(v.1, w.1) &+ x)
    }

    /// 32 bytes and two seeds.
    private static func weak(
        _ text: Span<UInt8>, _ start: Int, _ seedA: UInt64, _ seedB: UInt64
    ) -> (UInt64, UInt64) {
        let last = word(text, start + 24)
        var a = seedA &+ word(text, start)
        var b = rotated(seedB &+ a &+ last, 21)
        let c = a
        a &+= word(text, start + 8) &+ word(text, start + 16)
        b &+= rotated(a, 44)
        return (a &+ last, b &+ c)
    }

    private static func mix(_ low: UInt64, _ high: UInt64) -> UInt64 {
        let factor: UInt64 = 0x9DDF_EA08_EB38_2D69
        let a = shifted((low ^ high) &* factor)
        return shifted((high ^ a) &* factor) &* factor
    }

    private static func shifted(_ value: UInt64) -> UInt64 { value ^ value >> 47 }

    private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value &>> count | value &<< (64 &- count)
    }

    private static func word(_ text: Span<UInt8>, _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<8 { word |= UInt64(text[start + index]) << UInt64(8 * index) }
        return word
    }

    private static func halfWord(_ text: Span<UInt8>, _ start: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<4 { word |= UInt64(text[start + index]) << UInt64(8 * index) }
        return word
    }
}
