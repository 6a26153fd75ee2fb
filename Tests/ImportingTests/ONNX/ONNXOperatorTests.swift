// SPDX-License-Identifier: Apache-2.0
import Models
import Testing

@testable import Importing

/// Each operator alone, by what its page in the ONNX documents says.
struct ONNXOperatorTests {
    typealias Sample = ONNXSample
    typealias Constant = ONNXSample.Constant
    typealias Case = (Sample, [Double], [Double])

    private static func plain(_ operation: String, _ width: Int) -> Sample {
        Sample(operation: operation, width: width)
    }

    private static func with(
        _ operation: String, _ width: Int, _ constants: [Constant?],
        _ attributes: [String: Sample.Attribute] = [:], version: Int = 17
    ) -> Sample {
        Sample(
            operation: operation, version: version, width: width, constants: constants,
            attributes: attributes)
    }

    private static func isClose(_ left: [Double], _ right: [Double]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy {
                $0 == $1 || $0.isNaN && $1.isNaN || abs($0 - $1) <= 1e-6 * max(1, abs($1))
            }
    }

    private static let single: [Case] = [
        (plain("Abs", 3), [-1.5, 0, 2], [1.5, 0, 2]),
        (plain("Neg", 2), [-1, 2], [1, -2]),
        (plain("Reciprocal", 2), [2, -4], [0.5, -0.25]),
        (plain("Exp", 2), [0, 1], [1, 2.7182817]),
        (plain("Log", 3), [1, 0, -1], [0, -.infinity, .nan]),
        (plain("Sqrt", 2), [4, 0], [2, 0]),
        (plain("Floor", 2), [-1.5, 1.5], [-2, 1]),
        (plain("Ceil", 2), [-1.5, 1.5], [-1, 2]),
        (plain("Round", 3), [0.5, 1.5, -2.5], [0, 2, -2]),
        (plain("Sign", 3), [-3, 0, 7], [-1, 0, 1]),
        (plain("Relu", 3), [-3, 0, 7], [0, 0, 7]),
        (plain("Sigmoid", 3), [0, -1000, 1000], [0.5, 0, 1]),
        (plain("Tanh", 2), [0, 0.5], [0, 0.46211717]),
        (plain("Sin", 1), [1], [0.84147098]), (plain("Cos", 1), [1], [0.5403023]),
        (plain("Erf", 1), [0.5], [0.52049988]),
        (plain("Softplus", 2), [0, 100], [0.6931472, 100]),
        (plain("Elu", 2), [-1, 2], [-0.63212056, 2]),
        (plain("LeakyRelu", 2), [-1, 2], [-0.01, 2]),
        (plain("Selu", 2), [-1, 2], [-1.1113307, 2.101402]),
        (plain("Gelu", 2), [-1, 2], [-0.15865526, 1.9544997]),
        (plain("HardSigmoid", 3), [-5, 0, 5], [0, 0.5, 1]),
        (plain("IsNaN", 2), [.nan, 1], [1, 0]),
        (plain("Softmax", 3), [1000, 1000, -1000], [0.5, 0.5, 0]),
        (plain("LogSoftmax", 2), [0, 0], [-0.6931472, -0.6931472]),
        (plain("Identity", 2), [1, 2], [1, 2]),
        (plain("Shape", 3), [1, 2, 3], [1, 3]),
    ]

    @Test(arguments: single)
    func appliesToEachValue(_ sample: Sample, _ row: [Double], _ expected: [Double]) throws {
        #expect(Self.isClose(try sample.values(row), expected))
    }

    private static let pair = Constant(shape: [2], floats: [10, -2])

