// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// A chunked body: the same verdict as the grammar's, the same bytes, and no cut matters.
@c(LLVMFuzzerTestOneInput)
func fuzzChunked(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let head =
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    let coded = ExactBytes.input(data, count)
    let stream = Array(head.utf8) + coded
    let verdict = Verdict(stream)
    verdict.checkCuts(of: stream)
    // The grammar knows no limits; what they refuse is no grammatical fault.
    let limits: [HTTPParseError] = [
        .bodyTooLarge, .chunkOverheadTooLarge, .chunkExtensionTooLarge, .trailerTooLarge,
    ]
    if case .refused(let error) = verdict.end, limits.contains(error) { return 0 }
    let message = verdict.messages.first
    do throws(ChunkedGrammar.Fault) {
        let grammar = try ChunkedGrammar(coded)
        check(verdict.end == .closed, "the grammar accepts what the decoder does not")
        check(message?.body == grammar.body, "the body is another")
        check(message?.byteCount == head.utf8.count + grammar.byteCount, "the end is another")
    } catch {
        let isRefused = if case .refused = verdict.end { true } else { false }
        switch error {
        case .ends: check(verdict.end == .incomplete, "the grammar wants more")
        case .malformed: check(isRefused, "the grammar refuses what the decoder does not")
        }
    }
    return 0
}
