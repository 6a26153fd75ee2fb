// SPDX-License-Identifier: Apache-2.0
import HTTP1

/// A stream of requests: no cut changes what it means, and every range lies inside its message.
@c(LLVMFuzzerTestOneInput)
func fuzzRequest(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let stream = ExactBytes.input(data, count)
    let whole = Verdict(stream)
    whole.checkCuts(of: stream)
    var taken = 0
    for message in whole.messages {
        taken += message.byteCount
        check(message.body.count <= Verdict.limits.bodyBytesMax, "a body above the limit")
        check(message.isHTTP10 || message.fields[HTTPField.host.rawValue] != nil, "no host")
    }
    check(taken <= stream.count, "a message ends behind the stream")
    return 0
}
