using SoftmaxService.Cli.Tests.Verification;
using SoftmaxService.Inference.Arrays;

namespace SoftmaxService.Cli.Tests.Commands;

public sealed class VerifyCommandTests
{
    private const string Torchvision =
        """
        { "color": "rgb", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
          "resize": "crop", "resizeTo": 54, "round": true }
        """;

    private static readonly int[] Planes = [3, MakersTensors.Side, MakersTensors.Side];

    [Fact]
    public async Task TheRightRecipeAgreesInTensorAndScores()
    {
        using var data = new MakersTensors().With(Torchvision);

        var (code, found) = await data.VerifyJsonAsync(
            "--input", data.WriteTensor("torchvision"), "--output", data.WriteScores("torchvision"));

        Assert.Equal((0, true), (code, (bool)found["agrees"]!));
        Assert.InRange((double)found["tensor"]!["meanLevels"]!, 0, 0.05);
        Assert.Equal(1, (double)found["tensor"]!["withinTwoLevels"]!);
        Assert.InRange((double)found["scores"]!["mean"]!, 0, 0.01);
        Assert.True((bool)found["scoresOfGivenTensor"]!["agrees"]!);
        Assert.Null(found["better"]);
        Assert.Equal(5, found["served"]!.AsArray().Count);
        Assert.Equal(
            found["served"]!.AsArray().Select(one => (int)one!["index"]!),
            found["given"]!.AsArray().Select(one => (int)one!["index"]!));
    }

    [Fact]
    public async Task TheLargestDifferenceIsFoundWhereItIs()
    {
        var values = MakersTensors.Of("torchvision").ToFloats();
        values[(((1 * MakersTensors.Side) + 7) * MakersTensors.Side) + 30] += 2;
        using var data = new MakersTensors().With(Torchvision);

        var (code, found) = await data.VerifyJsonAsync("--input", data.Write("tensor", values, [1, .. Planes]));

        var tensor = found["tensor"]!;
        Assert.Equal(0, code); // 1 of 6912 elements
        Assert.Equal((1, 7, 30), ((int)tensor["channel"]!, (int)tensor["row"]!, (int)tensor["column"]!));
        Assert.Equal(2, (double)tensor["max"]!, 0.05);
        Assert.Equal(2 * 0.224 * 255, (double)tensor["mostLevels"]!, 3.0);
    }

    /// <summary>99.9 % of the elements must be within two levels.</summary>
    [Theory]
    [InlineData(6, 0)]
    [InlineData(7, 5)]
    public async Task MoreThanAThousandthOfTheElementsMustNotDiffer(int changed, int code)
    {
        var values = MakersTensors.Of("torchvision").ToFloats();
        for (var i = 0; i < changed; i++)
        {
            values[997 * i] += 0.1f;
        }

        using var data = new MakersTensors().With(Torchvision);

        var (actual, found) = await data.VerifyJsonAsync("--input", data.Write("tensor", values, [1, .. Planes]));

        Assert.True(code == actual, found["tensor"]!.ToJsonString());
    }

    [Fact]
    public async Task ATensorWithoutTheBatchAxisIsAccepted()
    {
        using var data = new MakersTensors().With(Torchvision);

        var tensor = data.Write("tensor", MakersTensors.Of("torchvision").ToFloats(), Planes);

        Assert.Equal(0, (await data.VerifyAsync("--input", tensor)).ExitCode);
    }

