using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;

namespace SoftmaxService.Api.Tests.OpenInference;

/// <summary>The real service with the small and the shipped models, and gRPC on a separate port.</summary>
public sealed class SmallModelService : RunningService
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _grpcPort = FreePort();

    public SmallModelService()
    {
        _folder.Write("many/1/model.onnx", FourPixelModels.ManyOutputs());
        _folder.Write(
            "many/1/model.json",
            """
            {"labels": ["ant", "bee", "cat"], "input": {"height": 2, "width": 2}, "calibration": {"temperature": 2}}
            """u8);
        foreach (var (path, onnx) in new[]
            {
                ("plain/1", FourPixelModels.Plain()),
                ("plain/10", FourPixelModels.Plain()),
                ("single/1", FourPixelModels.WithoutBatch()),
            })
        {
            _folder.Write($"{path}/model.onnx", onnx);
            _folder.Write($"{path}/model.json", FourPixelModels.IsImage);
        }

        _folder.Write("softmaxed/1/model.onnx", FourPixelModels.EndsInSoftmax());
        _folder.Write(
            "softmaxed/1/model.json",
            """{"input": {"height": 2, "width": 2}, "output": {"kind": "probabilities"}}"""u8);
        _folder.Write("broken/1/model.onnx", "no model"u8);
        foreach (var name in new[] { "mnist", "cifar10" })
        {
            _folder.Copy(Path.Combine(RepositoryRoot, "models", name, "1"), $"{name}/1");
        }
    }

    public string GrpcAddress => $"http://127.0.0.1:{_grpcPort}";

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A channel to the service, which is started if it is not running.</summary>
    public GrpcChannel OpenChannel()
    {
        _ = Client; // starts it
        return GrpcChannel.ForAddress(GrpcAddress, new GrpcChannelOptions { MaxSendMessageSize = null });
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        builder.UseSetting("Models:Folder", _folder.Path);
        builder.UseSetting("Grpc:Url", GrpcAddress);
        builder.UseSetting("Limits:MaxImagesPerRequest", "8");
        builder.UseSetting("Limits:MaxRequestBodyBytes", "2000000");
        builder.UseSetting("Limits:MaxDecompressedBytes", "2000000");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            _folder.Dispose();
        }
    }
}

/// <summary>All read-only tests of the protocol share one running service.</summary>
[CollectionDefinition(nameof(SmallModelService))]
public sealed class SmallModelServiceGroup : ICollectionFixture<SmallModelService>;
