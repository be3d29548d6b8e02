using System.CommandLine;
using System.Globalization;
using SoftmaxService.Cli.Data;
using SoftmaxService.Cli.Models;
using SoftmaxService.Cli.Output;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Commands;

/// <summary>MODEL, DATA and what says which part of the data: what evaluating and calibrating have in common.</summary>
internal sealed class ScoringOptions
{
    private readonly Argument<string?> _model = CommonOptions.OptionalModel();
    private readonly Argument<string?> _data = CommonOptions.OptionalData();
    private readonly Option<string?> _logits = CommonOptions.Logits();
    private readonly Option<DataSplit?> _split = CommonOptions.Split();
    private readonly Option<int> _skip = CommonOptions.Skip();
    private readonly Option<int> _limit = CommonOptions.Limit();

    public void AddTo(Command command)
    {
        command.Add(_model);
        command.Add(_data);
        command.Add(_logits);
        command.Add(_split);
        command.Add(_skip);
        command.Add(_limit);
    }

    /// <summary>Where the model is; null where only logits are given.</summary>
    public ModelLocation? FindModel(ParseResult parsed) => (parsed.GetValue(_model), parsed.GetValue(_data), parsed.GetValue(_logits)) switch
    {
        (null, null, not null) => null,
        ({ } model, not null, null) => ModelLocation.Find(model),
        (_, _, null) => throw new UsageException("Say MODEL and DATA, or --logits FILE. See --help."),
        _ => throw new UsageException("--logits takes the place of MODEL and DATA: say one or the other. To evaluate a CSV with a model's labels and calibration, give it as DATA."),
    };

    /// <summary>Runs the model over the data, or reads its logits.</summary>
    public ScoredSet Score(ParseResult parsed, ClassifierModel? model, float temperature, Terminal terminal, CancellationToken cancellation)
    {
        var (skip, limit) = (parsed.GetValue(_skip), parsed.GetValue(_limit));
        var path = parsed.GetValue(_logits) ?? parsed.GetValue(_data)!; // FindModel saw to one of them
        if (model is null || LogitsCsv.IsNamed(path))
        {
            return LogitsCsv.Read(path, model?.Labels, skip, limit, cancellation);
        }

        var images = ImageSets.Open(path, parsed.GetValue(_split), Labels.Of(model.Labels));
        if (skip >= images.Count)
        {
            throw new DataException($"{path}: there are {images.Count} images; passing over {skip} leaves none.");
        }

        var count = Math.Min(limit, images.Count - skip);
        var scored = Run(model, images, skip, count, temperature, terminal, cancellation);
        return count == images.Count ? scored
            : scored with { Name = string.Create(CultureInfo.InvariantCulture, $"{images.Name}, images {skip} to {skip + count - 1}") };
    }

    /// <summary>Runs the model over another data set, whose labels do not matter.</summary>
    public ScoredSet ScoreOther(ParseResult parsed, string path, ClassifierModel model, int noiseCount, int seed, float temperature, Terminal terminal, CancellationToken cancellation)
    {
        var images = path == UniformNoise.Keyword
            ? new UniformNoise(noiseCount, model.Input.Channels, model.Input.Height, model.Input.Width, seed)
            : ImageSets.Open(path, parsed.GetValue(_split), Labels.Ignored);
        return images.Count == 0
            ? throw new DataException($"{path}: there are no images.")
            : Run(model, images, 0, images.Count, temperature, terminal, cancellation);
    }

    private static ScoredSet Run(ClassifierModel model, IImageSet images, int skip, int count, float temperature, Terminal terminal, CancellationToken cancellation) =>
        terminal.Track(images.Name, count, progress => ModelRun.Score(model, images, skip, count, temperature, progress, cancellation));
}
