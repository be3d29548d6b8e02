namespace SoftmaxService.Inference.Imaging;

/// <summary>Chooses the grey behind a partly transparent drawing, so that its ink remains visible.</summary>
internal static class TransparentGround
{
    private const int Black = 0;
    private const int White = 255;

    /// <summary>
    /// The opposite of the ink: black ink gets white and white ink gets black. If the opaque part is itself a sheet
    /// with ink on it, such as a scan with rounded corners, the transparent part continues the sheet.
    /// </summary>
    public static byte Choose(PixelBuffer picture)
    {
        if (picture.IsOpaque || picture.Channels == 1)
        {
            return White;
        }

        Span<long> weights = stackalloc long[256];
        weights.Clear();
        long covered = 0;
        for (var y = 0; y < picture.Height; y++)
        {
            var row = picture.Row(y);
            for (var i = 0; i + 3 < row.Length; i += 4)
            {
                weights[Luma.FromRgb(row[i], row[i + 1], row[i + 2])] += row[i + 3];
                covered += row[i + 3];
            }
        }

        long dark = 0, sum = 0;
        for (var luma = 0; luma < 256; luma++)
        {
            sum += luma * weights[luma];
            dark += luma < 128 ? weights[luma] : 0;
        }

        var light = covered - dark;
        var isSheet = covered > 255L * picture.Width * picture.Height / 2 && Math.Min(dark, light) > covered / 200;
        if (isSheet)
        {
            return (byte)(light > dark ? White : Black);
        }

        return (byte)(sum < 128 * covered ? White : Black);
    }
}
