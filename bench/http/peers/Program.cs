using System.Text.Json.Serialization;
using SoftmaxService.HttpBenchmarks.Peers;

// The classifier that an experienced developer writes in an afternoon. Each peer has its own DigitClassifier.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.Services.ConfigureHttpJsonOptions(options =>
    options.SerializerOptions.TypeInfoResolverChain.Insert(0, ReplyContext.Default));
builder.Services.AddSingleton(
    new DigitClassifier(
        Environment.GetEnvironmentVariable("BENCH_MODEL")
            ?? throw new InvalidOperationException("BENCH_MODEL must name an ONNX file.")));
var app = builder.Build();

app.MapPost("/classify", async (HttpRequest request, DigitClassifier classifier) =>
{
    using var body = new MemoryStream();
    await request.Body.CopyToAsync(body);
    return TypedResults.Ok(new Reply(classifier.Classify(body.GetBuffer().AsSpan(0, (int)body.Length))));
});
app.Run();

internal sealed record Reply(Prediction[] Predictions);

internal readonly record struct Prediction(string Label, int Index, float Probability);

[JsonSerializable(typeof(Reply))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class ReplyContext : JsonSerializerContext;
