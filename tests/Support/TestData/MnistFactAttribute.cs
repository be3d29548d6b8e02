namespace SoftmaxService.Tests.Support.TestData;

/// <summary>
/// A test that requires the MNIST test images and possibly other shared data. It is skipped with a reason if they are
/// missing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MnistFactAttribute : FactAttribute
{
    public MnistFactAttribute(params string[] alsoNeeded)
    {
        Skip = SharedData.WhyMissing([MnistTestData.ImageFile, MnistTestData.LabelFile, .. alsoNeeded]);
    }
}

/// <summary>Like <see cref="MnistFactAttribute"/>, for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MnistTheoryAttribute : TheoryAttribute
{
    public MnistTheoryAttribute(params string[] alsoNeeded)
    {
        Skip = SharedData.WhyMissing([MnistTestData.ImageFile, MnistTestData.LabelFile, .. alsoNeeded]);
    }
}