    private static let paired: [Case] = [
        (with("Add", 2, [pair]), [1, 2], [11, 0]),
        (with("Sub", 2, [pair]), [1, 2], [-9, 4]),
        (with("Mul", 2, [pair]), [1, 2], [10, -4]),
        (with("Div", 2, [pair]), [1, 2], [0.1, -1]),
        (with("Pow", 2, [Constant(shape: [], integers: [2])]), [3, -2], [9, 4]),
        (with("Equal", 2, [pair]), [10, 2], [1, 0]),
        (with("Less", 2, [pair]), [10, -3], [0, 1]),
        (with("LessOrEqual", 2, [pair]), [10, .nan], [1, 0]),
        (with("Greater", 2, [pair]), [11, .nan], [1, 0]),
        (with("GreaterOrEqual", 2, [pair]), [10, -3], [1, 0]),
        (with("Max", 2, [pair]), [1, 2], [10, 2]), (with("Min", 2, [pair]), [1, 2], [1, -2]),
        (with("Sum", 2, [pair, pair]), [1, 2], [21, -2]),
        (with("Mean", 2, [pair]), [1, 2], [5.5, 0]),
        // A column beside each value, and a row below.
        (with("Add", 2, [Constant(shape: [2, 1, 1], floats: [0, 10])]), [1, 2], [1, 2, 11, 12]),
        (
            with("Clip", 3, [Constant(shape: [], floats: [-1]), Constant(shape: [], floats: [1])]),
            [-5, 0.5, 5], [-1, 0.5, 1]
        ),
        (with("Clip", 2, [nil, Constant(shape: [], floats: [1])]), [-5, 5], [-5, 1]),
        (
            with("Clip", 2, [], ["min": .float(0), "max": .float(6)], version: 10), [-1, 9], [0, 6]
        ),
        (with("Cast", 3, [], ["to": .integer(7)]), [1.9, -1.9, .nan], [1, -1, -0x1p63]),
        (with("Cast", 2, [], ["to": .integer(9)]), [0, -3], [0, 1]),
        (with("MatMul", 2, [Constant(shape: [2], floats: [2, 3])]), [1, 10], [32]),
        (
            with("MatMul", 2, [Constant(shape: [2, 3], floats: [1, 2, 3, 4, 5, 6])]), [1, 10],
            [41, 52, 63]
        ),
        (
            with(
                "Gemm", 2,
                [
                    Constant(shape: [3, 2], floats: [1, 4, 2, 5, 3, 6]),
                    Constant(shape: [3], floats: [1, 1, 2]),
                ], ["transB": .integer(1), "alpha": .float(2), "beta": .float(0.5)]),
            [1, 10], [82.5, 104.5, 127]
        ),
        (
            with(
                "BatchNormalization", 2,
                [
                    Constant(shape: [2], floats: [2, 1]), Constant(shape: [2], floats: [1, 0]),
                    Constant(shape: [2], floats: [5, 0]), Constant(shape: [2], floats: [4, 1]),
                ], ["epsilon": .float(0)]), [7, 3], [3, 3]
        ),
        (
            with(
                "LayerNormalization", 2,
                [Constant(shape: [2], floats: [1, 2]), Constant(shape: [2], floats: [0, 1])],
                ["epsilon": .float(0)]), [1, 3], [-1, 3]
        ),
    ]

    @Test(arguments: paired)
    func appliesToPairs(_ sample: Sample, _ row: [Double], _ expected: [Double]) throws {
        #expect(Self.isClose(try sample.values(row), expected))
    }

    private static func list(_ axes: [Int]) -> Constant {
        Constant(shape: [axes.count], integers: axes)
    }

