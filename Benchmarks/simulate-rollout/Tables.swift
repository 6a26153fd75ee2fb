// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Distributions as tables, made once.
enum Tables {
    /// Quantiles of a lognormal of median 100 µs and σ = 0.5, in nanoseconds, as a model's times
    /// are.
    static let times: [Double] = (0..<4096).map { index in
        100_000 * exp(0.5 * normalQuantile((Double(index) + 0.5) / 4096))
    }

    /// The cumulative shares of 10,000 keys by Zipf's law: the first has a tenth of all requests.
    static let zipf: [Double] = {
        var sums: [Double] = []
        var sum = 0.0
        for rank in 1...10_000 {
            sum += 1 / Double(rank)
            sums.append(sum)
        }
        return sums.map { $0 / sum }
    }()

    static func zipfKey(_ uniform: Double) -> Int {
        var low = 0
        var high = zipf.count - 1
        while low < high {
            let middle = (low + high) / 2
            if zipf[middle] <= uniform { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// By bisection of the error function.
    private static func normalQuantile(_ probability: Double) -> Double {
        var low = -8.0
        var high = 8.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if erfc(-middle / 2.0.squareRoot()) / 2 < probability {
                low = middle
            } else {
                high = middle
            }
        }
        return (low + high) / 2
    }
}
