using System.Text;
using SoftmaxService.Api.Endpoints.Images;
using SoftmaxService.Api.Problems;
using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Tests.Endpoints.Images;

public sealed class ClassifyJsonRequestTests
{
    [Theory]
    [InlineData("""{"images": ["", "", ""]}""")]
    [InlineData("\uFEFF{\"images\": [\"\", \"\", \"\"]}")]
    [InlineData("""{"image": "a", "images": ["a", "b", "c", """)]
    public void RejectTooMany_MoreImages_Throws(string json) =>
        Assert.Equal(
            Problem.TooManyImages, Assert.Throws<RequestException>(() => RejectTooMany(json, maxImages: 2)).Problem);

    [Theory]
    [InlineData("""{"images": ["", ""]}""")]
    [InlineData("""{"other": ["a", "b", "c"], "images": [""]}""")]
    [InlineData("""{"images": [["a", "b", "c"]]}""")]
    [InlineData("""{"images": {"images": ["a", "b", "c"]}}""")]
    [InlineData("""{"images": ["", "" "" ""]}""")]
    public void RejectTooMany_Others_AreLeftToTheSerializer(string json) => RejectTooMany(json, maxImages: 2);

    private static void RejectTooMany(string json, int maxImages)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        using var body = new PooledBody();
        body.Fill(stream, int.MaxValue, CancellationToken.None);
        ClassifyJsonRequest.RejectTooMany(body, maxImages);
    }
}
