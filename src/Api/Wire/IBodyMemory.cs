using SoftmaxService.Api.Problems;

namespace SoftmaxService.Api.Wire;

/// <summary>A feature of requests whose bodies may grow: the memory that was reserved for the body.</summary>
internal interface IBodyMemory
{
    /// <summary>What is thrown in place of a rejection, by a library that passes on only its own exceptions.</summary>
    Func<RequestException, Exception> Rejection { set; }

    /// <summary>The bytes that are reserved, for the body or ahead of it.</summary>
    long Reserved { get; }

    /// <summary>Reserves memory for what an encoded body inflates to, beside what arrives of it.</summary>
    /// <param name="bytes">How many bytes came out of it.</param>
    /// <exception cref="RequestException">There is no such memory.</exception>
    void Reserve(int bytes);
}
