// SPDX-License-Identifier: Apache-2.0

/// On whose behalf a browser sends a request; programs that are none say nothing of it.
package enum RequestSite {
    /// Whether a page of another site sends the request: the person at the browser need not know of
    /// it, and the server may only trust the browser because of where it runs.
    ///
    /// `Sec-Fetch-Site` (Fetch Metadata) tells, which no page can set. Where it does not, as from
    /// an older browser, or says only that the site is the same, which another port of this machine
    /// is, `Origin` (RFC 6454 section 7) must name the host and port of `Host`.
    package static func isForeign(_ request: borrowing HTTPRequest, in bytes: Span<UInt8>) -> Bool {
        if let site = request[.secFetchSite] {
            if bytes.bytes.equals("same-origin", site) || bytes.bytes.equals("none", site) {
                return false
            }
            if bytes.bytes.equals("cross-site", site) { return true }
        }
        guard let origin = request[.origin] else { return false }
        guard let host = request[.host], let authority = authority(of: origin, in: bytes),
            authority.count == host.count
        else { return true }
        for (left, right) in zip(authority, host)
        where ByteClass.lowercased(bytes[left]) != ByteClass.lowercased(bytes[right]) {
            return true
        }
        return false
    }

    /// What follows `://`; `nil` for `null`, the origin of what has none.
    private static func authority(of origin: Range<Int>, in bytes: Span<UInt8>) -> Range<Int>? {
        var index = origin.lowerBound
        while index + 3 <= origin.upperBound {
            if bytes[index] == 0x3A, bytes[index + 1] == 0x2F, bytes[index + 2] == 0x2F {
                return index + 3..<origin.upperBound
            }
            index += 1
        }
        return nil
    }
}
