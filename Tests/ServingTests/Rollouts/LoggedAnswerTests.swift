// SPDX-License-Identifier: Apache-2.0
import Feedback
import Models
import Testing

@testable import Serving

/// What is kept of an answer for its label.
struct LoggedAnswerTests {
    /// A cluster's number is what a label can say; its distance from the first is not.
    @Test func aClusterIsKeptByItsNumber() throws {
        let clusters = try #require(Output(.clusters(3)))
        let output = LoggedOutput(LoggedAnswer(clusters, [-9, -4, -1], version: 1))
        #expect(output == .probabilities(label: "2", []))
        #expect(Judgement(output, .number(2))?.isRight == true)
        #expect(Judgement(output, .text("2"))?.isRight == true)
        #expect(Judgement(output, .number(1))?.isRight == false)
        #expect(Judgement(output, .number(2))?.loss == 0)
    }

    @Test func aClassIsKeptWithItsProbabilitiesAndAValueAlone() {
        let classes = LoggedAnswer(.binary(labels: ["no", "yes"]), [0], version: 1)
        #expect(LoggedOutput(classes) == .probabilities(label: "no", [0.5, 0.5]))
        #expect(LoggedOutput(LoggedAnswer(.regression, [7], version: 1)) == .value(7))
    }
}
