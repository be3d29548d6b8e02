using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using SoftmaxService.Api.Tests.OpenInference;

namespace SoftmaxService.Api.Tests.Access;

/// <summary>
/// The real service with keys, gRPC, a small model that may be loaded and unloaded, and a log in memory.
/// </summary>
public sealed class KeyedService : RunningService, ILogEventSink
{
    public const string Header = "X-API-Key";
    public const string Infer = "the key that may infer";
    public const string Admin = "the key that may load";
    public const string Both = "the key for everything";
    public const string Slow = "the key that may ask seldom";

    private readonly TemporaryFolder _folder = new();

    public KeyedService()
    {
        _folder.Write("plain/1/model.onnx", FourPixelModels.Plain());
        _folder.Write("plain/1/model.json", FourPixelModels.IsImage);
        _folder.Write("plain/1/reliability.svg", """<svg xmlns="http://www.w3.org/2000/svg"/>"""u8);
    }

    public string GrpcAddress { get; } = $"http://127.0.0.1:{SmallModelService.FreePort()}";

    public ConcurrentQueue<LogEvent> Log { get; } = [];

    public static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    public void Emit(LogEvent logEvent) => Log.Enqueue(logEvent);

    public async Task<Answer> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post)
        {
            request.Content = new StringContent("""{"logits": [1, 2]}""", Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Answer.ReadAsync(await Client.SendAsync(request));
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        builder.UseSetting("Models:Folder", _folder.Path);
        builder.UseSetting("Models:AllowLoadUnload", "true");
        builder.UseSetting("Grpc:Url", GrpcAddress);
        builder.UseSetting("Access:Keys:infer:Hash", HashOf(Infer));
        builder.UseSetting("Access:Keys:admin:Hash", HashOf(Admin).ToUpperInvariant());
        builder.UseSetting("Access:Keys:admin:Scopes", "admin");
        builder.UseSetting("Access:Keys:both:Hash", HashOf(Both));
        builder.UseSetting("Access:Keys:both:Scopes", "infer, admin");
        builder.UseSetting("Access:Keys:slow:Hash", HashOf(Slow));
        builder.UseSetting("Access:Keys:slow:RequestsPerSecond", "0.001");
        builder.UseSetting("Access:Keys:slow:Burst", "2");
        builder.UseSetting("Access:AllowedOrigins", "https://app.example.org, http://localhost:3000");
        builder.ConfigureTestServices(services =>
            services.AddSerilog(
                new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(this).CreateLogger(),
                dispose: true));
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

/// <summary>All tests of API keys share one running service.</summary>
[CollectionDefinition(nameof(KeyedService))]
public sealed class KeyedServiceGroup : ICollectionFixture<KeyedService>;
