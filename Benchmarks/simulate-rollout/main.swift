// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Simulates rollouts by fixed seeds: lines of JSON on standard output, which
/// `Benchmarks/rollout_page.py` makes a page of.
///
///     simulate-rollout [PERCENT]
///
/// `PERCENT` of the runs, for a quick look.
func simulate() throws {
    let percent = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100
    func runs(_ count: Int) -> Int { max(1, count * percent / 100) }
    func say(_ line: String) {
        puts(line)
        fflush(nil)
    }
    for line in try Experiments.falseRollbacks(runs: runs(2400)) { say(line) }
    for weight in [10, 50] {
        for index in Experiments.disturbances.indices {
            for hasFallback in [true, false] {
                say(
                    try Experiments.disturbance(
                        index, percent: weight, hasFallback: hasFallback, runs: runs(200)))
            }
        }
    }
    for index in Experiments.faults.indices {
        say(try Experiments.fault(index, runs: runs(200)))
    }
    let faults: [(rate: Double, runs: Int)] = [
        (1, 200), (0.5, 200), (0.05, 200), (0.01, 100), (0.002, 20),
    ]
    for late in [false, true] {
        for fault in faults {
            for weight in [10, 50] {
                say(
                    try Experiments.detection(
                        rate: fault.rate, late: late, percent: weight, runs: runs(fault.runs)))
            }
        }
    }
}

try simulate()
