using System.Globalization;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SoftmaxService.Api.Load;

namespace SoftmaxService.Api.Tests.Load;

/// <summary>Bodies in flight share a budget; two bytes are reserved for each that arrives.</summary>
public sealed class BodyBudgetTests : IDisposable
{
    private const int Total = 1_000_000;

    private readonly ServiceWith _service = new(("Load:MaxBodyBytes", $"{Total}"));

    private BodyBudget Budget => _service.Services.GetRequiredService<BodyBudget>();

    public void Dispose() => _service.Dispose();

    [Theory]
    [InlineData("Content-Length: 450000")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task AStalledUploadHoldsWhatArrivedUntilItEnds(string framing)
    {
        const int Sent = 400_000;
        using (var stalled = await BeginAsync(framing, Sent))
        {
            await Eventually.UntilAsync(() => Budget.Bytes.Reserved >= 2 * Sent);

            (await SendAsync(200_000)).IsProblem(429, "overloaded", "Load:MaxBodyBytes");
            Assert.Equal(TimeSpan.FromSeconds(1), (await SendAsync(200_000)).Headers.RetryAfter?.Delta);
            Assert.Equal(200, (await _service.ClassifyAsync(RunningService.Seven)).Status);
        }

        await Eventually.UntilAsync(() => Budget.Bytes.Reserved == 0);
        (await SendAsync(200_000)).IsProblem(415, "image-format-unsupported");
        Assert.Equal(0, Budget.Bytes.Reserved);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ABodyThatCouldNeverFitIsTooLarge(bool isChunked)
    {
        var answer = await SendAsync(600_000, isChunked);

        answer.IsProblem(413, "body-too-large", $"{Total} bytes", "Load:MaxBodyBytes");
        Assert.Null(answer.Headers.RetryAfter);
        Assert.True(Budget.Bytes.Rejections > 0);
        await Eventually.UntilAsync(() => Budget.Bytes.Reserved == 0);
    }

    [Theory]
    [InlineData("500001")]
    [InlineData("9223372036854775807")]
    public async Task ALengthThatCouldNeverFitIsRejectedBeforeTheBodyArrives(string length)
    {
        using var declared = await BeginAsync($"Content-Length: {length}", 1);
        var buffer = new byte[1000];

        var count = await declared.GetStream().ReadAsync(buffer);

        Assert.StartsWith("HTTP/1.1 413 ", Encoding.ASCII.GetString(buffer, 0, count), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ABodyThatFitsAloneIsRead(bool isChunked) =>
        (await SendAsync(Total / 2, isChunked)).IsProblem(415, "image-format-unsupported");

    [Fact]
    public async Task ABodyThatJustFitsIsReadInSmallParts()
    {
        const int Part = 60_000;
        using var upload = await BeginAsync($"Content-Length: {Total / 2}", Part);
        for (var sent = Part; sent < Total / 2; sent += Part)
        {
            await Eventually.UntilAsync(() => Budget.Bytes.Reserved >= 2 * sent);
            await upload.GetStream().WriteAsync(new byte[Math.Min(Part, (Total / 2) - sent)]);
        }

        var buffer = new byte[1000];
        var count = await upload.GetStream().ReadAsync(buffer);

        Assert.StartsWith("HTTP/1.1 415 ", Encoding.ASCII.GetString(buffer, 0, count), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABodyThatWouldFitAloneIsOverloadBesideAnother()
    {
        using var other = await BeginAsync("Content-Length: 400000", 100_000);
        await Eventually.UntilAsync(() => Budget.Bytes.Reserved >= 200_000);

        (await SendAsync(Total / 2, isChunked: false)).IsProblem(429, "overloaded", "Load:MaxBodyBytes");
        (await SendAsync(Total / 2, isChunked: true)).IsProblem(429, "overloaded", "Load:MaxBodyBytes");
    }

    /// <summary>There is room for three: were all rejected half way, nobody would get an answer.</summary>
    [Theory]
    [InlineData("Content-Length: 140000")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task OfEqualBodiesThatArriveTogetherTheFurthestAreRead(string framing)
    {
        const int Count = 8, Length = 140_000, Part = 55_000;
        var uploads = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => BeginAsync(framing, Part, Length)));
        try
        {
            // Each has its first part, which is all that they can have together.
            await Eventually.UntilAsync(() => Budget.Bytes.Reserved >= Total - BodyBudget.FirstPart);
            var isChunked = framing.Contains("chunked", StringComparison.Ordinal);
            byte[] rest = [.. Filled(Length - Part), .. isChunked ? "\r\n0\r\n\r\n"u8 : ""u8];
            await Task.WhenAll(uploads.Select(upload => upload.GetStream().WriteAsync(rest).AsTask()));

            var statuses = await Task.WhenAll(uploads.Select(StatusAsync));

            Assert.All(statuses, status => Assert.Contains(status, new[] { 415, 429 }));
            Assert.InRange(statuses.Count(status => status == 415), 3, Count);
        }
        finally
        {
            Array.ForEach(uploads, upload => upload.Dispose());
        }

        await Eventually.UntilAsync(() => Budget.Bytes.Reserved == 0);
        Assert.Equal(0, Budget.Waiting);
    }

    [Fact]
    public async Task ABodyWaitsForTheMemoryOfRequestsThatAreAnswered()
    {
        _ = _service.Client;
        Assert.True(Budget.Bytes.TryReserve(Total / 2, out var other));

        var answer = SendAsync(400_000);
        await Eventually.UntilAsync(() => Budget.Waiting == 1);
        Assert.Equal(200, (await _service.ClassifyAsync(RunningService.Seven)).Status);
        other.Dispose();

        (await answer).IsProblem(415, "image-format-unsupported");
        Assert.Equal((0, 0), (Budget.Waiting, Budget.Bytes.Rejections));
    }

    [Fact]
    public async Task ABodyThatWaitsForMemoryKeepsItsDeadline()
    {
        _ = _service.Client;
        using var other = await BeginAsync("Content-Length: 400000", 300_000);
        await Eventually.UntilAsync(() => Budget.Bytes.Reserved >= 600_000);
        using var content = new ByteArrayContent(Filled(400_000));
        content.Headers.ContentType = new("image/png");
        content.Headers.Add("timeout", "0.5");

        var answer = await Answer.ReadAsync(await _service.Client.PostAsync("/classify", content));

        answer.IsProblem(504, "deadline-exceeded");
        Assert.Equal(0, Budget.Bytes.Rejections);
    }

    /// <summary>
    /// What is reserved for a body comes in large steps: the last of them must not stand in its answer's way. Here tens
    /// of thousands of bytes of it are left over from bodies whose answers just fit.
    /// </summary>
    [Fact]
    public async Task AnAnswerThatFitsAloneIsSentAndALargerOneIsTooLarge()
    {
        var statuses = new List<int>();
        for (var rows = 15_000; rows <= 20_000; rows += 500)
        {
            var rejections = Budget.Bytes.Rejections;
            var logits = string.Join(',', Enumerable.Repeat("[0,0]", rows));
            var answer = await _service.PostAsync("/softmax", $$"""{"logits": [{{logits}}]}""");
            statuses.Add(answer.Status);
            Assert.Equal(answer.Status == 200 ? 0 : 1, Budget.Bytes.Rejections - rejections);
            await Eventually.UntilAsync(() => Budget.Bytes.Reserved == 0);
        }

        Assert.Equal([200, 413], statuses.Distinct());
    }

    [Fact]
    public async Task WhatACompressedBodyInflatesToCounts()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(new byte[600_000]);
        }

        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        content.Headers.ContentType = new("application/json");
        using var answer = await _service.Client.PostAsync("/v2/models/mnist/infer", content);

        Assert.Equal(413, (int)answer.StatusCode);
        Assert.Contains("Load:MaxBodyBytes", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await Eventually.UntilAsync(() => Budget.Bytes.Reserved == 0);
    }

    [Fact]
    public async Task ABodyWithinTheBudgetIsReadWhole()
    {
        var rows = string.Join(',', Enumerable.Range(0, 12_000).Select(row => $"[{row % 10}, 0]"));

        var answer = await _service.PostAsync("/softmax", $$"""{"logits": [{{rows}}]}""");

        Assert.Equal(200, answer.Status);
        Assert.Equal(12_000, answer.Json.GetProperty("probabilities").GetArrayLength());
        Assert.Equal(0, Budget.Bytes.Reserved);
    }

    private async Task<Answer> SendAsync(int length, bool isChunked = false)
    {
        using var content = new ByteArrayContent(Filled(length));
        content.Headers.ContentType = new("image/png");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/classify") { Content = content };
        request.Headers.TransferEncodingChunked = isChunked;
        return await Answer.ReadAsync(await _service.Client.SendAsync(request));
    }

    /// <summary>Sends a part of a request's body and no more.</summary>
    private async Task<TcpClient> BeginAsync(string framing, int length, int? whole = null)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(_service.Client.BaseAddress!.Host, _service.Client.BaseAddress.Port);
        var isChunked = framing.Contains("chunked", StringComparison.Ordinal);
        var text = $"POST /classify HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n{framing}\r\n\r\n"
            + (isChunked ? $"{whole ?? length:x}\r\n" : "") + new string('x', length);
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
        return connection;
    }

    private static byte[] Filled(int length) => [.. Enumerable.Repeat((byte)'x', length)];

    private static async Task<int> StatusAsync(TcpClient connection)
    {
        var buffer = new byte[1000];
        var count = await connection.GetStream().ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        var answer = Encoding.ASCII.GetString(buffer, 0, count);
        Assert.StartsWith("HTTP/1.1 ", answer, StringComparison.Ordinal);
        return int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture);
    }
}
