// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import Registry
import Training

/// `martlet-train fit`: reads data, trains, evaluates, writes one version into the registry.
struct FitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Train a model on a CSV file and register it.",
        discussion: """
            Exit status: 0 done, 2 usage, 65 bad data, 66 no input, 70 internal, \
            73 registry not writable.
            """)

    enum Family: String, ExpressibleByArgument {
        case logistic, linear, text
        case boostedTrees = "boosted-trees"
        case randomForest = "random-forest"
        case extraTrees = "extra-trees"
        case isolationForest = "isolation-forest"

        var isSupervised: Bool { self != .isolationForest }
    }

    enum Task: String, ExpressibleByArgument {
        case classification, regression
    }

    @OptionGroup(title: "Data")
    var data: SourceOptions

    @Option(
        help: """
            logistic predicts classes, linear (ridge) numbers, text classes from texts too, \
            boosted-trees, random-forest and extra-trees either; isolation-forest finds outliers.
            """)
    var model: Family

    @Option(help: "What trees predict. (default: by the target's values)")
    var task: Task?

    @Option(help: "balanced makes each class count the same.")
    var classWeight: ClassWeight?

    @Option(help: "How many threads learn. The result is the same. (default: all processors)")
    var threads: Int?

    @Option(
        name: .customLong("C"),
        help: "Inverse penalty of logistic and text: larger fits closer. (default: 1; text: 10)")
    var c: Double?

    @Option(help: "Penalty of linear: smaller fits closer.")
    var alpha: Double = 1

    @Option(help: "Seed of the holdout.")
    var seed: UInt64 = 1

    @OptionGroup(title: "Trees")
    var trees: TreeOptions

    @OptionGroup(title: "Forests")
    var forest: ForestOptions

    @OptionGroup(title: "Boosted trees")
    var boosting: BoostingOptions

    @OptionGroup(title: "Registry")
    var place: RegistryOptions

    @Flag(help: "Print one JSON object instead of the report.")
    var json = false

    var inversePenalty: Double { c ?? (model == .text ? 10 : 1) }

    func validate() throws {
        guard model == .text || data.text.isEmpty else {
            throw ValidationError("--text needs --model text")
        }
        if model.isSupervised, data.target == nil {
            throw ValidationError("Missing expected argument '--target <column>'")
        }
        if !model.isSupervised, data.target != nil {
            throw ValidationError(
                "--model \(model.rawValue) learns without --target; --ignore leaves a column out")
        }
        guard inversePenalty > 0, inversePenalty.isFinite else {
            throw ValidationError("--C \(inversePenalty) is not a positive number")
        }
        guard alpha >= 0, alpha.isFinite else {
            throw ValidationError("--alpha \(alpha) is not zero or a positive number")
        }
        let isEither = [.boostedTrees, .randomForest, .extraTrees].contains(model)
        if task != nil, !isEither {
            throw ValidationError(
                "--task is for trees that predict; \(model.rawValue) has one task")
        }
        if classWeight != nil, !isEither {
            throw ValidationError("--class-weight is for trees that predict")
        }
        if boosting.objective != nil, model != .boostedTrees {
            throw ValidationError("--objective is for boosted-trees")
        }
        if let threads, !(1...1024 ~= threads) {
            throw ValidationError("--threads \(threads) is not between 1 and 1024")
        }
    }

    func run() throws {
        try place.checkWritable()
        let fit: Fit
        do throws(TrainingError) {
            fit = try Fit(self)
        } catch {
            Console.endProgress()
            throw CommandFailure.training(error)
        }
        Console.progress("publishing")
        let published: PublishedVersion
        do throws(CommandFailure) {
            published = try place.publish(fit)
        } catch {
            Console.endProgress()
            throw error
        }
        Console.endProgress()
        let report = FitReport(fit, published, place)
        Console.write(json ? report.json.text + "\n" : report.text)
    }
}

extension ClassWeight: ExpressibleByArgument {}
