namespace SoftmaxService.Benchmarks;

/// <summary>
/// One implementation of the work of a shape. It contains the loop of repetitions, so that a call of 12 ns is not
/// measured through a delegate.
/// </summary>
internal abstract class Contestant(string name, Shape shape)
{
    public const float Temperature = 1.3f;

    public string Name => name;

    protected Shape Shape => shape;

    public abstract void Run(int repetitions);
}
