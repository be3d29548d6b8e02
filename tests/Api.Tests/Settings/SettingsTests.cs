using Microsoft.Extensions.Options;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Tests.Settings;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("Limits:MaxRequestBodyBytes", "0")]
    [InlineData("Limits:MaxImagePixels", "-1")]
    [InlineData("Limits:MaxImagesPerRequest", "0")]
    [InlineData("Limits:MaxDecompressedBytes", "0")]
    [InlineData("Limits:MaxLogitsPerRequest", "0")]
    [InlineData("Limits:MaxJsonDepth", "3")]
    [InlineData("Limits:MaxJsonDepth", "65")]
    [InlineData("Limits:MaxRequestLineBytes", "255")]
    [InlineData("Limits:MaxHeaders", "7")]
    [InlineData("Limits:MaxHeaderBytes", "1023")]
    [InlineData("Limits:MaxConnections", "0")]
    [InlineData("Limits:HeadersSeconds", "0.9")]
    [InlineData("Limits:KeepAliveSeconds", "0")]
    [InlineData("Limits:MinRequestBytesPerSecond", "-1")]
    [InlineData("Limits:MinResponseBytesPerSecond", "-1")]
    [InlineData("Limits:RateGraceSeconds", "1")]
    [InlineData("Onnx:IntraOpThreads", "0")]
    [InlineData("Grpc:Url", "localhost:5001")]
    [InlineData("Grpc:Url", "http://localhost:0")]
    [InlineData("Grpc:Url", "http://localhost:port")]
    [InlineData("Grpc:Url", "http://localhost:5001/grpc")]
    [InlineData("Batching:MaxBatchSize", "0")]
    [InlineData("Batching:MaxBatchSize", "257")]
    [InlineData("Batching:ConcurrentRuns", "0")]
    [InlineData("Models:PollSeconds", "0")]
    [InlineData("Models:PollSeconds", "3601")]
    [InlineData("Models:SettleSeconds", "-1")]
    [InlineData("Models:ProbeMaxBytes", "1048576")]
    [InlineData("Models:Versions:mnist", "newest")]
    [InlineData("Imaging:Isolation", "thread")]
    [InlineData("Imaging:Isolation", "")]
    public void ASettingOutOfRangeStopsTheStart(string name, string value)
    {
        using var service = new ServiceWith((name, value));

        var fault = Assert.Throws<OptionsValidationException>(() => service.Client);

        Assert.Contains(name.Split(':')[1], fault.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> NumbersAndSwitches =>
    [
        .. SettingsOf<ModelsOptions>("Models"),
        .. SettingsOf<OnnxOptions>("Onnx"),
        .. SettingsOf<BatchingOptions>("Batching"),
        .. SettingsOf<LoadOptions>("Load"),
        .. SettingsOf<ShutdownOptions>("Shutdown"),
        .. SettingsOf<LimitsOptions>("Limits"),
        .. SettingsOf<KeyOptions>("Access:Keys:web"),
    ];

    [Theory]
    [MemberData(nameof(NumbersAndSwitches))]
    public void ANumberOrSwitchWithoutAValueStopsTheStart(string name)
    {
        using var service = new ServiceWith(("Access:Keys:web:Hash", new string('a', 64)), (name, ""));

        var fault = Assert.Throws<OptionsValidationException>(() => service.Client);

        Assert.Contains($"{name} is empty. It must be ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GrpcOnAPortThatIsTakenStopsTheStartWithTheReason()
    {
        var port = OpenInference.SmallModelService.FreePort();
        var address = $"http://127.0.0.1:{port}";
        using var service = new ServiceWith(("Urls", address), ("Grpc:Url", address));

        Assert.Contains(
            "a port of its own",
            Assert.ThrowsAny<Exception>(() => service.Client).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void AnInvalidVersionPolicyStopsTheStartWithTheValidForms()
    {
        using var service = new ServiceWith(("Models:Versions:mnist", "latest:0"));

        var fault = Assert.Throws<OptionsValidationException>(() => service.Client);

        Assert.All(
            ["Models:Versions:mnist", "'latest:0'", "all", "latest:n", "1,3"],
            text => Assert.Contains(text, fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void AnUnknownLogLevelStopsTheStart()
    {
        using var service = new ServiceWith(("Serilog:MinimumLevel:Default", "Loud"));

        Assert.Contains("Loud", Assert.ThrowsAny<Exception>(() => service.Client).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUnknownLogFormatStopsTheStart()
    {
        using var service = new ServiceWith(("Serilog:Format", "xml"));

        Assert.Contains("xml", Assert.ThrowsAny<Exception>(() => service.Client).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheLimitsComeFromTheSettings()
    {
        using var service = new ServiceWith(
            ("Limits:MaxRequestBodyBytes", "400"),
            ("Limits:MaxImagePixels", "4000"),
            ("Limits:MaxImagesPerRequest", "1"));

        (await service.ClassifyAsync(RunningService.Seven)).IsProblem(413, "body-too-large", "400");
        (await service.PostAsync("/classify", """{"images": ["AAAA", "AAAA"]}""")).IsProblem(
            413,
            "too-many-images",
            "more than 1 ");
    }

    [Fact]
    public async Task ThePixelLimitIsCheckedInTheHeader()
    {
        using var service = new ServiceWith(("Limits:MaxImagePixels", "4000"));

        (await service.ClassifyAsync(RunningService.Seven)).IsProblem(413, "image-too-large", "96", "4000");
    }

    private static IEnumerable<string> SettingsOf<T>(string section) => typeof(T)
        .GetProperties()
        .Where(property => (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType).IsValueType)
        .Select(property => $"{section}:{property.Name}");
}
