using System.Text.Json;
using SoftmaxService.Cli.Data;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Models;
using SoftmaxService.Numerics;

namespace SoftmaxService.Cli.Verification;

/// <summary>What <c>softmax verify</c> found.</summary>
internal sealed record VerifiedModel
{
    private const int TopCount = 5;

    // Of the maker's channels from 0 and 1, where every image is scaled by its own mean and deviation.
    private const double OwnScalingTolerance = 0.02;

    public required string Model { get; init; }

    public required string Image { get; init; }

    /// <summary>Whether all that was given agrees.</summary>
    public required bool Agrees { get; init; }

    /// <summary>The input tensors, if the maker's was given.</summary>
    public TensorDifference? Tensor { get; init; }

    /// <summary>The scores, if the maker's were given.</summary>
    public ScoreDifference? Scores { get; init; }

    /// <summary>The model's scores of the maker's tensor against the maker's scores, if both were given.</summary>
    public ScoreDifference? ScoresOfGivenTensor { get; init; }

    /// <summary>The most probable classes of the service.</summary>
    public required IReadOnlyList<RankedClass> Served { get; init; }

    /// <summary>Those of the maker's scores, or else of the model on the maker's tensor.</summary>
    public required IReadOnlyList<RankedClass> Given { get; init; }

    /// <summary>The recipe that fits better; null if all agrees, or if none does.</summary>
    public StatedRecipe? Better { get; init; }

    /// <summary>What else must be known, one sentence each.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <exception cref="DataException">A file cannot be read, or does not fit the model.</exception>
    public static VerifiedModel Of(
        ClassifierModel model,
        string modelName,
        string imagePath,
        string? inputPath,
        string? outputPath,
        CancellationToken cancellationToken)
    {
        var encoded = DataFile.ReadAll(imagePath);
        using var image = new DecodedImage(encoded, model.Input);
        var answers = new ModelAnswers(model, encoded, imagePath);
        var served = answers.InputOfImage();
        var logits = answers.LogitsOf(served);
        var given = inputPath is null ? null : GivenTensor.Read(inputPath, TensorInput.Of(model), model.Input);
        var scores = outputPath is null ? null : GivenScores.Read(outputPath, model.ClassCount);
        var notes = new List<string>();
        if (given?.Note is { } note)
        {
            notes.Add(note);
        }

        var tensor = given is null
            ? null
            : TensorDifference.Of(Planes.Of(served, model.Input), Planes.Of(given.Values, model.Input), model.Input);
        var scoreDifference = scores is null ? null : ScoreDifference.Of(logits, model.OutputKind, scores);
        var logitsOfGiven = given is null ? null : answers.LogitsOf(given.Values);
        var ofGiven = logitsOfGiven is null || scores is null
            ? null
            : ScoreDifference.Of(logitsOfGiven, model.OutputKind, scores);
        if (ofGiven is { Agrees: false })
        {
            notes.Add(
                "Even on your tensor the model gives other scores than yours: they come from another graph, another "
                + "output, or another image.");
        }

        BetterRecipe? better = null;
        if (tensor is { Agrees: false })
        {
            var reading = TensorReading.Find(image, given!.Values, model.Input, cancellationToken);
            notes.AddRange(reading.Mistake is { } mistake ? [mistake] : []);
            better = BetterRecipe.ByTensor(image, reading.Planes, model.Input, cancellationToken);
            notes.AddRange(OwnScaling(reading.Planes, better) is { } own ? [own] : []);
            better = scores is null
                ? better
                : better with
                {
                    Scores = ScoreDifference.Of(
                        answers.LogitsOf(image.TensorBy(better.Recipe)), model.OutputKind, scores),
                };
        }
        else if (tensor is null && scoreDifference is { Agrees: false })
        {
            better = BetterRecipe.ByScores(answers, image, model, scores!, cancellationToken);
        }

        return new VerifiedModel
        {
            Model = modelName,
            Image = imagePath,
            Agrees = tensor?.Agrees != false && scoreDifference?.Agrees != false,
            Tensor = tensor,
            Scores = scoreDifference,
            ScoresOfGivenTensor = ofGiven,
            Served = Top(logits, model),
            Given = Top(scores?.Logits ?? logitsOfGiven!, model),
            Better = better is null ? null : StatedRecipe.Of(better, model.Input),
            Notes = notes,
        };
    }

    private static string? OwnScaling(float[] planes, BetterRecipe better)
    {
        var pixels = better.Recipe.Width * better.Recipe.Height;
        var isOwn = RecipeFields.IsFitted(better.Recipe) && planes.Chunk(pixels).All(plane =>
        {
            var mean = plane.Average();
            var deviation = Math.Sqrt(plane.Average(value => (value - mean) * (value - mean)));
            return Math.Abs(mean) < OwnScalingTolerance && Math.Abs(deviation - 1) < OwnScalingTolerance;
        });
        return isOwn
            ? "Your code seems to scale every image by its own mean and deviation, which a manifest cannot state: the "
                + "numbers below are those of this image."
            : null;
    }

    private static RankedClass[] Top(float[] logits, ClassifierModel model)
    {
        var probabilities = ScoreDifference.ProbabilitiesOf(logits);
        var best = new int[Math.Min(TopCount, logits.Length)];
        Ranking.TopK(logits, best);
        return
        [
            .. best.Select(index => new RankedClass(model.Labels[index], index, probabilities[index], logits[index])),
        ];
    }
}

/// <summary>A class with its probability at temperature 1.</summary>
internal sealed record RankedClass(string Label, int Index, float Probability, float Logit);

/// <summary>A better recipe and how it is stated.</summary>
/// <param name="Name">The name of a well-known recipe that does the same; null if there is none.</param>
/// <param name="Agrees">Whether it agrees with what was given.</param>
/// <param name="Tried">How many recipes were tried.</param>
/// <param name="Tensor">The difference of its tensor.</param>
/// <param name="Scores">The difference of its scores.</param>
/// <param name="Changes">The fields that differ; empty if the served recipe is the best of all.</param>
/// <param name="Manifest">What the manifest must state; null if there are no changes.</param>
internal sealed record StatedRecipe(
    string? Name,
    bool Agrees,
    int Tried,
    TensorDifference? Tensor,
    ScoreDifference? Scores,
    IReadOnlyList<FieldChange> Changes,
    JsonElement? Manifest)
{
    public static StatedRecipe Of(BetterRecipe better, Inference.Imaging.ImageInput served)
    {
        var changes = RecipeFields.Changes(served, better.Recipe);
        var manifest = new ModelManifest { Input = RecipeFields.Statement(served, better.Recipe) }.ToUtf8Json();
        return new StatedRecipe(
            better.Name,
            better.Agrees,
            better.Tried,
            better.Tensor,
            better.Scores,
            changes,
            changes.Count == 0 ? null : JsonElement.Parse(manifest));
    }
}
