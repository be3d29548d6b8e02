using System.Buffers;

namespace SoftmaxService.Inference.Numerics;

/// <summary>Finds the classes with the highest scores.</summary>
public static class Ranking
{
    private const int SignBit = 31;

    /// <summary>Writes the indices of the highest scores, highest first; of equal scores the lower index comes first.</summary>
    /// <param name="scores">K scores, none of them NaN. −0 and +0 are equal.</param>
    /// <param name="indices">Receives its length's number of indices, at most K.</param>
    /// <exception cref="ArgumentException"><paramref name="indices"/> is longer than <paramref name="scores"/>.</exception>
    public static void TopK(ReadOnlySpan<float> scores, Span<int> indices)
    {
        if (indices.Length > scores.Length)
        {
            throw new ArgumentException($"There are {scores.Length} scores; {indices.Length} of them cannot be ranked.", nameof(indices));
        }

        var rented = ArrayPool<ulong>.Shared.Rent(scores.Length);
        var keys = rented.AsSpan(0, scores.Length);
        // Adding 0 turns −0 into +0 and leaves every other number as it is.
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = ((ulong)~Sortable(scores[i] + 0f) << 32) | (uint)i;
        }

        keys.Sort();
        for (var rank = 0; rank < indices.Length; rank++)
        {
            indices[rank] = (int)(uint)keys[rank];
        }

        ArrayPool<ulong>.Shared.Return(rented);
    }

    /// <summary>Maps a float to an integer of the same order: IEEE 754 orders like sign and magnitude, so negative numbers are turned round.</summary>
    private static uint Sortable(float score)
    {
        var bits = BitConverter.SingleToInt32Bits(score);
        return (uint)(bits ^ ((bits >> SignBit) | int.MinValue));
    }
}