    [Fact]
    public async Task ATensorWithChannelsLastIsTransposedAndSaidSo()
    {
        var planes = MakersTensors.Of("torchvision").ToFloats();
        var pixels = MakersTensors.Side * MakersTensors.Side;
        float[] values = [.. Enumerable.Range(0, planes.Length).Select(i => planes[(i % 3 * pixels) + (i / 3)])];
        using var data = new MakersTensors().With(Torchvision);

        var run = await data.VerifyAsync(
            "--input", data.Write("tensor", values, MakersTensors.Side, MakersTensors.Side, 3));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("[48, 48, 3] is that of NHWC", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATensorThatWasReshapedInsteadOfTransposedIsRecognized()
    {
        var planes = MakersTensors.Of("torchvision").ToFloats();
        var pixels = MakersTensors.Side * MakersTensors.Side;
        float[] values = [.. Enumerable.Range(0, planes.Length).Select(i => planes[(i % 3 * pixels) + (i / 3)])];
        using var data = new MakersTensors().With(Torchvision);

        var run = await data.VerifyAsync("--input", data.Write("tensor", values, [1, .. Planes]));

        Assert.Equal(5, run.ExitCode);
        Assert.Matches(@"reshaped\s+where\s+it\s+must\s+be\s+transposed", run.Output);
    }

    [Fact]
    public async Task ATensorWithRowsAndColumnsExchangedIsRecognized()
    {
        var planes = MakersTensors.Of("torchvision").ToFloats();
        const int Side = MakersTensors.Side;
        float[] values =
        [
            .. Enumerable.Range(0, planes.Length)
                .Select(i => planes[(i / (Side * Side) * Side * Side) + (i % Side * Side) + (i / Side % Side)]),
        ];
        using var data = new MakersTensors().With(Torchvision);

        var run = await data.VerifyAsync("--input", data.Write("tensor", values, [1, .. Planes]));

        Assert.Equal(5, run.ExitCode);
        Assert.Contains("rows and columns exchanged", run.Output, StringComparison.Ordinal);
    }

    /// <summary>Of another image no order of the numbers is near, and none is called the mistake.</summary>
    [Fact]
    public async Task ATensorOfAnotherImageIsNotCalledReshaped()
    {
        float[] means = [0.6f, -0.5f, -0.6f];
        float[] values =
        [
            .. from channel in Enumerable.Range(0, 3)
               from row in Enumerable.Range(0, MakersTensors.Side)
               from column in Enumerable.Range(0, MakersTensors.Side)
               select means[channel] + (0.25f * MathF.Sin((column / 6f) + channel)) + (0.1f * MathF.Cos(row / 4f)),
        ];
        using var data = new MakersTensors().With(Torchvision);

        var run = await data.VerifyAsync("--input", data.Write("other", values, [1, .. Planes]));

        Assert.Equal(5, run.ExitCode);
        Assert.DoesNotContain("reshaped", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("exchanged", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ShapesThatDoNotFitAreToldBoth()
    {
        using var data = new MakersTensors().With(Torchvision);

        var batch = await data.VerifyAsync("--input", data.Write("batch", new float[2 * 3 * 48 * 48], [2, .. Planes]));
        var small = await data.VerifyAsync("--input", data.Write("small", new float[3 * 32 * 32], 1, 3, 32, 32));
        var scores = await data.VerifyAsync("--output", data.Write("scores", new float[11], 1, 11));

        Assert.Equal((1, 1, 1), (batch.ExitCode, small.ExitCode, scores.ExitCode));
        Assert.Contains("[2, 3, 48, 48], but the service makes [1, 3, 48, 48]", batch.Error, StringComparison.Ordinal);
        Assert.Contains("one image, not of 2", batch.Error, StringComparison.Ordinal);
        Assert.Contains("[1, 3, 32, 32], but the service makes [1, 3, 48, 48]", small.Error, StringComparison.Ordinal);
        Assert.Contains("[1, 11], but the model has 10 classes", scores.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OfAnArchiveTheArrayThatFitsIsTaken()
    {
        using var data = new MakersTensors().With(Torchvision);
        var tensor = MakersTensors.Of("torchvision");
        var archive = data.WriteArchive(
            "both.npz",
            ("x", tensor),
            ("y", NumpyArray.OfFloats(MakersTensors.Scores("torchvision"), [MakersTensors.ClassCount])));
        var unclear = data.WriteArchive("two.npz", ("x", tensor), ("z", tensor));

        var run = await data.VerifyAsync("--input", archive, "--output", archive);
        var rejected = await data.VerifyAsync("--input", unclear);

        Assert.Equal((0, 1), (run.ExitCode, rejected.ExitCode));
        Assert.Contains("more than one of its arrays fits", rejected.Error, StringComparison.Ordinal);
        Assert.Contains("x [1, 3, 48, 48], z [1, 3, 48, 48]", rejected.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProbabilitiesAndLogarithmsAreComparedAsSuch()
    {
        var logits = MakersTensors.Scores("torchvision");
        var sum = logits.Sum(logit => Math.Exp(logit));
        float[] probabilities = [.. logits.Select(logit => (float)(Math.Exp(logit) / sum))];
        using var data = new MakersTensors().With(Torchvision);

        var (code, found) = await data.VerifyJsonAsync("--output", data.Write("p", probabilities, 10));
        var (codeOfLogarithms, logarithms) = await data.VerifyJsonAsync(
            "--output", data.Write("l", [.. probabilities.Select(value => MathF.Log(value))], 1, 10, 1, 1));

        Assert.Equal((0, 0), (code, codeOfLogarithms));
        Assert.Equal("probabilities", (string?)found["scores"]!["comparedAs"]);
        Assert.Equal("log-probabilities", (string?)logarithms["scores"]!["comparedAs"]);
    }

    [Fact]
    public async Task ScoresOfAnotherGraphAreToldFromAnotherRecipe()
    {
        using var data = new MakersTensors().With(Torchvision);

        var run = await data.VerifyAsync(
            "--input", data.WriteTensor("torchvision"), "--output", data.WriteScores("torchvision", seed: 9));

        Assert.Equal(5, run.ExitCode);
        Assert.Contains("Even on your tensor the model gives other scores", run.Output, StringComparison.Ordinal);
        Assert.Contains("the recipe is right", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheTextSaysWhatDiffersAndWhatToState()
    {
        using var data = new MakersTensors().With(Torchvision.Replace("rgb", "bgr", StringComparison.Ordinal));

        var run = await data.VerifyAsync(
            "--input", data.WriteTensor("torchvision"), "--output", data.WriteScores("torchvision"));

        Assert.Equal(5, run.ExitCode);
        Assert.Contains("8-bit levels", run.Output, StringComparison.Ordinal);
        Assert.Contains("Another recipe, torchvision, agrees with yours", run.Output, StringComparison.Ordinal);
        Assert.Matches("input.color +\"bgr\" +\"rgb\"", run.Output);
        Assert.Contains("\"color\": \"rgb\"", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"mean\":", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatCannotBeComparedIsRejected()
    {
        using var data = new MakersTensors().With(Torchvision);
        var tensor = data.WriteTensor("torchvision");

        var nothing = await data.VerifyAsync();
        var missing = await data.VerifyAsync("--input", tensor + "x");
        var folder = await data.VerifyAsync("--input", Path.GetDirectoryName(tensor)!);
        var damaged = await data.VerifyAsync("--input", MakersTensors.Image);
        var notANumber = await data.VerifyAsync(
            "--input", data.Write("nan", [.. Enumerable.Repeat(float.NaN, 3 * 48 * 48)], Planes));
        var picture = await CommandRun.OfAsync("verify", data.ModelPath, "--image", tensor, "--input", tensor);
        var noImage = await CommandRun.OfAsync("verify", data.ModelPath, "--input", tensor);

        Assert.Equal((2, 2), (nothing.ExitCode, noImage.ExitCode));
        Assert.Equal(
            (1, 1, 1, 1, 1),
            (missing.ExitCode, folder.ExitCode, damaged.ExitCode, notANumber.ExitCode, picture.ExitCode));
        Assert.Contains("--input FILE, --output FILE or both", nothing.Error, StringComparison.Ordinal);
        Assert.Contains("it is a folder; give a file", folder.Error, StringComparison.Ordinal);
        Assert.Contains("does not begin as a .npy file does", damaged.Error, StringComparison.Ordinal);
        Assert.Contains("element 0 is NaN", notANumber.Error, StringComparison.Ordinal);
    }
}
