using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Images;

/// <summary>
/// The JSON body of a request with images, on <c>/classify</c> and <c>/preprocess</c>: exactly one of the two.
/// </summary>
internal sealed record ClassifyJsonRequest
{
    public Base64Image? Image { get; init; }

    public Base64Image[]? Images { get; init; }
}
