using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Tests.Hosting;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("Limits:MaxRequestBodyBytes", "0")]
    [InlineData("Limits:MaxImagePixels", "-1")]
    [InlineData("Limits:MaxImagesPerRequest", "0")]
    [InlineData("Onnx:IntraOpThreads", "0")]
    [InlineData("Grpc:Url", "localhost:5001")]
    [InlineData("Grpc:Url", "http://localhost:0")]
    [InlineData("Grpc:Url", "http://localhost:port")]
    [InlineData("Grpc:Url", "http://localhost:5001/grpc")]
    public void ASettingOutOfRangeStopsTheStart(string name, string value)
    {
        using var service = new ServiceWith((name, value));

        var fault = Assert.Throws<OptionsValidationException>(() => service.Client);

        Assert.Contains(name.Split(':')[1], fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GrpcOnAPortThatIsTakenStopsTheStartWithTheReason()
    {
        var port = OpenInference.SmallModelService.FreePort();
        using var service = new ServiceWith(("Grpc:Url", $"http://127.0.0.1:{port}"));
        service.UseKestrel(port);

        Assert.Contains("a port of its own", Assert.ThrowsAny<Exception>(() => service.Client).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALogLevelThatIsNoneStopsTheStart()
    {
        using var service = new ServiceWith(("Serilog:MinimumLevel:Default", "Loud"));

        Assert.Contains("Loud", Assert.ThrowsAny<Exception>(() => service.Client).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALogFormatThatIsNoneStopsTheStart()
    {
        using var service = new ServiceWith(("Serilog:Format", "xml"));

        Assert.Contains("xml", Assert.ThrowsAny<Exception>(() => service.Client).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheLimitsAreThoseOfTheSettings()
    {
        using var service = new ServiceWith(("Limits:MaxRequestBodyBytes", "400"), ("Limits:MaxImagePixels", "4000"), ("Limits:MaxImagesPerRequest", "1"));

        (await service.ClassifyAsync(RunningService.Seven)).IsProblem(413, "body-too-large", "400");
        (await service.PostAsync("/classify", """{"images": ["AAAA", "AAAA"]}""")).IsProblem(413, "too-many-images", "more than 1 ");
    }

    [Fact]
    public async Task APixelLimitIsHeldByTheHeader()
    {
        using var service = new ServiceWith(("Limits:MaxImagePixels", "4000"));

        (await service.ClassifyAsync(RunningService.Seven)).IsProblem(413, "image-too-large", "96", "4000");
    }
}
