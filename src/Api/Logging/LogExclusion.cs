using Serilog.Events;

namespace SoftmaxService.Api.Logging;

/// <summary>Single events that are not logged; an edge registers those that its libraries write without need.</summary>
internal sealed record LogExclusion(Func<LogEvent, bool> Matches);
