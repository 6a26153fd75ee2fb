// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP1

/// Says what Martlet's parser makes of streams of requests, for comparison with other parsers.
///
/// Reads streams from standard input, each behind its length in four bytes, lowest first. Writes a
/// line of JSON for each: the messages, bytes in hexadecimal, and why reading ended.
struct Verdicts {
    private var output = ""

    mutating func run() {
        let input = Self.standardInput()
        var index = 0
        while index + 4 <= input.count {
            let count = (0..<4).reduce(0) { $0 | Int(input[index + $1]) << (8 * $1) }
            index += 4
            guard count <= input.count - index else { return }
            judge(Array(input[index..<index + count]))
            index += count
        }
        output.withUTF8 { text in
            var written = 0
            while written < text.count,
                case let count = write(
                    1, text.baseAddress.map { $0 + written }, text.count - written),
                count > 0
            {
                written += count
            }
        }
    }

    private mutating func judge(_ stream: [UInt8]) {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        var rest = stream
        var messages: [String] = []
        var end = "incomplete"
        do throws(HTTPParseError) {
            while !rest.isEmpty {
                var span = rest.mutableSpan
                guard try parser.parse(&span) else { break }
                let request = parser.request
                messages.append(Self.json(request, rest))
                rest.removeFirst(request.byteCount)
                parser.reset()
                if !request.keepsAlive {
                    end = "closed"
                    break
                }
            }
        } catch {
            end = error.rawValue
        }
        output += "{\"messages\":[\(messages.joined(separator: ","))],\"end\":\"\(end)\"}\n"
    }

    private static func json(_ request: HTTPRequest, _ bytes: [UInt8]) -> String {
        var target = Array(bytes[request.path])
        if let query = request.query { target += [0x3F] + bytes[query] }
        return "[\"\(request.method.name)\",\"\(hexadecimal(target[...]))\","
            + "\"\(hexadecimal(bytes[request.body]))\",\(request.keepsAlive),"
            + "\(request.byteCount)]"
    }

    private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func standardInput() -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(0, &block, block.count), count > 0 { bytes += block[..<count] }
        return bytes
    }
}

var verdicts = Verdicts()
verdicts.run()
