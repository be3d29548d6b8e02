using SoftmaxService.Api.Access;
using SoftmaxService.Api.Endpoints;
using SoftmaxService.Api.Endpoints.Calibrate;
using SoftmaxService.Api.Endpoints.Classify;
using SoftmaxService.Api.Endpoints.Health;
using SoftmaxService.Api.Endpoints.Logits;
using SoftmaxService.Api.Endpoints.Models;
using SoftmaxService.Api.Endpoints.Preprocess;
using SoftmaxService.Api.Load;
using SoftmaxService.Api.Logging;
using SoftmaxService.Api.Metrics;
using SoftmaxService.Api.Models;
using SoftmaxService.Api.Models.Probing;
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Api.Page;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Processes.Decoding;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Tracing;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

// A container's health check queries the service that runs beside it.
if (args is [HealthProbe.Command, ..])
{
    return await HealthProbe.RunAsync(args.AsMemory(1), Console.Out);
}

// A model that nobody knows is loaded in a process of its own first.
if (args is [ProbeCommand.Name])
{
    return ProbeCommand.Run(Console.OpenStandardInput(), Console.Out);
}

// Images may be decoded in processes of their own, too.
if (args is [DecodeCommand.Name, var memory])
{
    return DecodeCommand.Run(memory);
}

// A wrong setting ends the start with one line.
StartFault.ReportInOneLine();
CommandLineSwitches.Check(args);

// Settings are read beside the program, wherever it is started from, and once: watching their files would need an
// inotify instance, of which there may be none left.
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
{
    Args = [SettingsSetup.ReadOnce, .. args],
    ContentRootPath = AppContext.BaseDirectory,
});
builder.WebHost.UseKestrelHttpsConfiguration();

// Settings: sections of appsettings.json, the environment and the command line.
builder.AddSettings();
var features = FeatureSettings.Read(builder.Configuration);

// Logs: Serilog, one line per request.
builder.AddLogging();

// Metrics for GET /metrics; they and traces are exported where OTEL_EXPORTER_OTLP_ENDPOINT says where to.
builder.Services.AddServiceMetrics(features);
builder.Services.AddTracing(features);

// Models: every version below the model folder, loaded and warmed up before it is listed; one gate in front of them.
builder.Services.AddModels();
builder.Services.AddSingleton<ComputeGate>();
builder.Services.AddDecoders();

// Load: how many requests are admitted, for how long, how the service ends, and what a connection may cost.
builder.Services.AddLoadControl();
builder.Services.AddConnectionLimits();

// Problems: a problem document with a stable code for every fault.
builder.Services.AddProblems();

// Access: API keys where any are configured, and the browser's cross-origin rules.
builder.Services.AddAccess(features);

// Edges: our own routes, and the Open Inference Protocol under /v2 and over gRPC on a port of its own.
builder.Services.AddWire();
builder.Services.AddEndpoints();
builder.Services.AddOpenInference();
builder.Services.AddInferenceGrpc();

// Swagger: the OpenAPI document and its page.
builder.Services.AddSwagger();

var app = builder.Build();
app.CollectMetrics();
app.LoadModels(); // while the rest is put together

app.UseRequestLog();
app.UseRequestMetrics();
app.UseContentTypeGuard();
app.UseHeadRequests();
app.UseTracing();
app.UseProblems();
app.UseAccess();
app.UseLoadControl();
app.UseBodyLimit();
app.UseSwaggerPage();

app.MapClassify(); // POST /classify
app.MapPreprocess(); // POST /preprocess
app.MapSoftmax(); // POST /softmax
app.MapSoftmaxGradient(); // POST /softmax/gradient
app.MapCalibrate(); // POST /calibrate
app.MapModels(); // GET /models, /models/{name}, /models/{name}/{version}, /models/{name}/{version}/reliability.svg
app.MapHealth(); // GET /health/live, /health/ready
app.MapMetrics(); // GET /metrics
app.MapOpenInference(); // GET and POST /v2…
app.MapInferenceGrpc(); // inference.GRPCInferenceService
app.MapPage(); // GET / and its assets

app.Lifetime.ApplicationStarted.Register(StartFault.StopReporting);
app.Run();
return 0;
