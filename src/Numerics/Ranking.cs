using System.Buffers;

namespace SoftmaxService.Numerics;

/// <summary>Finds the classes with the highest scores.</summary>
public static class Ranking
{
    private const int SignBit = 31;

    // For fewer indices, keeping the best in order is faster than sorting, whatever the order of the scores.
    private const int MinSorted = 17;

    /// <summary>
    /// Writes the indices of the highest scores, highest first. Among equal scores the lower index comes first.
    /// </summary>
    /// <param name="scores">K scores, none of them NaN. −0 and +0 are equal.</param>
    /// <param name="indices">Receives as many indices as it has elements, at most K.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="indices"/> is longer than <paramref name="scores"/>.
    /// </exception>
    public static void TopK(ReadOnlySpan<float> scores, Span<int> indices)
    {
        if (indices.Length > scores.Length)
        {
            throw new ArgumentException(
                $"There are {scores.Length} scores; {indices.Length} of them cannot be ranked.", nameof(indices));
        }

        if (indices.Length < MinSorted)
        {
            TakeFew(scores, indices);
        }
        else
        {
            SortAll(scores, indices);
        }
    }

    /// <summary>
    /// Keeps the best so far in order. Of many scores, nearly all are below the last of these and cost one comparison.
    /// </summary>
    private static void TakeFew(ReadOnlySpan<float> scores, Span<int> indices)
    {
        Span<ulong> best = stackalloc ulong[indices.Length];
        best.Fill(ulong.MaxValue);
        for (var i = 0; i < scores.Length && best.Length > 0; i++)
        {
            var key = Key(scores[i], i);
            if (key > best[^1])
            {
                continue;
            }

            var rank = best.Length - 1;
            for (; rank > 0 && best[rank - 1] > key; rank--)
            {
                best[rank] = best[rank - 1];
            }

            best[rank] = key;
        }

        ReadIndices(best, indices);
    }

    private static void SortAll(ReadOnlySpan<float> scores, Span<int> indices)
    {
        var rented = ArrayPool<ulong>.Shared.Rent(scores.Length);
        var keys = rented.AsSpan(0, scores.Length);
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = Key(scores[i], i);
        }

        keys.Sort();
        ReadIndices(keys, indices);
        ArrayPool<ulong>.Shared.Return(rented);
    }

    private static void ReadIndices(ReadOnlySpan<ulong> keys, Span<int> indices)
    {
        for (var rank = 0; rank < indices.Length; rank++)
        {
            indices[rank] = (int)(uint)keys[rank];
        }
    }

    /// <summary>
    /// A key that is smaller for a higher score, and among equal scores for a lower index. Adding 0 turns −0 into +0
    /// and does not change any other number.
    /// </summary>
    private static ulong Key(float score, int index) => ((ulong)~Sortable(score + 0f) << 32) | (uint)index;

    /// <summary>
    /// Maps a float to an integer of the same order. IEEE 754 orders like sign and magnitude, so the order of negative
    /// numbers is reversed.
    /// </summary>
    private static uint Sortable(float score)
    {
        var bits = BitConverter.SingleToInt32Bits(score);
        return (uint)(bits ^ ((bits >> SignBit) | int.MinValue));
    }
}
