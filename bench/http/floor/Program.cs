using System.Net.Mime;
using SoftmaxService.HttpBenchmarks.Floor;

// The least that ASP.NET Core spends on one of our requests: it reads the body and writes a reply of the same size.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
var app = builder.Build();

var classification = ReplyIn("BENCH_CLASSIFY_REPLY");
var probabilities = ReplyIn("BENCH_SOFTMAX_REPLY");
var buffers = new BufferStack();

app.MapPost("/classify", context => AnswerAsync(context, classification));
app.MapPost(
    "/softmax",
    context =>
        context.Request.ContentType == MediaTypeNames.Application.Octet
            ? EchoAsync(context)
            : AnswerAsync(context, probabilities));
app.Run();

static byte[] ReplyIn(string variable) =>
    File.ReadAllBytes(
        Environment.GetEnvironmentVariable(variable)
            ?? throw new InvalidOperationException($"{variable} must name a file with a reply."));

async Task AnswerAsync(HttpContext context, byte[] reply)
{
    var (buffer, _) = await ReadAsync(context.Request);
    buffers.Return(buffer);
    context.Response.ContentType = "application/json; charset=utf-8";
    context.Response.ContentLength = reply.Length;
    await context.Response.Body.WriteAsync(reply, context.RequestAborted);
}

async Task EchoAsync(HttpContext context)
{
    var (buffer, length) = await ReadAsync(context.Request);
    context.Response.ContentType = MediaTypeNames.Application.Octet;
    context.Response.ContentLength = length;
    await context.Response.Body.WriteAsync(buffer.AsMemory(0, length), context.RequestAborted);
    buffers.Return(buffer);
}

async ValueTask<(byte[] Buffer, int Length)> ReadAsync(HttpRequest request)
{
    // One byte more than declared, so that the last read finds the end of the body without growing the buffer.
    var buffer = buffers.Rent(
        (int)(
            request.ContentLength ?? throw new BadHttpRequestException("The load generator always declares a length.")
        ) + 1);
    var length = 0;
    var aborted = request.HttpContext.RequestAborted;
    while (await request.Body.ReadAsync(buffer.AsMemory(length), aborted) is var count and > 0)
    {
        length += count;
    }

    return (buffer, length);
}
