// SPDX-License-Identifier: Apache-2.0
import JSON
import Models
import Testing

struct PredictTests {
    @Test(arguments: [
        "/predict", "/models/m/predict", "/models/m/versions/1/predict",
        "/models/m/aliases/production/predict",
    ])
    func answersOneRow(_ path: String) throws {
        let answer = try ServingFixture.serving().post(path, #"{"features": [40, "Bern"]}"#)
        #expect(answer.status == 200)
        let json = answer.json
        #expect(json["prediction"] == "yes")
        let probabilities = try #require(json["probabilities"])
        let positive = try #require(probabilities["yes"]?.number)
        #expect(abs(positive - 0.970_687_769_248_643_6) < 1e-15)
        #expect(json["model"] == "m")
        #expect(json["model_version"] == 1)
        #expect(json["prediction_id"]?.string?.utf8.count == 32)
    }

    @Test func answersManyRows() throws {
        let answer = try ServingFixture.serving().post(
            "/predict",
            #"{"instances": [[40, "Bern"], {"city": null, "age": 10}], "explain": false, "key": "u"}"#
        )
        #expect(answer.status == 200)
        let rows = try #require(answer.json["predictions"]?.array)
        #expect(rows.map { $0["prediction"] } == ["yes", "yes"])
        #expect(answer.json["model_version"] == 1)
    }

    @Test func explainsARowByPartsThatSumToTheMargin() throws {
        let answer = try ServingFixture.serving().post(
            "/predict", #"{"features":[50,"Ulm"],"explain":true}"#)
        let explanation = try #require(answer.json["explanation"])
        #expect(explanation["base"] == 0.5)
        #expect(explanation["contributions"] == ["age": 2.0, "city": 5.0])
    }

    /// A margin that is finite has an `exp` that is not, and JSON has no word for it.
    @Test(
        arguments: [
            (#"{"features":[50,"Bern"]}"#, 200, nil),
            (#"{"features":[5000,"Bern"]}"#, 422, "$.features"),
            (#"{"instances":[[50,"Bern"],[5000,"Bern"]]}"#, 422, "$.instances[1]"),
            (#"{"instances":[[50,"Bern"],[1.7e308,"Bern"]]}"#, 422, "$.instances[1]"),
        ] as [(String, Int, String?)])
    func refusesAnAnswerThatOverflows(_ body: String, _ status: Int, _ path: String?) throws {
        let fixture = try ServingFixture()
        let output = try #require(Output(.regression, link: .exponential))
        _ = try fixture.publish(
            bytes: try #require(ServingFixture.model(intercept: 1, output: output)).artifact)
        fixture.watch()
        let answer = try fixture.post("/predict", body)
        #expect(answer.status == status, "\(answer.body)")
        #expect(answer.slug == path.map { _ in "prediction-not-finite" })
        #expect(answer.json["path"]?.string == path)
    }

    @Test func answersLargeBodiesElsewhereTheSameWay() throws {
        let fixture = try ServingFixture.serving()
        let rows = Array(repeating: #"[40.5, "Bern"]"#, count: 10_000).joined(separator: ",")
        let answer = try fixture.post("/predict", "{\"instances\":[\(rows)]}")
        #expect(answer.status == 200)
        #expect(answer.json["predictions"]?.array?.count == 10_000)
        let bad = try fixture.post("/predict", "{\"instances\":[\(rows),[1]]}")
        #expect(bad.status == 422)
        #expect(bad.json["path"] == "$.instances[10000]")
    }

    @Test(
        arguments: [
            ("", 400, "invalid-json", "$"), ("{", 400, "invalid-json", "$"),
            ("nonsense", 400, "invalid-json", "$"),
            (#"{"features":[1,"a"]} x"#, 400, "invalid-json", "$"),
            ("[1]", 422, "wrong-type", "$"), ("\"x\"", 422, "wrong-type", "$"),
            ("{}", 422, "missing-input", "$"), (#"{"explain":true}"#, 422, "missing-input", "$"),
            (#"{"feature":[1]}"#, 422, "unknown-member", "$['feature']"),
            (#"{"features":[1,"a"],"instances":[[1,"a"]]}"#, 422, "ambiguous-input", "$"),
            (#"{"features":[1,"a"],"features":[1,"a"]}"#, 400, "duplicate-member", "$.features"),
            (#"{"instances":[]}"#, 422, "empty-instances", "$.instances"),
            (#"{"instances":{}}"#, 422, "wrong-type", "$.instances"),
            (#"{"instances":[[1,"a"],[2]]}"#, 422, "wrong-length", "$.instances[1]"),
            (#"{"instances":[7]}"#, 422, "wrong-type", "$.instances[0]"),
            (#"{"instances":[[1,"a"],null]}"#, 422, "wrong-type", "$.instances[1]"),
            (#"{"features":"x"}"#, 422, "wrong-type", "$.features"),
            (#"{"features":null}"#, 422, "wrong-type", "$.features"),
            (#"{"features":[1]}"#, 422, "wrong-length", "$.features"),
            (#"{"features":[1,"a",3]}"#, 422, "wrong-length", "$.features"),
            (#"{"features":["1","a"]}"#, 422, "wrong-type", "$.features[0]"),
            (#"{"features":[1,2]}"#, 422, "wrong-type", "$.features[1]"),
            (#"{"features":[[1],"a"]}"#, 422, "wrong-type", "$.features[0]"),
            (#"{"features":[true,"a"]}"#, 422, "wrong-type", "$.features[0]"),
            (#"{"features":{"age":1}}"#, 422, "missing-feature", "$.features['city']"),
            (
                #"{"features":{"age":1,"city":"a","x":1}}"#, 422, "unknown-feature",
                "$.features['x']"
            ),
            (
                #"{"features":{"age":1,"age":1,"city":"a"}}"#, 400, "duplicate-member",
                "$.features['age']"
            ),
            (#"{"features":{"age":"x","city":"a"}}"#, 422, "wrong-type", "$.features['age']"),
            (#"{"features":[1e999,"a"]}"#, 400, "invalid-json", "$.features[0]"),
            (#"{"features":[NaN,"a"]}"#, 400, "invalid-json", "$.features[0]"),
            (#"{"features":[Infinity,"a"]}"#, 400, "invalid-json", "$.features[0]"),
            (#"{"features":[01,"a"]}"#, 400, "invalid-json", "$.features[0]"),
            (#"{"features":[1,"\ud800"]}"#, 400, "invalid-json", "$.features[1]"),
            (#"{"explain":1,"features":[1,"a"]}"#, 422, "wrong-type", "$.explain"),
            (#"{"key":1,"features":[1,"a"]}"#, 422, "wrong-type", "$.key"),
            (#"{"features":[1.7e308,"a"]}"#, 200, nil, nil),
            (String(repeating: "[", count: 100), 400, "invalid-json", "$"),
            (
                "{\"features\":[\(String(repeating: "[", count: 100)),1]}", 422, "wrong-type",
                "$.features[0]"
            ),
        ] as [(String, Int, String?, String?)])
    func judgesABody(_ body: String, _ status: Int, _ slug: String?, _ path: String?) throws {
        let answer = try ServingFixture.serving().post("/predict", body)
        #expect(answer.status == status, "\(answer.body)")
        guard let slug else { return }
        #expect(answer.json["type"]?.string == "urn:martlet:problem:\(slug)", "\(answer.body)")
        #expect(answer.json["path"]?.string == path, "\(answer.body)")
        #expect(answer.json["status"]?.integer == status)
        #expect(answer.json["detail"]?.string?.isEmpty == false)
    }

    @Test(arguments: [
        ("POST", "/models/x/predict", 404, "unknown-model"),
        ("POST", "/models/m/versions/9/predict", 404, "unknown-version"),
        ("POST", "/models/m/versions/01/predict", 404, "unknown-version"),
        ("POST", "/models/m/versions/%2531/predict", 404, "unknown-version"),
        ("POST", "/models/m/aliases/x/predict", 404, "unknown-alias"),
        ("GET", "/predict", 405, "method-not-allowed"),
        ("POST", "/metrics", 405, "method-not-allowed"),
        ("DELETE", "/models/m", 405, "method-not-allowed"),
        ("POST", "/", 405, "method-not-allowed"), ("GET", "/predict/", 404, "no-such-route"),
        ("GET", "//predict", 404, "no-such-route"), ("GET", "/Predict", 404, "no-such-route"),
        ("GET", "/models/m/versions", 404, "no-such-route"),
        ("GET", "/models/x", 404, "unknown-model"),
        ("GET", "/models/m/versions/7", 404, "unknown-version"),
    ])
    func judgesAPath(_ method: String, _ path: String, _ status: Int, _ slug: String) throws {
        let answer = try ServingFixture.serving().send(
            "\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Content-Length: 2\r\n\r\n{}")
        #expect(answer.status == status)
        #expect(answer.json["type"]?.string == "urn:martlet:problem:\(slug)")
    }

    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "application/json;charset=x",
    ])
    func refusesOtherMediaTypes(_ type: String) throws {
        let answer = try ServingFixture.serving().post(
            "/predict", #"{"features":[1,"a"]}"#, type: type)
        #expect(answer.status == 415)
    }

    @Test func asksForANameWhereSeveralModelsAreServed() throws {
        let fixture = try ServingFixture()
        try fixture.publish("a")
        try fixture.publish("b")
        fixture.watch()
        let answer = try fixture.post("/predict", #"{"features":[1,"a"]}"#)
        #expect(answer.status == 404)
        #expect(answer.json["type"] == "urn:martlet:problem:no-default-model")
        #expect(try fixture.post("/models/b/predict", #"{"features":[1,"a"]}"#).status == 200)
    }

    @Test func countsPredictionsAndErrorsByVersionOnly() throws {
        let fixture = try ServingFixture.serving()
        _ = try fixture.post("/predict", #"{"instances":[[1,"a"],[2,"b"]]}"#)
        _ = try fixture.post("/predict", #"{"features":[1]}"#)
        _ = try fixture.post("/models/invented/predict", #"{"features":[1]}"#)
        let text = try fixture.scrape()
        #expect(text.contains("model_predictions_total{model=\"m\",version=\"1\"} 2\n"))
        #expect(
            text.contains(
                "model_prediction_errors_total{model=\"m\",version=\"1\",reason=\"wrong-length\"} 1\n"
            ))
        #expect(
            text.contains("model_prediction_duration_seconds_count{model=\"m\",version=\"1\"} 1\n"))
        #expect(!text.contains("invented"))
    }
}
