using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Wire;

/// <summary>
/// How JSON bodies are read: by the contexts that the edges have registered, strictly, and within the limits.
/// </summary>
internal sealed class RequestJson(IOptions<JsonOptions> json, LimitsOptions limits, BodyGate gate)
{
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    private readonly JsonSerializerOptions _options = new(json.Value.SerializerOptions)
    {
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        MaxDepth = limits.MaxJsonDepth,
        Converters =
        {
            new LogitRowsConverter(limits.MaxLogitsPerRequest),
            new UpstreamRowsConverter(limits.MaxLogitsPerRequest),
        },
    };

    /// <summary>Reads a body as <see cref="Deserialize"/> does. A large one waits for others first.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="needed">What the object must hold, for the message when there is none.</param>
    /// <param name="check">Looks at a large body before objects are made of it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<T> DeserializeAsync<T>(
        PooledBody body, string needed, Action<PooledBody> check, CancellationToken cancellationToken)
        where T : class => gate.ParseAsync(
        body,
        whole =>
        {
            if (BodyGate.IsLarge(whole))
            {
                check(whole);
            }

            return Deserialize<T>(whole, needed);
        },
        cancellationToken);

    /// <summary>The body without the byte-order mark that some editors write.</summary>
    public static ReadOnlySpan<byte> TextOf(PooledBody body) =>
        body.Span.StartsWith(ByteOrderMark) ? body.Span[ByteOrderMark.Length..] : body.Span;

    /// <summary>Reads a body, with or without the byte-order mark that some editors write.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="needed">What the object must hold, for the message when there is none.</param>
    public T Deserialize<T>(PooledBody body, string needed)
        where T : class
    {
        var text = TextOf(body);
        var type = (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));
        try
        {
            return JsonSerializer.Deserialize(text, type)
                ?? throw new RequestException(
                    Problem.MalformedJson,
                    $"The body is null; it must be an object with {needed}.");
        }
        catch (JsonException fault)
        {
            throw MalformedJson.Reject(fault, text, type);
        }
    }
}
