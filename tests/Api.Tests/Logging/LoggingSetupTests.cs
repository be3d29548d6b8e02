using Serilog;
using Serilog.Core;
using Serilog.Events;
using SoftmaxService.Api.Logging;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Tests.Logging;

public sealed class LoggingSetupTests
{
    private static readonly MutedSource[] Muted = [new("Noisy.Library")];

    [Theory]
    [InlineData("Noisy.Library.Worker", false)]
    [InlineData("Noisy.Other", true)]
    public void AMutedSourceWritesNothing(string source, bool isWritten) =>
        Assert.Equal(isWritten, WrittenBy(source, Muted, []).Count > 0);

    [Theory]
    [InlineData("Noisy.Library", true)]
    [InlineData("Noisy", false)] // the longer name wins, as everywhere in Serilog
    public void ASettingUnmutesASource(string setting, bool isWritten) => Assert.Equal(
        isWritten,
        WrittenBy("Noisy.Library.Worker", Muted, [], (setting, LogEventLevel.Information)).Count > 0);

    [Fact]
    public void AnExcludedEventIsNotWritten()
    {
        LogExclusion[] exclusions =
        [
            new(written => written.Exception is IOException),
            new(written => written.Exception is TimeoutException),
        ];

        var written = WrittenBy("Noisy.Other", [], exclusions);

        Assert.IsType<InvalidOperationException>(Assert.Single(written).Exception);
    }

    private static List<LogEvent> WrittenBy(
        string source,
        MutedSource[] mutedSources,
        LogExclusion[] exclusions,
        params (string Source, LogEventLevel Level)[] overrides)
    {
        var settings = new LogSettings(
            LogEventLevel.Information,
            overrides.ToDictionary(setting => setting.Source, setting => setting.Level),
            LogFormat.Text);
        var kept = new Kept();
        var configuration = new LoggerConfiguration().WriteTo.Sink(kept);
        LoggingSetup.Filter(configuration, settings, mutedSources, exclusions);
        using var logger = configuration.CreateLogger();
        var log = logger.ForContext(Constants.SourceContextPropertyName, source);
        log.Fatal(new IOException(), "A disk failed");
        log.Fatal(new TimeoutException(), "A call took too long");
        log.Fatal(new InvalidOperationException(), "A call failed");
        return kept.Events;
    }

    private sealed class Kept : ILogEventSink
    {
        public List<LogEvent> Events { get; } = [];

        public void Emit(LogEvent logEvent) => Events.Add(logEvent);
    }
}
