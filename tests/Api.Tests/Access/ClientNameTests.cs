using Grpc.Core;
using SoftmaxService.Api.OpenInference.Wire;

namespace SoftmaxService.Api.Tests.Access;

/// <summary>The names of models and versions that clients send.</summary>
[Collection(nameof(KeyedService))]
public sealed class ClientNameTests(KeyedService service)
{
    /// <summary>Names that would point outside the repository if they were used in a path.</summary>
    [Theory]
    [InlineData("..")]
    [InlineData("../plain")]
    [InlineData("plain/../../etc")]
    [InlineData("/etc")]
    [InlineData("/")]
    [InlineData("C:\\")]
    [InlineData("..\\..\\etc")]
    [InlineData("plain\0")]
    [InlineData("plain\n")]
    [InlineData("．．／etc")]
    [InlineData("․․/etc")]
    [InlineData("..%2f..%2fetc")]
    [InlineData("\u202eplain")]
    [InlineData("plaın")]
    [InlineData("PLAIN")]
    [InlineData(".")]
    [InlineData("")]
    public async Task ANameFromAClientNeverMakesAPath(string name)
    {
        var encoded = Uri.EscapeDataString(name);
        foreach (var path in new[]
            {
                $"/v2/repository/models/{encoded}/load",
                $"/v2/repository/models/{encoded}/unload",
                $"/v2/models/{encoded}/infer",
                $"/v2/models/plain/versions/{encoded}/infer",
                $"/classify?model={encoded}",
                $"/classify?version={encoded}",
            })
        {
            var answer = await service.SendAsync(HttpMethod.Post, path, (KeyedService.Header, KeyedService.Both));
            Assert.True(answer.Status is 400 or 404 or 405, $"{path}: {answer.Status}");
        }

        foreach (var path in new[]
            {
                $"/models/{encoded}",
                $"/models/plain/{encoded}",
                $"/models/{encoded}/1/reliability.svg",
                $"/models/plain/{encoded}/reliability.svg",
            })
        {
            var answer = await service.SendAsync(HttpMethod.Get, path, (KeyedService.Header, KeyedService.Both));
            Assert.True(
                answer.Status is 200 or 302 or 400 or 404 && answer.MediaType != "image/svg+xml",
                $"{path}: {answer.Status}");
        }

        Assert.Equal(
            StatusCode.NotFound,
            await service.StatusOfAsync(
                KeyedService.Both,
                (client, key) =>
                    client.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = name }, key)));
        Assert.Equal(
            StatusCode.NotFound,
            await service.StatusOfAsync(
                KeyedService.Both,
                (client, key) =>
                    client.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = name }, key)));
        if (name.Length > 0)
        {
            Assert.Equal(
                StatusCode.NotFound,
                await service.StatusOfAsync(
                    KeyedService.Both,
                    (client, key) =>
                        client.ModelMetadataAsync(new ModelMetadataRequest { Name = "plain", Version = name }, key)));
        }
    }
}
