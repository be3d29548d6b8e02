using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Recipes;

/// <summary>
/// Tries the recipes of makers on labelled images, from coarse to fine: numbers, colours and polarity first, then how
/// images are resized. The present recipe is kept unless another is clearly better.
/// </summary>
internal sealed class RecipeSearch
{
    private readonly RecipeCandidate _present;
    private readonly ClassifierModel _model;
    private readonly SampleImages _sample;
    private readonly CandidateRun _run;
    private readonly Action<int> _progress;
    private readonly List<CandidateScore> _tried = [];
    private readonly List<string> _notes = [];
    private int _done;

    private RecipeSearch(ClassifierModel model, SampleImages sample, Action<int> progress)
    {
        _present = RecipeCandidate.Present(model.Input);
        (_model, _sample, _progress) = (model, sample, progress);
        _run = new CandidateRun(model, sample);
    }

    private bool TakesIntegers => _model.GraphInput.ElementType is not ("float" or "float16" or "double");

    /// <summary>How many recipes are tried at most, for a progress bar.</summary>
    public static int Most(ClassifierModel model) =>
        1 + (2 * RecipeCandidates.ScalingsFor(RecipeCandidate.Present(model.Input)).Count()) + 20;

    /// <summary>Only numbers, colours and polarity, with the present resizing.</summary>
    public static async Task<RecipeFindings> OfScalingsAsync(
        ClassifierModel model, SampleImages sample, CancellationToken cancellationToken)
    {
        var search = new RecipeSearch(model, sample, _ => { });
        var present = await search.PresentAsync(cancellationToken);
        return search.Findings(present, await search.ChooseScalingAsync(present, cancellationToken));
    }

