using System.Buffers;
using System.Net.Mime;

// The least that ASP.NET Core spends on a request of ours: the body is read and a reply of the same size written, with nothing in between.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
var app = builder.Build();

var classification = ReplyIn("BENCH_CLASSIFY_REPLY");
var probabilities = ReplyIn("BENCH_SOFTMAX_REPLY");

app.MapPost("/classify", (HttpContext context) => AnswerAsync(context, classification));
app.MapPost("/softmax", (HttpContext context) => context.Request.ContentType == MediaTypeNames.Application.Octet ? EchoAsync(context) : AnswerAsync(context, probabilities));
app.Run();

static byte[] ReplyIn(string variable) =>
    File.ReadAllBytes(Environment.GetEnvironmentVariable(variable) ?? throw new InvalidOperationException($"{variable} must name the file of a reply."));

static async Task AnswerAsync(HttpContext context, byte[] reply)
{
    ArrayPool<byte>.Shared.Return((await ReadAsync(context.Request)).Array!); // rented there
    context.Response.ContentType = "application/json; charset=utf-8";
    context.Response.ContentLength = reply.Length;
    await context.Response.Body.WriteAsync(reply, context.RequestAborted);
}

static async Task EchoAsync(HttpContext context)
{
    var body = await ReadAsync(context.Request);
    context.Response.ContentType = MediaTypeNames.Application.Octet;
    context.Response.ContentLength = body.Count;
    await context.Response.Body.WriteAsync(body, context.RequestAborted);
    ArrayPool<byte>.Shared.Return(body.Array!); // rented there
}

static async ValueTask<ArraySegment<byte>> ReadAsync(HttpRequest request)
{
    // One byte more than was declared, so that the end of the body is seen without growing.
    var buffer = ArrayPool<byte>.Shared.Rent((int)(request.ContentLength ?? throw new BadHttpRequestException("The load generator always declares a length.")) + 1);
    var length = 0;
    while (await request.Body.ReadAsync(buffer.AsMemory(length), request.HttpContext.RequestAborted) is var count and > 0)
    {
        length += count;
    }

    return new ArraySegment<byte>(buffer, 0, length);
}