    private static let moved: [Case] = [
        (with("ReduceSum", 3, [list([1])]), [1, 2, 4], [7]),
        (with("ReduceSum", 3, [], ["axes": .integers([1])], version: 11), [1, 2, 4], [7]),
        (with("ReduceMean", 2, [], ["axes": .integers([-1])]), [1, 2], [1.5]),
        (with("ReduceMax", 3, [], ["axes": .integers([1])]), [1, 4, 2], [4]),
        (with("ReduceMin", 3, [], ["axes": .integers([1])]), [4, 1, 2], [1]),
        (with("ReduceProd", 2, [], ["axes": .integers([1])]), [3, 2], [6]),
        (with("ReduceL1", 2, [], ["axes": .integers([1])]), [3, -2], [5]),
        (with("ReduceL2", 2, [], ["axes": .integers([1])]), [3, -4], [5]),
        (with("ReduceSumSquare", 2, [], ["axes": .integers([1])]), [3, -4], [25]),
        (with("ReduceLogSum", 2, [], ["axes": .integers([1])]), [1, 1], [0.6931472]),
        (with("ReduceLogSumExp", 2, [], ["axes": .integers([1])]), [1000, 1000], [1000.69315]),
        // The first of equals.
        (with("ArgMax", 3, [], ["axis": .integer(1)]), [1, 4, 4], [1]),
        (with("ArgMin", 3, [], ["axis": .integer(-1)]), [4, 1, 1], [1]),
        (
            with("Concat", 2, [Constant(shape: [1, 1], floats: [9])], ["axis": .integer(1)]),
            [1, 2], [1, 2, 9]
        ),
        (with("Gather", 3, [list([2, 0, -2])], ["axis": .integer(1)]), [1, 2, 3], [3, 1, 2]),
        (with("Slice", 3, [list([1]), list([.max]), list([1])]), [1, 2, 3], [2, 3]),
        (
            with("Slice", 3, [list([-1]), list([.min]), list([1]), list([-2])]), [1, 2, 3], [3, 1]
        ),
        (with("Split", 3, [list([2, 1])], ["axis": .integer(1)]), [1, 2, 3], [1, 2]),
        (with("Reshape", 4, [list([-1, 2, 2])]), [1, 2, 3, 4], [1, 2, 3, 4]),
        (with("Flatten", 2, []), [1, 2], [1, 2]),
        (with("Transpose", 2, [], ["perm": .integers([1, 0])]), [1, 2], [1, 2]),
        (with("Unsqueeze", 2, [list([1])]), [1, 2], [1, 2]),
        (with("Squeeze", 1, [list([1])]), [4], [4]),
        (with("Expand", 1, [list([1, 3])]), [4], [4, 4, 4]),
        (with("Tile", 2, [list([1, 2])]), [1, 2], [1, 2, 1, 2]),
    ]

    @Test(arguments: moved)
    func movesAndReduces(_ sample: Sample, _ row: [Double], _ expected: [Double]) throws {
        #expect(Self.isClose(try sample.values(row), expected))
    }

    @Test func choosesByCondition() throws {
        let sample = Sample(
            operation: "Where", width: 2, element: 9,
            constants: [Constant(shape: [], floats: [1]), Constant(shape: [2], floats: [5, 6])])
        #expect(try sample.values([1, 0]) == [1, 6])
    }

    /// Axes are taken apart and put together again as NumPy's are.
    @Test func keepsRowsInTheirAxis() throws {
        var model = Self.with("Reshape", 4, [Self.list([-1, 2, 2])]).model
        var node = ONNXNode()
        node.opType = "Transpose"
        node.input = ["Y"]
        node.output = ["T"]
        var order = ONNXAttribute()
        (order.name, order.type, order.ints) = ("perm", 7, [2, 0, 1])
        node.attribute = [order]
        var sum = ONNXNode()
        sum.opType = "ReduceSum"
        sum.input = ["T", "axis"]
        sum.output = ["S"]
        model.graph.node += [node, sum]
        model.graph.initializer.append(ONNXSample.tensor("axis", Self.list([2])))
        let (values, shape) = try ONNXSample.values("S", of: model, [1, 2, 3, 4])
        #expect(values == [4, 6])
        #expect(shape == [2, 1, 1])
    }

    /// What is done for one row would not be what is done for many.
    private static let mixing: [Sample] = [
        with("ReduceSum", 3, [list([0])]), with("ReduceMax", 3, []),
        with("Softmax", 3, [], ["axis": .integer(0)]),
        with("Softmax", 3, [], ["axis": .integer(0)], version: 11),
        with("Concat", 2, [Constant(shape: [1, 2], floats: [1, 2])], ["axis": .integer(0)]),
        with("Reshape", 4, [list([2, 2])]), with("Reshape", 2, [list([-1])]),
        with("Gather", 2, [list([0])], ["axis": .integer(0)]),
        with("Slice", 2, [list([0]), list([1]), list([0])]),
        with("Flatten", 2, [], ["axis": .integer(0)]), with("Squeeze", 2, [list([0])]),
        with("Add", 1, [Constant(shape: [3, 1], floats: [1, 2, 3])]),
    ]

    @Test(arguments: mixing)
    func refusesToMixRows(_ sample: Sample) {
        let error = #expect(throws: ImportError.self) { try sample.values([1, 2, 3, 4]) }
        guard case .unsupported(let what) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(what.contains("of operator \(sample.operation) at node 0"))
    }
}
