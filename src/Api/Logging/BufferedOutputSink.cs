using System.Text;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;
using Serilog.Formatting;

namespace SoftmaxService.Api.Logging;

/// <summary>
/// Writes log lines to a stream, many with one system call: the lines of requests are collected for a moment and
/// flushed together. A warning, an error, and every line that is not a request's is flushed at once, with all lines
/// before it.
/// </summary>
internal sealed class BufferedOutputSink : ILogEventSink, IDisposable
{
    private const int BufferChars = 16 * 1024;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

    private readonly ITextFormatter _formatter;
    private readonly StreamWriter _writer;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private bool _isFlushDue;
    private bool _isDisposed;

    public BufferedOutputSink(ITextFormatter formatter, Stream output, TimeProvider time)
    {
        _formatter = formatter;
        _writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferChars);
        _timer = time.CreateTimer(_ => Flush(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Emit(LogEvent logEvent)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _formatter.Format(logEvent, _writer);
            if (logEvent.Level >= LogEventLevel.Warning || !RequestLog.IsLine(logEvent))
            {
                _writer.Flush();
            }
            else if (!_isFlushDue)
            {
                _isFlushDue = true;
                _timer.Change(LongestWait, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                _timer.Dispose();
                Try(_writer.Dispose);
            }
        }
    }

    private void Flush()
    {
        lock (_lock)
        {
            _isFlushDue = false;
            if (!_isDisposed)
            {
                Try(_writer.Flush);
            }
        }
    }

    /// <summary>
    /// A full disk costs log lines, not the service. Serilog itself handles a failure while an event is written.
    /// </summary>
    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (IOException exception)
        {
            SelfLog.WriteLine("The log cannot be written: {0}", exception.Message);
        }
    }
}
