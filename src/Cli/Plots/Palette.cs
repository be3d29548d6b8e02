using ScottPlot;

namespace SoftmaxService.Cli.Plots;

/// <summary>
/// Colours that the colour-blind tell apart: Okabe and Ito, "Color Universal Design", 2008. Text and lines that must be
/// read are near black.
/// </summary>
internal static class Palette
{
    public static Color Blue { get; } = Color.FromHex("#0072B2");

    public static Color SkyBlue { get; } = Color.FromHex("#56B4E9");

    public static Color Vermillion { get; } = Color.FromHex("#D55E00");

    public static Color Orange { get; } = Color.FromHex("#E69F00");

    public static Color Green { get; } = Color.FromHex("#009E73");

    public static Color Ink { get; } = Color.FromHex("#222222");

    public static Color Faint { get; } = Color.FromHex("#DDDDDD");

    /// <summary>From white (0) to a colour (1).</summary>
    public static Color Tint(this Color color, double strength)
    {
        return new Color(Mix(color.R), Mix(color.G), Mix(color.B));

        byte Mix(byte channel) => (byte)Math.Round(255 + ((channel - 255) * Math.Clamp(strength, 0, 1)));
    }
}
