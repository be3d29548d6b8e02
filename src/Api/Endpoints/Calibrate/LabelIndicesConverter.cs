using SoftmaxService.Api.Wire;

namespace SoftmaxService.Api.Endpoints.Calibrate;

/// <summary>Targets under the name that they have in calibration data.</summary>
internal sealed class LabelIndicesConverter()
    : ClassIndicesConverter("labels", "a label is the index of the right class, a whole number from 0");
