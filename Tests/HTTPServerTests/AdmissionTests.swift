// SPDX-License-Identifier: Apache-2.0
import HTTP1
import HTTPServer
import Testing

struct AdmissionTests {
    @Test func letsInSoManyMillisecondsForEachWorker() {
        var admission = Admission(millisecondsMax: 100, workerCount: 2)
        var admittedCount = 0
        while case .admit = admission.admit(predictedNanoseconds: 10e6) { admittedCount += 1 }
        #expect(admittedCount == 20)
        #expect(admission.load == 200e6)
        #expect(admission.isUnderPressure)
    }

    @Test func makesRoomAsWorkIsFinished() {
        var admission = Admission(millisecondsMax: 100, workerCount: 1)
        let verdicts = [60e6, 60e6].map { admission.admit(predictedNanoseconds: $0) }
        #expect(verdicts == [.admit(cost: 60e6), .refuse(retryAfterSeconds: 1)])
        admission.finish(cost: 60e6, predictedNanoseconds: 60e6, .dropped)
        let verdict = admission.admit(predictedNanoseconds: 60e6)
        #expect(verdict == .admit(cost: 60e6))
    }

    @Test func judgesAnewWhatIsUnderWay() {
        var admission = Admission(millisecondsMax: 100, workerCount: 1)
        for cost in [10e6, 60e6] { _ = admission.admit(predictedNanoseconds: cost) }
        let refused = admission.readmit(cost: 10e6, predictedNanoseconds: 41e6)
        #expect(refused == .refuse(retryAfterSeconds: 1))
        #expect(admission.load == 60e6)
        let alone = admission.readmit(cost: 60e6, predictedNanoseconds: 7e9)
        #expect(alone == .admit(cost: 7e9))
        #expect(admission.load == 7e9)
    }

    /// Asking says what admitting would, and takes no room.
    @Test func tellsWhetherThereIsRoom() {
        var admission = Admission(millisecondsMax: 100, workerCount: 1)
        #expect(admission.retryAfterSeconds(predictedNanoseconds: 7e9) == nil)
        let first = admission.admit(predictedNanoseconds: 60e6)
        #expect(first == .admit(cost: 60e6))
        #expect(admission.retryAfterSeconds(predictedNanoseconds: 40e6) == nil)
        #expect(admission.retryAfterSeconds(predictedNanoseconds: 41e6) == 1)
        #expect(admission.retryAfterSeconds(predictedNanoseconds: 2.5e9) == 3)
        #expect(admission.load == 60e6)
    }

    @Test func letsInWhatIsAloneHoweverLongItTakes() {
        var admission = Admission(millisecondsMax: 100, workerCount: 1)
        let first = admission.admit(predictedNanoseconds: 7e9)
        #expect(first == .admit(cost: 7e9))
        let second = admission.admit(predictedNanoseconds: 1)
        #expect(second == .refuse(retryAfterSeconds: 7))
    }

    @Test func learnsWhatWorkReallyTakes() {
        var admission = Admission(millisecondsMax: 1000, workerCount: 1)
        for _ in 0..<200 {
            guard case .admit(let cost) = admission.admit(predictedNanoseconds: 1e6) else { return }
            admission.finish(
                cost: cost, predictedNanoseconds: 1e6, .answered(.ok, nanoseconds: 3e6))
        }
        #expect(abs(admission.correction - 3) < 0.01)
        let verdict = admission.admit(predictedNanoseconds: 1e6)
        #expect(verdict == .admit(cost: admission.correction * 1e6))
    }

    @Test func oneStallDoesNotDecide() {
        var admission = Admission(millisecondsMax: 1000, workerCount: 1)
        admission.finish(cost: 0, predictedNanoseconds: 1e6, .answered(.ok, nanoseconds: 1e12))
        #expect(admission.correction < 1.5)
    }

    /// What a client brings about at will teaches nothing.
    @Test(arguments: [HTTPStatus.badRequest, .unprocessableContent, .contentTooLarge])
    func learnsNothingFromRefusals(_ status: HTTPStatus) {
        var admission = Admission(millisecondsMax: 1000, workerCount: 1)
        for nanoseconds in [1, 1e12] {
            admission.finish(
                cost: 0, predictedNanoseconds: 1e6, .answered(status, nanoseconds: nanoseconds))
        }
        #expect(admission.correction == 1)
    }

    /// However long work goes on that takes nothing of what it promised, or far more.
    @Test(arguments: [(1.0, 0.5), (1e12, 8)])
    func correctsWithinBounds(_ nanoseconds: Double, _ bound: Double) {
        var admission = Admission(millisecondsMax: 1000, workerCount: 1)
        for _ in 0..<1000 {
            admission.finish(
                cost: 0, predictedNanoseconds: 1e6, .answered(.ok, nanoseconds: nanoseconds))
        }
        #expect(abs(admission.correction - bound) < 1e-6)
    }
}
