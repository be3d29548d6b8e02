using System.Runtime.CompilerServices;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Numerics;

namespace SoftmaxService.Api.Endpoints.Logits;

/// <summary>A JSON request for softmax with its defaults filled in, checked, and ready to be computed.</summary>
/// <param name="Logits">The rows.</param>
/// <param name="Temperatures">T of each row.</param>
/// <param name="TopK">How many classes of each row are ranked, 1…K.</param>
/// <param name="Labels">One name for each class, or null where classes go by their numbers.</param>
internal sealed record SoftmaxPlan(FloatRows Logits, float[] Temperatures, int TopK, string[]? Labels)
{
    // Without a limit, the ranking of a row of a million classes would triple its answer.
    private const int DefaultTopK = 100;

    // A string's header, length and end, and the reference to it.
    private const int BytesPerLabel = 32;

    public static SoftmaxPlan Resolve(SoftmaxRequest request)
    {
        var logits = request.Logits;
        var temperatures = (request.Temperature ?? TemperatureRows.One).ForEachRow(logits);
        if (request.Labels is { } labels && labels.Length != logits.ColumnCount)
        {
            throw new RequestException(
                Problem.InvalidLabels,
                $"There are {labels.Length} labels for {logits.ColumnCount} classes; "
                + "give one string for each class, or none at all.");
        }

        logits.RejectFullyMasked();
        var topK = Math.Min(request.TopK ?? DefaultTopK, logits.ColumnCount);
        return new SoftmaxPlan(logits, temperatures, topK, request.Labels);
    }

    /// <summary>The memory that the plan and its answer hold, in bytes, until the answer is sent.</summary>
    public long AnswerBytes =>
        (2L * sizeof(float) * Logits.Values.Length)
        + (Logits.RowCount * (((long)sizeof(int) * TopK) + sizeof(float) + Unsafe.SizeOf<Uncertainty>()))
        + (Labels?.Sum(label => (long)BytesPerLabel + (sizeof(char) * label.Length)) ?? 0);

    /// <summary>
    /// Computes everything that the response shows. The log-probabilities replace the logits: while a client is slow to
    /// read a large answer, memory holds two numbers for each logit and not three.
    /// </summary>
    public SoftmaxAnswer Compute()
    {
        var probabilities = new float[Logits.Values.Length];
        Softmax.ComputeRows(Logits.Values, probabilities, Logits.ColumnCount, Temperatures);

        var ranking = new int[Logits.RowCount * TopK];
        var uncertainties = new Uncertainty[Logits.RowCount];
        for (var row = 0; row < Logits.RowCount; row++)
        {
            var rowProbabilities = probabilities.AsSpan(row * Logits.ColumnCount, Logits.ColumnCount);
            Ranking.TopK(Logits.Row(row), ranking.AsSpan(row * TopK, TopK));
            uncertainties[row] = Uncertainty.Measure(Logits.Row(row), rowProbabilities, Temperatures[row]);
        }

        var logProbabilities = Logits.Values;
        Softmax.ComputeLogRows(logProbabilities, logProbabilities, Logits.ColumnCount, Temperatures);
        return new SoftmaxAnswer(probabilities, logProbabilities, ranking, uncertainties);
    }
}

/// <summary>The results of a <see cref="SoftmaxPlan"/>, row after row.</summary>
/// <param name="Probabilities">softmax(z / T): K for each row.</param>
/// <param name="LogProbabilities">Their natural logarithms.</param>
/// <param name="Ranking">The most probable classes of each row, most probable first: as many as the plan ranks.</param>
/// <param name="Uncertainties">One for each row.</param>
internal sealed record SoftmaxAnswer(
    float[] Probabilities, float[] LogProbabilities, int[] Ranking, Uncertainty[] Uncertainties);
