using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace SoftmaxService.Tests.Support.Service;

/// <summary>The real service on Kestrel and a free port, in Production, with the shipped models.</summary>
public class RunningService : WebApplicationFactory<Program>
{
    public RunningService() => UseKestrel();

    public virtual HttpClient Client => field ??= Start();

    public static string RepositoryRoot => Repository.Root;

    public static byte[] Seven { get; } = File.ReadAllBytes(Path.Combine(RepositoryRoot, "samples", "seven.png"));

    public static byte[] Three { get; } = File.ReadAllBytes(Path.Combine(RepositoryRoot, "samples", "three.png"));

    public Task<Answer> ClassifyAsync(byte[] image, string query = "", string mediaType = "image/png") =>
        PostAsync($"/classify{query}", image, mediaType);

    public Task<Answer> SoftmaxAsync(string json) => PostAsync("/softmax", json);

    public async Task<Answer> PostAsync(string path, byte[] body, string? mediaType)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = mediaType is null ? null : MediaTypeHeaderValue.Parse(mediaType);
        return await Answer.ReadAsync(await Client.PostAsync(path, content));
    }

    public async Task<Answer> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, MediaTypeHeaderValue.Parse(MediaTypeNames.Application.Json));
        return await Answer.ReadAsync(await Client.PostAsync(path, content));
    }

    public async Task<Answer> PostFormAsync(string path, params byte[][] files)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (index, file) in files.Index())
        {
            form.Add(new ByteArrayContent(file), "image", string.Create(CultureInfo.InvariantCulture, $"{index}.png"));
        }

        return await Answer.ReadAsync(await Client.PostAsync(path, form));
    }

    public async Task<Answer> GetAsync(string path) => await Answer.ReadAsync(await Client.GetAsync(path));

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");

        // As a setting, because the factory's own port replaces the addresses while the service is already starting.
        builder.UseSetting("Urls", "http://127.0.0.1:0");

        // Services run side by side here; only a test of gRPC sets a port.
        builder.UseSetting("Grpc:Url", "");

        // The tests' process has no probe. ModelProbeTests starts the service in a process of its own.
        builder.UseSetting("Models:Probe", "false");

        // On a busy machine, models would else still be loading at the first request.
        builder.UseSetting("Models:StartSeconds", "60");
        builder.UseSetting("Serilog:MinimumLevel:Default", "Fatal");
        builder.UseSetting("Serilog:MinimumLevel:Override:Microsoft.AspNetCore", "Fatal");
    }

    private HttpClient Start()
    {
        StartServer();

        // The first address is the configured one; an address for gRPC comes last. Kestrel has the feature.
        var address = Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return CreateDefaultClient(new Uri(address));
    }
}

/// <summary>A response that was read to its end.</summary>
public sealed record Answer(int Status, string? MediaType, byte[] Body, HttpResponseHeaders Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Code => Json.GetProperty("code").GetString();

    public string Detail => Json.GetProperty("detail").GetString()!;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            return new Answer(
                (int)response.StatusCode,
                response.Content.Headers.ContentType?.MediaType,
                await response.Content.ReadAsByteArrayAsync(),
                response.Headers);
        }
    }

    public void IsProblem(int status, string code, params string[] mentions)
    {
        Assert.Equal("application/problem+json", MediaType);
        Assert.Equal((status, code), (Status, Code));
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.False(string.IsNullOrWhiteSpace(Json.GetProperty("title").GetString()));
        foreach (var mention in mentions)
        {
            Assert.Contains(mention, Detail, StringComparison.Ordinal);
        }
    }
}
