using Microsoft.Extensions.Configuration;
using SoftmaxService.Api.Settings;

namespace SoftmaxService.Api.Tests.Settings;

public sealed class ServiceAddressTests
{
    [Theory]
    [InlineData("http://127.0.0.1:5000/health/live")]
    [InlineData("http://127.0.0.1:8080/health/live", "urls=http://*:8080")]
    [InlineData("http://127.0.0.1:8080/health/live", "Urls=http://+:8080")]
    [InlineData("http://127.0.0.1:8080/health/live", "urls=http://0.0.0.0:8080")]
    [InlineData("http://127.0.0.1:8080/health/live", "urls=http://localhost:8080")]
    [InlineData("http://127.0.0.1:8080/health/live", "urls=http://service.example:8080")]
    [InlineData("http://[::1]:8080/health/live", "urls=http://[::]:8080")]
    [InlineData("http://10.1.2.3:8080/health/live", "urls=http://10.1.2.3:8080")]
    [InlineData("http://127.0.0.1:8080/base/health/live", "urls=http://*:8080/base")]
    [InlineData("http://127.0.0.1:8080/health/live", "urls=https://*:8443;http://*:8080")]
    [InlineData("https://127.0.0.1:8443/health/live", "urls=https://*:8443")]
    [InlineData("http://127.0.0.1:8081/health/live", "http_ports=8081;8082")]
    [InlineData("http://127.0.0.1:8080/health/live", "urls=http://*:8080", "http_ports=8081")]
    public void APathIsProbedAtTheServicesAddress(string expected, params string[] settings)
    {
        var pairs = settings
            .Select(setting => setting.Split('=', 2))
            .Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1]));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(pairs).Build();

        Assert.Equal(expected, ServiceAddress.Of("/health/live", configuration).AbsoluteUri);
    }
}
