using SoftmaxService.Api.Endpoints;
using SoftmaxService.Api.Hosting;
using SoftmaxService.Api.Http;
using SoftmaxService.Api.OpenInference;
using SoftmaxService.Inference;

// A setting that is wrong ends the start with one line.
StartFault.TellInOneLine();

// Settings are read beside the program, wherever it is started from.
var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.WebHost.UseKestrelHttpsConfiguration();

// Settings: sections Models, Onnx, Batching, Limits, Grpc, Serilog of appsettings.json, the environment and the command line.
builder.AddSettings();

// Logs: Serilog, one line a request.
builder.AddLogging();

// Models: every version below the model folder, loaded and warmed up before the first request; one gate in front of them.
builder.Services.AddModels();
builder.Services.AddSingleton<ComputeGate>();

// Load: what is taken on at once, for how long, and how it ends.
builder.Services.AddLoadControl();

// Faults: a problem document with a stable code for each.
builder.Services.AddErrors();

// gRPC: the Open Inference Protocol on a port of its own, beside /v2 on the others.
builder.Services.AddInferenceGrpc();

// Swagger: the OpenAPI document and its page.
builder.Services.AddSwagger();

var app = builder.Build();
app.LoadModels();

app.UseRootServices();
app.UseRequestLog();
app.UseErrors();
app.UseLoadControl();
app.UseBodyLimit();
app.UseSwaggerPage();

app.MapClassify();   // POST /classify
app.MapSoftmax();    // POST /softmax
app.MapSoftmaxGradient(); // POST /softmax/gradient
app.MapCalibrate();  // POST /calibrate
app.MapModels();     // GET  /models, /models/{name}, /models/{name}/{version}, /models/{name}/{version}/reliability.svg
app.MapHealth();     // GET  /health/live, /health/ready
app.MapOpenInference(); // GET and POST /v2…
app.MapInferenceGrpc(); // inference.GRPCInferenceService
app.MapGet("/", () => TypedResults.LocalRedirect("/swagger")).ExcludeFromDescription();

app.Lifetime.ApplicationStarted.Register(StartFault.TellNoLonger);
app.Run();
