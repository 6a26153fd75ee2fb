// SPDX-License-Identifier: Apache-2.0

/// How large a request may be. What is larger is refused before it is stored.
package struct HTTPLimits: Equatable, Sendable {
    /// Method, target and version; at least 8,000 are recommended (RFC 9112 section 3).
    package var requestLineBytesMax = 8_192
    /// Request line and fields together.
    package var headBytesMax = 32_768
    package var fieldCountMax = 100
    /// The body after decoding.
    package var bodyBytesMax = 8 * 1_048_576
    /// Chunk extensions and trailers of one message, all together.
    package var chunkOverheadBytesMax = 16_384

    package init() {}
}
