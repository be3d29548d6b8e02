using Serilog.Core;
using Serilog.Events;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Api.Logging;

/// <summary>
/// Escapes control characters in what is logged: the name of a folder and a text in a model's file may hold a line
/// break, which would forge a line of the log.
/// </summary>
internal sealed class ControlCharacters : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        List<LogEventProperty>? changed = null;
        foreach (var (name, value) in logEvent.Properties)
        {
            if (value is ScalarValue { Value: string text } && Quoting.EscapeControls(text) is var escaped
                && escaped != text)
            {
                (changed ??= []).Add(new LogEventProperty(name, new ScalarValue(escaped)));
            }
        }

        changed?.ForEach(logEvent.AddOrUpdateProperty);
    }
}
