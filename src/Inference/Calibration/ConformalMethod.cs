using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Calibration;

/// <summary>The score that a prediction set is made by: how badly a class fits an image. Names as in a manifest.</summary>
public enum ConformalMethod
{
    /// <summary>
    /// Least ambiguous set-valued classifier: <c>1 − p_y</c>. The smallest sets on average; empty where no class is likely enough.
    /// Sadinle, Lei and Wasserman, "Least Ambiguous Set-Valued Classifiers With Bounded Error Levels", 2019.
    /// </summary>
    [JsonStringEnumMemberName("lac")]
    Lac,

    /// <summary>
    /// Adaptive prediction sets: the probabilities of all classes down to y, y's own with them. Larger sets, larger still where the image is hard.
    /// Romano, Sesia and Candès, "Classification with Valid and Adaptive Coverage", 2020, without the random number.
    /// </summary>
    [JsonStringEnumMemberName("aps")]
    Aps,

    /// <summary>
    /// Adaptive prediction sets as published: the probabilities of all classes above y, and a uniformly random share of y's own.
    /// Served without randomness, none of y's own counted, which can only add classes.
    /// </summary>
    [JsonStringEnumMemberName("aps-randomized")]
    RandomizedAps,
}
