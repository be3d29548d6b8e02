using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using SoftmaxService.Api.OpenInference.Wire;
using SoftmaxService.Api.Tests.OpenInference;
using SoftmaxService.Tests.Support.Images;

namespace SoftmaxService.Api.Tests.Access;

/// <summary>
/// Each key has a rate so low that nothing is refilled during a test, and a burst of one image or megapixel.
/// </summary>
public sealed class ImageRatesTests : IDisposable
{
    private const string Unlimited = "a key without rates";
    private const string Images = "a key that counts images";
    private const string Megapixels = "a key that counts megapixels";
    private const string Both = "a key that counts both";

    // A pixel of a PNG takes three times as long as one of a JPEG.
    private static readonly byte[] OneMegapixel = EncodedImages.Encode(1000, 1000, (_, _) => default);
    private static readonly byte[] Small = EncodedImages.Encode(20, 20, (_, _) => default);

    private readonly RatedService _service = new();

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task EachImageTakesAToken()
    {
        Assert.Equal(200, (await ClassifyAsync(Images, Small)).Status);

        IsRejected(await ClassifyAsync(Images, Small), "ImagesPerSecond", 1000);
    }

    [Fact]
    public async Task ABatchMayExceedTheRateAndIsPaidByThoseAfterIt()
    {
        Assert.Equal(200, (await ClassifyAsync(Images, Small, Small, Small)).Status);

        IsRejected(await ClassifyAsync(Images, Small), "ImagesPerSecond", 3000);
        IsRejected(await _service.SendAsync(Images, "/preprocess", Small), "ImagesPerSecond", 3000);
        Assert.Equal(200, (await ClassifyAsync(Unlimited, Small)).Status);
    }

    [Fact]
    public async Task WhatTakesLongToDecodeTakesMore()
    {
        Assert.Equal(200, (await ClassifyAsync(Megapixels, OneMegapixel)).Status);

        IsRejected(await ClassifyAsync(Megapixels, Small), "MegapixelsPerSecond", 2000);
    }

    [Fact]
    public async Task TheScansOfAJpegCount()
    {
        var jpeg = CostlyImages.ProgressiveJpeg(1000, components: 1, scans: 50);
        Assert.Equal(200, (await ClassifyAsync(Megapixels, jpeg)).Status);

        IsRejected(await ClassifyAsync(Megapixels, Small), "MegapixelsPerSecond", 10_500);
    }

    [Fact]
    public async Task SmallImagesFitIntoTheMegapixelOfABurst()
    {
        for (var sent = 0; sent < 20; sent++)
        {
            Assert.Equal(200, (await ClassifyAsync(Megapixels, Small)).Status);
        }
    }

    [Fact]
    public async Task OfARequestThatMegapixelsRejectNoImagesAreCharged()
    {
        Assert.Equal(200, (await ClassifyAsync(Both, Encoded(560))).Status);
        for (var sent = 0; sent < 5; sent++)
        {
            IsRejected(await ClassifyAsync(Both, Encoded(560)), "MegapixelsPerSecond", 881);
        }

        Assert.Equal(200, (await ClassifyAsync(Both, Small)).Status);
    }

    [Fact]
    public async Task AnImageThatCannotBeReadCountsAsOne()
    {
        (await ClassifyAsync(Images, "no image"u8.ToArray())).IsProblem(415, "image-format-unsupported");

        IsRejected(await ClassifyAsync(Images, Small), "ImagesPerSecond", 1000);
    }

    [Fact]
    public async Task ItemsOfOpenInferenceCountAsImages()
    {
        const string Request =
            """
            {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [2, 4], "data": [1, 2, 3, 4, 5, 6, 7, 8]}]}
            """;
        Assert.Equal(200, (await _service.InferAsync(Images, Request)).Status);

        var rejected = await _service.InferAsync(Images, Request);
        rejected.IsError(429, "ImagesPerSecond");
        Assert.Equal(2000, rejected.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 60.0);
        Assert.Equal(StatusCode.ResourceExhausted, await _service.CallAsync(Images));
        Assert.Equal(StatusCode.OK, await _service.CallAsync(Unlimited));
    }

    private Task<Answer> ClassifyAsync(string key, params byte[][] images) =>
        _service.SendAsync(key, "/classify", images);

    private static byte[] Encoded(int side) => EncodedImages.Encode(side, side, (_, _) => default);

    private static void IsRejected(Answer answer, string setting, double seconds)
    {
        answer.IsProblem(429, "rate-exceeded", setting);
        Assert.Equal(seconds, answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 60.0);
    }

    /// <summary>The real service, with gRPC, a small model, and keys with rates.</summary>
    private sealed class RatedService : RunningService
    {
        private readonly TemporaryFolder _folder = new();
        private readonly string _grpcAddress = $"http://127.0.0.1:{SmallModelService.FreePort()}";

        public RatedService()
        {
            _folder.Write("plain/1/model.onnx", FourPixelModels.Plain());
            _folder.Write("plain/1/model.json", FourPixelModels.IsImage);
        }

        public Task<Answer> SendAsync(string key, string path, params byte[][] images)
        {
            var form = new MultipartFormDataContent();
            foreach (var image in images)
            {
                form.Add(new ByteArrayContent(image), "image", "image.png");
            }

            return SendAsync(key, path, form);
        }

        public Task<Answer> InferAsync(string key, string json) =>
            SendAsync(
            key, "/v2/models/plain/infer", new StringContent(json, Encoding.UTF8, "application/json"));

        public async Task<StatusCode> CallAsync(string key)
        {
            using var channel = GrpcChannel.ForAddress(_grpcAddress);
            var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
            try
            {
                await client.ModelInferAsync(
                    InferMessages.Typed("plain", [1, 4], 1, 2, 3, 4),
                    [new Metadata.Entry("x-api-key", key)]);
                return StatusCode.OK;
            }
            catch (RpcException fault)
            {
                return fault.StatusCode;
            }
        }

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            base.ConfigureWebHost(builder);
            builder.UseSetting("Models:Folder", _folder.Path);
            builder.UseSetting("Grpc:Url", _grpcAddress);
            foreach (var (name, key, images, megapixels) in new[]
                {
                    ("none", Unlimited, "", ""),
                    ("images", Images, "0.001", ""),
                    ("megapixels", Megapixels, "", "0.001"),
                    ("both", Both, "2", "0.001"),
                })
            {
                builder.UseSetting($"Access:Keys:{name}:Hash", KeyedService.HashOf(key));
                UseUnlessEmpty(builder, $"Access:Keys:{name}:ImagesPerSecond", images);
                UseUnlessEmpty(builder, $"Access:Keys:{name}:MegapixelsPerSecond", megapixels);
            }
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing)
            {
                _folder.Dispose();
            }
        }

        private static void UseUnlessEmpty(IWebHostBuilder builder, string setting, string value)
        {
            if (value.Length > 0)
            {
                builder.UseSetting(setting, value);
            }
        }

        private async Task<Answer> SendAsync(string key, string path, HttpContent content)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            request.Headers.Add(KeyedService.Header, key);
            return await Answer.ReadAsync(await Client.SendAsync(request));
        }
    }
}
