// SPDX-License-Identifier: Apache-2.0

/// Where a span stands: its trace, its own id, and the span that it is a part of.
package struct SpanContext: Equatable, Sendable {
    package enum Parent: Equatable, Sendable {
        /// It begins its trace.
        case none
        /// A span of this process.
        case local(UInt64)
        /// A span of whoever asked.
        case remote(UInt64)
    }

    package let traceID: Identifier
    /// Never 0, which W3C Trace Context section 3.2.2.4 takes for none.
    package let spanID: UInt64
    package let parent: Parent

    package init(traceID: Identifier, spanID: UInt64, parent: Parent) {
        self.traceID = traceID
        self.spanID = max(1, spanID)
        self.parent = parent
    }

    /// A span of its own trace.
    package init(root id: Identifier) {
        self.init(traceID: id, spanID: id.low, parent: .none)
    }

    /// What says to others that what they do is a part of this span.
    package var traceParent: String {
        var bytes = Array("00-".utf8)
        traceID.append(to: &bytes)
        bytes.append(0x2D)
        Identifier.append(half: spanID, to: &bytes)
        return String(decoding: bytes, as: UTF8.self) + "-01"
    }

    /// The span's part of this number. Its id follows from the span's, so that parts that are
    /// recorded on other threads need no common source of ids.
    package func child(_ number: Int) -> SpanContext {
        var random = SplitMix64(seed: spanID &+ UInt64(truncatingIfNeeded: number) &* 0xD6E8_FEB8)
        return SpanContext(traceID: traceID, spanID: random.next(), parent: .local(spanID))
    }
}
