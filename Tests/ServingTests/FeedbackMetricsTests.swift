// SPDX-License-Identifier: Apache-2.0
import Feedback
import Telemetry
import Testing

@testable import Serving

/// What the metrics tell of predictions and their labels.
struct FeedbackMetricsTests {
    private static func prediction() -> LoggedPrediction {
        LoggedPrediction(
            id: String(repeating: "0", count: 32), at: 0, model: "m", version: 1, arm: "",
            output: .probabilities(label: "yes", [0.25, 0.75]))
    }

    private static func text(_ metrics: MetricsRegistry) -> String {
        var text: [UInt8] = []
        TextExposition.prometheus.append(metrics, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    @Test func countsWhatIsNotKept() {
        let log = PredictionLog(ratePerSecondMax: 2, features: [])
        let admitted = (0..<5).map { _ in log.admits() }
        #expect(admitted == [true, true, false, false, false])
        #expect(log.droppedCount(.rate) == 3)
        for _ in 0..<PredictionLog.countMax + 7 { log.append(Self.prediction()) }
        for _ in 0..<PredictionLog.countMax + 4 { log.append(ofCopy: Self.prediction()) }
        #expect(log.droppedCount(.room) == 11)
        #expect(log.take(secondShare: 1).count == 2 * PredictionLog.countMax)
    }

    @Test func tellsDelaysOfTheLastThousandLabels() {
        var delays = RecentDelays()
        #expect(delays.quantile(0.95) == nil)
        delays.record(milliseconds: 86_400_000)
        #expect(delays.quantile(0.95) == 86_400)
        for delay in 1...999 { delays.record(milliseconds: Int64(delay)) }
        #expect(delays.quantile(0.95) == 0.95)
        #expect(delays.quantile(1) == 86_400)
        // The first is forgotten.
        delays.record(milliseconds: 1000)
        #expect(delays.quantile(1) == 1)
        #expect(delays.quantile(0.5) == 0.5)
    }

    /// Labels still come for a version that has gone, and it is not shown for that.
    @Test func showsOnlyVersionsThatAreLoaded() {
        let metrics = MetricsRegistry(loopCount: 1)
        let book = QualityBook(metrics)
        let joined = JoinedLabel(
            prediction: Self.prediction(),
            label: Label(predictionID: Self.prediction().id, label: .text("yes")), isLate: false,
            delayMilliseconds: 0)
        let requests = metrics.counter("requests_total", "", ["model": "m", "version": "1"])
        requests[0].add()
        book.record(joined, labels: ["no", "yes"])
        book.update([])
        #expect(!Self.text(metrics).contains("model_live_accuracy{"))
        book.update([.init(model: "m", version: 1)])
        #expect(Self.text(metrics).contains("model_live_accuracy{model=\"m\",version=\"1\"} 1"))
        book.record(joined, labels: [])
        book.update([.init(model: "m", version: 2)])
        #expect(!Self.text(metrics).contains("model_live_accuracy{"))
        #expect(Self.text(metrics).contains("requests_total{model=\"m\",version=\"1\"} 1"))
    }
}
