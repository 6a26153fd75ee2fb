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
            73 registry not writable. docs/training.md tells of the models, docs/evaluation.md of \
            how they are judged.
            """)

    enum Family: String, CaseIterable, ExpressibleByArgument {
        case logistic, linear, text, mlp
        case naiveBayes = "naive-bayes"
        case kMeans = "k-means"
        case boostedTrees = "boosted-trees"
        case randomForest = "random-forest"
        case extraTrees = "extra-trees"
        case isolationForest = "isolation-forest"
        /// The best of several, by a search.
        case auto

        var isSupervised: Bool { self != .isolationForest && self != .kMeans }

        /// Whether it can predict classes and numbers.
        var isEither: Bool {
            switch self {
            case .mlp, .boostedTrees, .randomForest, .extraTrees, .auto: true
            default: false
            }
        }
    }

    enum Task: String, ExpressibleByArgument {
        case classification, regression
    }

    @OptionGroup(title: "Data")
    var data: SourceOptions

    @Option(
        help: """
            logistic and naive-bayes predict classes, text classes from texts too, linear numbers; \
            mlp (a multilayer perceptron), boosted-trees, random-forest and extra-trees predict \
            either; k-means finds clusters, isolation-forest outliers. auto tries those that \
            predict and takes the best.
            """,
        transform: Family.named)
    var model: Family

    @Option(help: "What a family that can do either predicts. (default: by the target's values)")
    var task: Task?

    @Option(help: "How many threads learn. The result is the same. (default: all processors)")
    var threads: Int?

    @Option(help: "balanced makes each class count the same.")
    var classWeight: ClassWeight?

    @Option(help: "Seed of the holdout, and of what a learner draws.")
    var seed: UInt64 = 1

    @OptionGroup(title: "auto")
    var search: SearchOptions

    @OptionGroup(title: "Stopping")
    var stopping: StoppingOptions

    @OptionGroup(title: "Trees")
    var trees: TreeOptions

    @OptionGroup(title: "Forests")
    var forest: ForestOptions

    @OptionGroup(title: "Boosted trees")
    var boosting: BoostingOptions

    @Option(help: "Learn probabilities on a fifth of the rows, platt or isotonic; two classes.")
    var calibration: Calibration?

    @OptionGroup(title: "Evaluation")
    var evaluation: EvaluationOptions

    @OptionGroup(title: "Penalties")
    var penalty: PenaltyOptions

    @OptionGroup(title: "k-means")
    var clusters: ClusterOptions

    @OptionGroup(title: "mlp")
    var perceptron: PerceptronOptions

    @OptionGroup(title: "Registry")
    var place: RegistryOptions

    @Flag(help: "Print one JSON object instead of the report.")
    var json = false

    /// Whether there are classes to weigh, to calibrate and to tell costs of.
    private var hasClasses: Bool {
        model.isSupervised && model != .linear && task != .regression
            && boosting.objective?.task != .regression
    }

    func validate() throws {
        if let flag = unheeded(among: CommandLine.arguments) {
            throw ValidationError(
                model == .auto
                    ? "\(flag): --model auto sets hyper-parameters itself"
                    : "\(flag) has no effect on --model \(model.rawValue)")
        }
        guard model == .text || model == .auto || data.text.isEmpty else {
            throw ValidationError("--text needs --model text or auto")
        }
        if model.isSupervised, data.target == nil {
            throw ValidationError("Missing expected argument '--target <column>'")
        }
        if !model.isSupervised, data.target != nil {
            throw ValidationError(
                "--model \(model.rawValue) learns without --target; --ignore leaves a column out")
        }
        if task != nil, !model.isEither {
            throw ValidationError("--task: \(model.rawValue) has one task")
        }
        if !hasClasses {
            guard classWeight == nil else {
                throw ValidationError("--class-weight is for classes")
            }
            guard !evaluation.isForClasses, calibration == nil else {
                throw ValidationError("--calibration and costs are for two classes")
            }
        }
        if model == .naiveBayes, penalty.alpha == 0 {
            throw ValidationError("--alpha 0 would make what was not seen impossible")
        }
        if model == .boostedTrees, stopping.validationFraction == 0 {
            throw ValidationError("--validation-fraction 0 leaves nothing to stop early by")
        }
        if let threads, !(1...1024 ~= threads) {
            throw ValidationError("--threads \(threads) is not between 1 and 1024")
        }
    }

    func run() throws {
        try place.checkWritable()
        let fit: Fit
        do throws(TrainingError) {
            fit = try Workers.using(threads ?? Workers.processorCount) {
                () throws(TrainingError) in try Fit(self)
            }
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
extension Calibration: ExpressibleByArgument {}
