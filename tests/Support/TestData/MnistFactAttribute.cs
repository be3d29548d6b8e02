namespace SoftmaxService.Tests.Support.TestData;

/// <summary>
/// A test that needs the MNIST test images, and perhaps more of the shared data; skipped with the reason where they are
/// absent.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MnistFactAttribute : FactAttribute
{
    public MnistFactAttribute(params string[] alsoNeeded)
    {
        Skip = SharedData.WhyMissing([MnistTestData.ImageFile, MnistTestData.LabelFile, .. alsoNeeded]);
    }
}

/// <summary>As <see cref="MnistFactAttribute"/>, for a test with cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MnistTheoryAttribute : TheoryAttribute
{
    public MnistTheoryAttribute(params string[] alsoNeeded)
    {
        Skip = SharedData.WhyMissing([MnistTestData.ImageFile, MnistTestData.LabelFile, .. alsoNeeded]);
    }
}
