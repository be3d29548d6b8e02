using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Tests.Wire;

[Collection(nameof(RunningService))]
public sealed class JsonContractTests(RunningService service)
{
    [Fact]
    public void Contract_OfWhatTheFrameworkAsksFor_IsNotMadeByReflection()
    {
        var options = service.Services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;

        Assert.IsAssignableFrom<JsonSerializerContext>(options.GetTypeInfo(typeof(object)).OriginatingResolver);
    }
}
