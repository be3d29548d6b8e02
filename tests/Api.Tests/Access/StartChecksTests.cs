using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace SoftmaxService.Api.Tests.Access;

/// <summary>Warnings and rejections when the service starts.</summary>
public sealed class StartChecksTests
{
    private const string Hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("0.0.0.0", false, true)]
    [InlineData("0.0.0.0", true, false)]
    [InlineData("127.0.0.1", false, false)]
    [InlineData("127.0.0.1", true, false)]
    public async Task AServiceReachableWithoutKeysLogsAWarning(string address, bool withKey, bool warns)
    {
        using var service = new StartedService(address, withKey);
        _ = service.Client;

        using var client = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{service.Client.BaseAddress!.Port}"),
        };
        Assert.Equal(
            withKey ? HttpStatusCode.Unauthorized : HttpStatusCode.OK,
            (await client.GetAsync("/models")).StatusCode);

        // The warning comes last in the start, a moment after the server begins to answer.
        for (
            var clock = Stopwatch.StartNew();
            warns && service.Warnings.IsEmpty && clock.Elapsed < Patience;
            await Task.Delay(10)) { }

        Assert.Equal(warns ? 1 : 0, service.Warnings.Count);
        Assert.All(service.Warnings, warning => Assert.Contains("http://0.0.0.0:", warning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Access:Keys:web:Hash", "my-key-in-the-wrong-place", "Access:Keys:web:Hash", "sha256sum")]
    [InlineData("Access:Keys:web:Hash", Hash + "00", "Access:Keys:web:Hash", "64")]
    [InlineData("Access:Keys:web:Scopes", "all", "Access:Keys:web:Hash", "Access:Keys:web:Scopes")]
    [InlineData("Access:Keys:web:RequestsPerSecond", "0", "Access:Keys:web:RequestsPerSecond", "0.001")]
    [InlineData("Access:Keys:web:Burst", "5", "Access:Keys:web:Burst", "RequestsPerSecond")]
    [InlineData("Access:AllowedOrigins", "https://a.example/", "Access:AllowedOrigins", "https://a.example/")]
    [InlineData("Access:AllowedOrigins", "a.example", "Access:AllowedOrigins", "a.example")]
    public void ASettingThatCannotMatchStopsTheStart(string name, string value, params string[] mentions)
    {
        using var service = new ServiceWith((name, value));

        var fault = Assert.Throws<OptionsValidationException>(() => service.Client);

        Assert.All(mentions, mention => Assert.Contains(mention, fault.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("my-key", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoNamesForOneKeyStopTheStart()
    {
        using var service = new ServiceWith(
            ("Access:Keys:web:Hash", Hash),
            ("Access:Keys:app:Hash", Hash.ToUpperInvariant()));

        Assert.Contains(
            "same Hash",
            Assert.Throws<OptionsValidationException>(() => service.Client).Message,
            StringComparison.Ordinal);
    }

    private sealed class StartedService(string address, bool withKey) : RunningService, ILogEventSink
    {
        private readonly TemporaryFolder _empty = new();

        public ConcurrentQueue<string> Warnings { get; } = [];

        public void Emit(LogEvent logEvent)
        {
            if (logEvent.Level == LogEventLevel.Warning
                && logEvent.MessageTemplate.Text.StartsWith("NO API KEY", StringComparison.Ordinal))
            {
                Warnings.Enqueue(logEvent.RenderMessage(CultureInfo.InvariantCulture));
            }
        }

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            base.ConfigureWebHost(builder);
            builder.UseSetting("Models:Folder", _empty.Path);
            builder.UseSetting("Urls", $"http://{address}:0");
            if (withKey)
            {
                builder.UseSetting("Access:Keys:web:Hash", Hash);
            }

            builder.ConfigureTestServices(services =>
                services.AddSerilog(new LoggerConfiguration().WriteTo.Sink(this).CreateLogger(), dispose: true));
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing && Directory.Exists(_empty.Path)) // the base class disposes twice
            {
                _empty.Dispose();
            }
        }
    }
}
