// SPDX-License-Identifier: Apache-2.0
import JSON

/// A safetensors file: 8-byte header length, JSON header, little-endian tensors.
///
/// Format and checks after huggingface/safetensors: the header is an object; `__metadata__` maps
/// strings to strings; tensors fill the rest of the file without gap or overlap.
struct Safetensors {
    /// The format's own bound.
    static let headerBytesMax = 100_000_000

    private struct Entry {
        let dtype: String
        let shape: [Int]
        let range: Range<Int>
    }

    private let bytes: [UInt8]
    private let entries: [String: Entry]
    /// What the names of tensors are asked for without.
    private var prefix = ""
    let metadata: [String: String]

    init(_ bytes: [UInt8]) throws(ArtifactError) {
        guard bytes.count >= 8 else { throw .truncated("header length") }
        let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.headerBytesMax) else {
            throw .invalidField("header length", "more than \(Self.headerBytesMax)")
        }
        let dataStart = 8 + Int(length)
        guard dataStart <= bytes.count else { throw .truncated("header") }
        let header: JSONValue
        do throws(JSONError) {
            header = try JSONValue(parsing: bytes.span.extracting(8..<dataStart))
        } catch {
            throw .json(field: "header", error)
        }
        guard let members = header.members else {
            throw .invalidField("header", "not an object")
        }
        var entries: [String: Entry] = [:]
        var metadata: [String: String] = [:]
        for member in members {
            if member.name == "__metadata__" {
                metadata = try Self.metadata(member.value)
            } else {
                entries[member.name] = try Self.entry(member, dataStart, bytes.count)
            }
        }
        try Self.requireNoGaps(entries, dataStart..<bytes.count)
        self.bytes = bytes
        self.entries = entries
        self.metadata = metadata
    }

    /// The same file, seen as if it had only the tensors whose names begin so, without that.
    func scoped(_ prefix: String) -> Safetensors {
        var file = self
        file.prefix = self.prefix + prefix
        return file
    }

    /// safetensors' name of a tensor's type; `nil` where there is no such tensor.
    func dtype(of name: String) -> String? { entries[prefix + name]?.dtype }

    /// The values of an `F64` tensor that must have just this shape.
    func doubles(_ name: String, shape: [Int]) throws(ArtifactError) -> [Double] {
        try words(name, "F64", shape) { (bits: UInt64) in Double(bitPattern: bits) }
    }

    /// The values of an `F64` tensor of one dimension and any length.
    func doubles(_ name: String) throws(ArtifactError) -> [Double] {
        try words(name, "F64", nil) { (bits: UInt64) in Double(bitPattern: bits) }
    }

    func floats(_ name: String, shape: [Int]? = nil) throws(ArtifactError) -> [Float] {
        try words(name, "F32", shape) { (bits: UInt32) in Float(bitPattern: bits) }
    }

    func int32s(_ name: String, shape: [Int]? = nil) throws(ArtifactError) -> [Int32] {
        try words(name, "I32", shape) { (bits: UInt32) in Int32(bitPattern: bits) }
    }

    func uint32s(_ name: String, shape: [Int]? = nil) throws(ArtifactError) -> [UInt32] {
        try words(name, "U32", shape) { (bits: UInt32) in bits }
    }

    func uint8s(_ name: String, shape: [Int]? = nil) throws(ArtifactError) -> [UInt8] {
        try words(name, "U8", shape) { (bits: UInt8) in bits }
    }

    /// - Parameter shape: `nil` for one dimension of any length.
    private func words<Word: FixedWidthInteger, Value>(
        _ name: String, _ dtype: String, _ shape: [Int]?, _ value: (Word) -> Value
    ) throws(ArtifactError) -> [Value] {
        let name = prefix + name
        guard let entry = entries[name] else { throw .missingField("tensor \(name)") }
        guard entry.dtype == dtype else {
            throw .invalidField("tensor \(name)", "\(entry.dtype) where \(dtype) is expected")
        }
        guard shape.map({ $0 == entry.shape }) ?? (entry.shape.count == 1) else {
            let expected = shape.map { "\($0)" } ?? "one dimension"
            throw .invalidField("tensor \(name)", "shape \(entry.shape), expected \(expected)")
        }
        let size = MemoryLayout<Word>.size
        return stride(from: entry.range.lowerBound, to: entry.range.upperBound, by: size).map {
            start in
            var word: Word = 0
            for offset in (0..<size).reversed() {
                // A word of one byte has nothing to shift.
                word = (size > 1 ? word << 8 : 0) | Word(truncatingIfNeeded: bytes[start + offset])
            }
            return value(word)
        }
    }

    private static func metadata(_ value: JSONValue) throws(ArtifactError) -> [String: String] {
        guard let members = value.members else {
            throw .invalidField("__metadata__", "not an object")
        }
        var metadata: [String: String] = [:]
        for member in members {
            guard let text = member.value.string else {
                throw .invalidField("__metadata__.\(member.name)", "not a string")
            }
            metadata[member.name] = text
        }
        return metadata
    }

    private static func entry(
        _ member: JSONValue.Member, _ dataStart: Int, _ fileEnd: Int
    ) throws(ArtifactError) -> Entry {
        let field = "tensor \(member.name)"
        guard let dtype = member.value["dtype"]?.string else {
            throw .missingField("\(field).dtype")
        }
        guard let size = sizes[dtype] else { throw .invalidField("\(field).dtype", "unknown") }
        guard let dimensions = member.value["shape"]?.array else {
            throw .missingField("\(field).shape")
        }
        var byteCount = size
        var shape: [Int] = []
        for dimension in dimensions {
            guard let extent = dimension.integer, extent >= 0 else {
                throw .invalidField("\(field).shape", "not natural numbers")
            }
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw .invalidField("\(field).shape", "too large") }
            byteCount = product
            shape.append(extent)
        }
        let offsets = (member.value["data_offsets"]?.array ?? []).compactMap(\.integer)
        guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1] else {
            throw .invalidField("\(field).data_offsets", "not a range")
        }
        guard offsets[1] <= fileEnd - dataStart else { throw .truncated(field) }
        guard offsets[1] - offsets[0] == byteCount else {
            throw .invalidField("\(field).data_offsets", "not the size of the shape")
        }
        return Entry(
            dtype: dtype, shape: shape, range: dataStart + offsets[0]..<dataStart + offsets[1])
    }

    private static func requireNoGaps(
        _ entries: [String: Entry], _ data: Range<Int>
    ) throws(ArtifactError) {
        var end = data.lowerBound
        let ordered = entries.sorted {
            ($0.value.range.lowerBound, $0.value.range.upperBound)
                < ($1.value.range.lowerBound, $1.value.range.upperBound)
        }
        for (name, entry) in ordered {
            guard entry.range.lowerBound == end else {
                throw .invalidField("tensor \(name).data_offsets", "leaves a gap or overlaps")
            }
            end = entry.range.upperBound
        }
        guard end == data.upperBound else {
            throw .invalidField("file", "\(data.upperBound - end) bytes after the last tensor")
        }
    }

    private static let sizes = [
        "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8,
        "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
    ]
}

extension Safetensors {
    /// The file's bytes, the same for the same arguments; the header is padded to 8 bytes.
    static func bytes(metadata: [(name: String, text: String)], tensors: [Tensor]) -> [UInt8] {
        var members = [
            JSONValue.Member(
                name: "__metadata__",
                value: .object(metadata.map { .init(name: $0.name, value: .string($0.text)) }))
        ]
        var end = 0
        for tensor in tensors {
            let start = end
            end += tensor.values.byteCount
            members.append(
                .init(
                    name: tensor.name,
                    value: [
                        "dtype": .string(tensor.values.dtype),
                        "shape": .array(tensor.shape.map { .integer($0) }),
                        "data_offsets": [.integer(start), .integer(end)],
                    ]))
        }
        var header: [UInt8] = []
        JSONValue.object(members).append(to: &header)
        while header.count % 8 != 0 { header.append(0x20) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + header.count + end)
        let length = UInt64(header.count)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: length >> shift))
        }
        bytes += header
        for tensor in tensors { tensor.values.append(to: &bytes) }
        return bytes
    }
}
