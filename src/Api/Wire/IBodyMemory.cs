namespace SoftmaxService.Api.Wire;

/// <summary>A feature of requests whose bodies may grow: the memory that was reserved for the body.</summary>
internal interface IBodyMemory
{
    /// <summary>Reserves memory for what an encoded body inflates to, beside what arrives of it.</summary>
    /// <param name="bytes">How many bytes came out of it.</param>
    /// <exception cref="Problems.RequestException">There is no such memory.</exception>
    void Reserve(int bytes);
}
