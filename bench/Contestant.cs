namespace SoftmaxService.Benchmarks;

/// <summary>
/// One way to do the work of a shape. It repeats the work itself, so that a call of 12 ns is not measured through a
/// delegate.
/// </summary>
internal abstract class Contestant(string name, Shape shape)
{
    public const float Temperature = 1.3f;

    public string Name => name;

    protected Shape Shape => shape;

    public abstract void Run(int repetitions);
}
