using Serilog.Events;

namespace SoftmaxService.Api.Tests.Logging;

internal static class KeptEvents
{
    /// <summary>Copies an event, because the service reuses a request's line once its sinks have written it.</summary>
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
