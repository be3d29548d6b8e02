using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Tests.Problems;

public sealed class ProblemWriterTests
{
    [Fact]
    public async Task AnUnknownPathIsToldOfWhatListsTheRoutesAndOfNothingElse()
    {
        Assert.Equal("GET /nowhere: not found.", await DetailAsync());
        Assert.Equal("GET /nowhere: not found. Ask us.", await DetailAsync(new RouteHint("Ask us.")));
    }

    private static async Task<string?> DetailAsync(params RouteHint[] hints)
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext
        {
            Request = { Method = HttpMethods.Get, Path = "/nowhere" },
            Response = { StatusCode = StatusCodes.Status404NotFound, Body = body },
        };

        await new ProblemWriter([], hints).WriteStatusAsync(context);

        return JsonDocument.Parse(body.ToArray()).RootElement.GetProperty("detail").GetString();
    }
}