    /// <summary>The whole search.</summary>
    /// <param name="model">The model, loaded with its present recipe.</param>
    /// <param name="sample">Labelled images.</param>
    /// <param name="progress">Told of the recipes tried.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static async Task<RecipeFindings> RunAsync(
        ClassifierModel model, SampleImages sample, Action<int> progress, CancellationToken cancellationToken)
    {
        var search = new RecipeSearch(model, sample, progress);
        var present = await search.PresentAsync(cancellationToken);
        var scaling = await search.ChooseScalingAsync(present, cancellationToken);
        var input = model.Input;
        if (sample.AllMeasure(input.Width, input.Height))
        {
            search._notes.Add(
                $"All images have the model's size, {input.Width} × {input.Height}: they do not show how images of "
                + "another size are resized.");
            return search.Findings(present, scaling);
        }

        var framing = await search.ChooseFramingAsync(scaling.Best, cancellationToken);
        if (framing.Best == scaling.Best)
        {
            return search.Findings(present, scaling, framing);
        }

        // Other numbers may fit now that the images are resized in another way.
        scaling = await search.ChooseScalingAsync(framing.Best, cancellationToken);
        return search.Findings(present, scaling with { Rivals = [.. scaling.Rivals, .. framing.Rivals] }, framing);
    }

    private async Task<CandidateScore> PresentAsync(CancellationToken cancellationToken) =>
        await ScoreAsync(_present, cancellationToken)
        ?? throw new Data.DataException(
            $"{_sample.Name}: the model's answer to one of the images is not finite; see softmax inspect.");

    private async Task<Choice> ChooseScalingAsync(CandidateScore start, CancellationToken cancellationToken)
    {
        var choices = RecipeCandidates.ScalingsFor(start.Candidate);
        if (TakesIntegers)
        {
            choices = start.Candidate.Channels == 3 ? [WithOtherColors(start.Candidate)] : [];
        }

        if (start.Candidate.Channels == 3 && _sample.AreGrey(start.Candidate.Framing))
        {
            choices = choices.Where(choice => choice.Framing.Color == start.Candidate.Framing.Color);
            Note("All images are grey: they do not show the order of colours.");
        }

        return Choose(start, await ScoreAllAsync(choices, cancellationToken));
    }

    private void Note(string text)
    {
        if (!_notes.Contains(text))
        {
            _notes.Add(text);
        }
    }

    private static RecipeCandidate WithOtherColors(RecipeCandidate candidate)
    {
        var isBgr = candidate.Framing.Color == PixelColor.Bgr;
        return candidate with
        {
            Name = isBgr ? "RGB" : "BGR",
            Values = candidate.Values.Reversed,
            Framing = candidate.Framing with { Color = isBgr ? PixelColor.Rgb : PixelColor.Bgr },
        };
    }

    private async Task<Choice> ChooseFramingAsync(CandidateScore start, CancellationToken cancellationToken)
    {
        var coarse = Choose(
            start, await ScoreAllAsync(RecipeCandidates.FramingsFor(start.Candidate), cancellationToken));
        var fine = Choose(
            coarse.Best, await ScoreAllAsync(RecipeCandidates.DetailsFor(coarse.Best.Candidate), cancellationToken));
        return coarse with { Best = fine.Best, Alike = [.. coarse.Rivals, .. fine.Rivals] };
    }

    private async Task<IReadOnlyList<CandidateScore>> ScoreAllAsync(
        IEnumerable<RecipeCandidate> candidates, CancellationToken cancellationToken)
    {
        var scores = new List<CandidateScore>();
        foreach (var candidate in candidates)
        {
            if (_tried.Find(score => IsSame(score.Candidate, candidate)) is { } known)
            {
                scores.Add(known);
            }
            else if (await ScoreAsync(candidate, cancellationToken) is { } score)
            {
                scores.Add(score);
            }
        }

        return scores;
    }

    private async Task<CandidateScore?> ScoreAsync(RecipeCandidate candidate, CancellationToken cancellationToken)
    {
        var score = await _run.ScoreAsync(candidate, cancellationToken);
        _progress(++_done);
        if (score is null)
        {
            _notes.Add($"{candidate.Name}: the model has no finite answer.");
        }
        else
        {
            _tried.Add(score);
        }

        return score;
    }

    /// <summary>The start, unless another is clearly better; and who cannot be told from the best.</summary>
    private static Choice Choose(CandidateScore start, IReadOnlyList<CandidateScore> others)
    {
        var best = others.Append(start).MinBy(score => score.Cost)!; // the start is one of them
        if (!start.MarginOver(best).IsClear)
        {
            best = start;
        }

        return new Choice(
            best,
            [.. others.Where(other => other != best
                && !AreOne(other.Candidate, best.Candidate)
                && other.Candidate != start.Candidate
                && !other.MarginOver(best).IsClear)]);
    }

    private static bool IsSame(RecipeCandidate one, RecipeCandidate other) =>
        one.HasFramingOf(other)
        && one.Framing.Color == other.Framing.Color
        && one.Values.LevelsTo(other.Values, one.Channels) < 1e-3;

    /// <summary>Whether the difference is a rounding in effect.</summary>
    private static bool AreOne(RecipeCandidate one, RecipeCandidate other) =>
        one.HasFramingOf(other)
        && one.Framing.Color == other.Framing.Color
        && one.Values.LevelsTo(other.Values, one.Channels) <= RecipeFindings.RoundingLevels;

    private RecipeFindings Findings(CandidateScore present, Choice scaling, Choice? framing = null)
    {
        string[] alike = [.. (framing?.Alike ?? []).Select(score => score.Candidate.Name).Distinct()];
        if (alike.Length > 0)
        {
            _notes.Add($"These images do not show which resizing is best. As good: {string.Join("; ", alike)}.");
        }

        var isAssumed = _model.Sources.GetValueOrDefault("input.scale") == "assumed";
        return new RecipeFindings(_sample.Name, _sample.Count, isAssumed, present, scaling.Best, scaling.Rivals)
        {
            Tried = _tried,
            Notes = _notes,
        };
    }

    /// <param name="Best">What is chosen.</param>
    /// <param name="Rivals">Who cannot be told from it.</param>
    private sealed record Choice(CandidateScore Best, IReadOnlyList<CandidateScore> Rivals)
    {
        /// <summary>All who differ from it in resizing and cannot be told from it.</summary>
        public IReadOnlyList<CandidateScore> Alike { get; init; } = [];
    }
}
