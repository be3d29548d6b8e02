using SoftmaxService.Inference.Conventions;
using SoftmaxService.Inference.Imaging;

namespace SoftmaxService.Inference.Models;

/// <summary>
/// Joins what the owner states in <c>model.json</c> with what the model's makers state in their own files, field by
/// field: the owner is right. Fields that belong together come from one of them.
/// </summary>
internal sealed class ManifestMerger(ModelSources sources)
{
    /// <summary>The manifest with what only the makers state added.</summary>
    /// <param name="own">What <c>model.json</c> states.</param>
    /// <param name="makers">What other files and the graph's metadata state.</param>
    public ModelManifest Merge(ModelManifest own, StatedModel makers)
    {
        var input = own.Input ?? new ManifestInput();
        foreach (var doubt in makers.Doubts.Where(doubt => !Settles(own, input, doubt)))
        {
            sources.Warn(doubt);
        }

        return own with
        {
            Input = MergeInput(input, makers),
            Output = new ManifestOutput
            {
                Name = Reference("output.name", own.Output?.Name, makers.OutputName),
                Kind = Value("output.kind", own.Output?.Kind, makers.OutputKind),
            },
            Labels = Reference("labels", own.Labels, makers.Labels),
        };
    }

    private ManifestInput MergeInput(ManifestInput own, StatedModel makers)
    {
        // These make sense only together: a mean of one source with the scale of another would be a number that nobody
        // has stated. So a manifest means what it meant before its neighbours were read.
        if (own.StatesScaling)
        {
            makers = makers with { Scale = null, Mean = null, Std = null };
        }

        if (own.StatesFraming)
        {
            makers = makers with
            {
                Resize = null,
                ResizeTo = null,
                CropOffset = null,
                ResizeRounding = null,
                Fill = null,
            };
        }

        if (makers is { ResizeTo: { } target, Height.Value: var height, Width.Value: var width })
        {
            makers = makers with
            {
                ResizeTo = target with
                {
                    Value = sources.Fit(
                        target.Value, target.Source, (height, width), (own.Height ?? height, own.Width ?? width)),
                },
            };
        }

        return new ManifestInput
        {
            Layout = Value("input.layout", own.Layout, makers.Layout),
            Channels = Value("input.channels", own.Channels, makers.Channels),
            Height = Value("input.height", own.Height, makers.Height),
            Width = Value("input.width", own.Width, makers.Width),
            Color = Value("input.color", own.Color, makers.Color),
            Scale = Value("input.scale", own.Scale, makers.Scale),
            Mean = Reference("input.mean", own.Mean, makers.Mean),
            Std = Reference("input.std", own.Std, makers.Std),
            Standardize = Value<bool>("input.standardize", own.Standardize, makers: null),
            Resize = Value("input.resize", own.Resize, makers.Resize),
            ResizeTo = Reference("input.resizeTo", own.ResizeTo, makers.ResizeTo),
            CropOffset = Value("input.cropOffset", own.CropOffset, makers.CropOffset),
            ResizeRounding = Value("input.resizeRounding", own.ResizeRounding, makers.ResizeRounding),
            Filter = Value("input.filter", own.Filter, makers.Filter),
            Antialias = Value("input.antialias", own.Antialias, makers.Antialias),
            Round = Value("input.round", own.Round, makers.Round),
            Fill = Reference("input.fill", own.Fill, makers.Fill),
            Background = Reference("input.background", own.Background, makers.Background),
            Foreground = Value<Foreground>("input.foreground", own.Foreground, makers: null),
        };
    }

    /// <summary>Whether the owner states what a doubt about makers' files is about.</summary>
    private static bool Settles(ModelManifest own, ManifestInput input, Doubt doubt) => doubt.About switch
    {
        DoubtAbout.Scaling => input.StatesScaling,
        DoubtAbout.Resizing => input.StatesFraming,
        DoubtAbout.Filter => input is not { Filter: null, Antialias: null },
        DoubtAbout.Color => input.Color is not null,
        DoubtAbout.Size => input is not { Height: null, Width: null },
        DoubtAbout.Channels => input is not { Channels: null, Layout: null },
        DoubtAbout.Labels => own.Labels is not null,
        _ => false,
    };

    private T? Value<T>(string field, T? own, Stated<T>? makers)
        where T : struct
    {
        Note(field, own is not null, makers?.Source);
        return own ?? makers?.Value;
    }

    private T? Reference<T>(string field, T? own, Stated<T>? makers)
        where T : class
    {
        Note(field, own is not null, makers?.Source);
        return own ?? makers?.Value;
    }

    private void Note(string field, bool isOwn, string? source)
    {
        if (isOwn)
        {
            sources.Note(field, $"{ModelManifest.FileName}: {field}");
        }
        else if (source is not null)
        {
            sources.Note(field, source);
        }
    }
}
