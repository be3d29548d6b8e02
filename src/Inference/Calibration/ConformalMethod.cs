using System.Text.Json.Serialization;

namespace SoftmaxService.Inference.Calibration;

/// <summary>
/// The score that makes a prediction set: how badly a class fits an image. The names are those in a manifest.
/// </summary>
public enum ConformalMethod
{
    /// <summary>
    /// Least ambiguous set-valued classifier: <c>1 − p_y</c>. The smallest sets on average; empty where no class is
    /// likely enough. Sadinle, Lei and Wasserman, "Least Ambiguous Set-Valued Classifiers With Bounded Error Levels",
    /// 2019.
    /// </summary>
    [JsonStringEnumMemberName("lac")]
    Lac,

    /// <summary>
    /// Adaptive prediction sets: the sum of the probabilities of y and all classes above it. Larger sets, especially
    /// for hard images. Romano, Sesia and Candès, "Classification with Valid and Adaptive Coverage", 2020, without the
    /// random number.
    /// </summary>
    [JsonStringEnumMemberName("aps")]
    Aps,

    /// <summary>
    /// Adaptive prediction sets as published: the sum of the probabilities of all classes above y, and a uniformly
    /// random share of that of y. Served without randomness and without the share of y, which can only add classes.
    /// </summary>
    [JsonStringEnumMemberName("aps-randomized")]
    RandomizedAps,
}
