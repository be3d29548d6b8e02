using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Display;
using Serilog.Parsing;
using SoftmaxService.Api.Logging;

namespace SoftmaxService.Api.Tests.Logging;

public sealed class BufferedOutputSinkTests : IDisposable
{
    private readonly MemoryStream _output = new();
    private readonly FakeTimeProvider _time = new();
    private readonly BufferedOutputSink _sink;

    public BufferedOutputSinkTests() =>
        _sink = new BufferedOutputSink(
            new MessageTemplateTextFormatter("{Message:lj}|", CultureInfo.InvariantCulture),
            _output,
            _time);

    private string Written => Encoding.UTF8.GetString(_output.ToArray());

    [Fact]
    public void RequestLinesAreWrittenInBatches()
    {
        Emit("first", LogEventLevel.Information, isRequest: true);
        Emit("second", LogEventLevel.Information, isRequest: true);
        Assert.Equal("", Written);

        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("first|second|", Written);

        Emit("third", LogEventLevel.Information, isRequest: true);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("first|second|third|", Written);
    }

    [Theory]
    [InlineData(LogEventLevel.Error, true)]
    [InlineData(LogEventLevel.Warning, true)]
    [InlineData(LogEventLevel.Information, false)]
    public void WarningsAndOtherLinesAreWrittenAtOnceAndInOrder(LogEventLevel level, bool isRequest)
    {
        Emit("before", LogEventLevel.Information, isRequest: true);
        Emit("now", level, isRequest);

        Assert.Equal("before|now|", Written);
    }

    [Fact]
    public void DisposingWritesEverything()
    {
        Emit("last", LogEventLevel.Information, isRequest: true);
        _sink.Dispose();

        Assert.Equal("last|", Written);
        Emit("too late", LogEventLevel.Error, isRequest: false);
        _time.Advance(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void AFailingStreamLosesOnlyItsLines()
    {
        using var sink = new BufferedOutputSink(
            new MessageTemplateTextFormatter("{Message:lj}|", CultureInfo.InvariantCulture),
            new FullDisk(),
            _time);
        Emit("lost", LogEventLevel.Information, isRequest: true, sink);

        _time.Advance(TimeSpan.FromSeconds(1));
        sink.Dispose();
    }

    public void Dispose()
    {
        _sink.Dispose();
        _output.Dispose();
    }

    private void Emit(string text, LogEventLevel level, bool isRequest, ILogEventSink? sink = null)
    {
        LogEventProperty[] properties = isRequest
            ? [new LogEventProperty(RequestLog.ElapsedProperty, new ScalarValue(1.5))]
            : [];
        (sink ?? _sink).Emit(
            new LogEvent(_time.GetUtcNow(), level, null, new MessageTemplateParser().Parse(text), properties));
    }

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) =>
            throw new IOException("No space left on device");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("No space left on device");
    }
}
