using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Tests.Documentation;

public sealed class ProblemCodeTests
{
    [Fact]
    public void EveryProblemCodeIsListed()
    {
        var text = Repository.ReadText("docs/http-api.md");
        var codes = typeof(Problem).GetFields().Select(field => field.GetValue(null)).OfType<Problem>()
            .Where(problem => problem.Status < 500).ToArray();

        Assert.NotEmpty(codes);
        Assert.All(codes, problem => Assert.Contains($"`{problem.Code}`", text, StringComparison.Ordinal));
    }
}
