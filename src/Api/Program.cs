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
using SoftmaxService.Api.OpenApi;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Api.Page;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Settings;
using SoftmaxService.Api.Tracing;
using SoftmaxService.Api.Wire;
using SoftmaxService.Inference.Batching;

// A container's health check asks the service that runs beside it.
if (args is [HealthProbe.Command, ..])
    return await HealthProbe.RunAsync(args.AsMemory(1), Console.Out);

// A setting that is wrong ends the start with one line.
StartFault.TellInOneLine();

// Settings are read beside the program, wherever it is started from, and once: to watch their files would need an inotify instance, of which there may be none left.
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [SettingsSetup.ReadOnce, .. args], ContentRootPath = AppContext.BaseDirectory });
builder.WebHost.UseKestrelHttpsConfiguration();

// Settings: sections Models, Onnx, Batching, Limits, Access, Grpc, Serilog of appsettings.json, the environment and the command line.
builder.AddSettings();

// Logs: Serilog, one line a request.
builder.AddLogging();

// Seeing: metrics for GET /metrics, and traces where OTEL_EXPORTER_OTLP_ENDPOINT says where to.
builder.Services.AddServiceMetrics();
builder.AddTracing();

// Models: every version below the model folder, loaded and warmed up before the first request; one gate in front of them.
builder.Services.AddModels();
builder.Services.AddSingleton<ComputeGate>();

// Load: what is taken on at once, for how long, and how it ends.
builder.Services.AddLoadControl();

// Faults: a problem document with a stable code for each.
builder.Services.AddErrors();

// Limits and access: what a connection may cost, and API keys where there are any.
builder.Services.AddConnectionLimits();
builder.AddAccess();

// gRPC: the Open Inference Protocol on a port of its own, beside /v2 on the others.
builder.Services.AddInferenceGrpc();

// Swagger: the OpenAPI document and its page.
builder.Services.AddSwagger();

var app = builder.Build();
app.CollectMetrics();
app.LoadModels(); // while the rest is put together

app.UseHeadRequests();
app.UseRootServices();
app.UseRequestLog();
app.UseTracing();
app.UseErrors();
app.UseAccess();
app.UseLoadControl();
app.UseBodyLimit();
app.UseSwaggerPage();

app.MapClassify();   // POST /classify
app.MapPreprocess(); // POST /preprocess
app.MapSoftmax();    // POST /softmax
app.MapSoftmaxGradient(); // POST /softmax/gradient
app.MapCalibrate();  // POST /calibrate
app.MapModels();     // GET  /models, /models/{name}, /models/{name}/{version}, /models/{name}/{version}/reliability.svg
app.MapHealth();     // GET  /health/live, /health/ready
app.MapMetrics();    // GET  /metrics
app.MapOpenInference(); // GET and POST /v2…
app.MapInferenceGrpc(); // inference.GRPCInferenceService
app.MapPage();       // GET  / and what belongs to it

app.Lifetime.ApplicationStarted.Register(StartFault.TellNoLonger);
app.Run();
return 0;
