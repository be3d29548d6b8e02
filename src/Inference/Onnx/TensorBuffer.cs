using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// The memory of a tensor that ONNX Runtime reads and writes in place. It has room for one or more items, of which the
/// first form a smaller batch.
/// </summary>
internal sealed class TensorBuffer : IDisposable
{
    private readonly TensorElementType _element;
    private readonly long[] _shape;
    private readonly byte[] _memory;
    private readonly OrtValue?[] _values;

    /// <param name="element">The element type.</param>
    /// <param name="shape">The shape of one item; its first axis counts items if there is room for several.</param>
    /// <param name="capacity">The largest number of items.</param>
    public TensorBuffer(TensorElementType element, ReadOnlySpan<int> shape, int capacity = 1)
    {
        _element = element;
        _shape = [.. shape];
        ItemBytes = BytesOf(element, shape);
        _memory = GC.AllocateArray<byte>(checked(ItemBytes * capacity), pinned: true);
        _values = new OrtValue?[capacity + 1];
    }

    public int ItemBytes { get; }

    public Span<byte> Bytes => _memory;

    public static int BytesOf(TensorElementType element, ReadOnlySpan<int> shape)
    {
        var bytes = TensorElements.SizeOf(element);
        foreach (var size in shape)
        {
            bytes = checked(bytes * size);
        }

        return bytes;
    }

    public Span<byte> Item(int index) => _memory.AsSpan(index * ItemBytes, ItemBytes);

    /// <summary>The first items as ONNX Runtime's value, made once per count.</summary>
    public OrtValue Value(int count) => _values[count] ??= OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance,
        TensorElements.ToOrt(_element),
        _values.Length == 2 ? _shape : [count, .. _shape[1..]],
        Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0),
        (long)ItemBytes * count);

    public void Dispose()
    {
        foreach (var value in _values)
        {
            value?.Dispose();
        }

        // The values know only its address. A method that makes a buffer, runs the model and disposes the buffer needs
        // the values alone once it is optimized, and the memory would be freed during the run.
        GC.KeepAlive(_memory);
    }
}
