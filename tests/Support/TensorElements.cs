namespace SoftmaxService.Tests.Support;

/// <summary>Elements of a tensor of BYTES, as clients of the Open Inference Protocol send them.</summary>
public static class TensorElements
{
    /// <summary>The elements, each prefixed with its length.</summary>
    public static byte[] Of(params byte[][] elements) =>
        [.. elements.SelectMany(element => (byte[])[.. BitConverter.GetBytes(element.Length), .. element])];
}
