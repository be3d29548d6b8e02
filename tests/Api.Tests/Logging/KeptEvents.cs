using Serilog.Events;

namespace SoftmaxService.Api.Tests.Logging;

internal static class KeptEvents
{
    /// <summary>An event to keep: the service uses a request's line again when its sinks have written it.</summary>
    public static LogEvent ToKeep(this LogEvent written) =>
        new(
            written.Timestamp,
            written.Level,
            written.Exception,
            written.MessageTemplate,
            written.Properties.Select(property => new LogEventProperty(property.Key, property.Value)),
            written.TraceId ?? default,
            written.SpanId ?? default);
}
