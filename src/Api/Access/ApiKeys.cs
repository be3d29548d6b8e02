using System.Security.Cryptography;
using System.Text;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Access;

/// <summary>The configured keys.</summary>
internal sealed class ApiKeys(AccessOptions options, TimeProvider time)
{
    private const int MaxCharacters = 256;

    private readonly ApiKey[] _keys = [.. options.Keys.Values.Select(key => ApiKey.From(key, time))];

    /// <summary>
    /// The configured key that is presented; null if there is none. Takes equally long however much of a key matches.
    /// </summary>
    public ApiKey? Find(ReadOnlySpan<char> presented)
    {
        if (presented.Length is 0 or > MaxCharacters)
        {
            return null;
        }

        Span<byte> text = stackalloc byte[MaxCharacters * 3]; // a character has at most three bytes
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(presented, text)], hash);
        ApiKey? found = null;
        foreach (var key in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(key.Hash, hash))
            {
                found = key;
            }
        }

        return found;
    }
}
