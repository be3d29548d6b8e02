using System.CommandLine;
using SoftmaxService.Cli.Models;
using SoftmaxService.Cli.Output;
using SoftmaxService.Cli.Verification;

namespace SoftmaxService.Cli.Commands;

/// <summary>
/// <c>softmax verify MODEL --image FILE</c>: whether the service sees of an image what the maker's code saw.
/// </summary>
internal static class VerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = CommonOptions.Model();
        var image = new Option<string>("--image")
        {
            Description = "The image that the maker's code was given.",
            HelpName = "FILE",
            Required = true,
        };
        var input = new Option<string?>("--input")
        {
            Description = "The tensor that the maker's code made of it, as .npy or .npz.",
            HelpName = "FILE",
        };
        var output = new Option<string?>("--output")
        {
            Description = "The logits or probabilities that the maker's code got for it, as .npy or .npz.",
            HelpName = "FILE",
        };
        var json = CommonOptions.Json();
        var command = new Command(
            "verify",
            "Compares what the service makes of an image with what the maker's code made of it, and says which recipe "
                + $"fits better. Ends with {ExitCode.Differs} where they differ.")
        {
            model,
            image,
            input,
            output,
            json,
        };
        command.Runs(terminal, (parsed, cancellationToken) =>
        {
            var (inputPath, outputPath) = (parsed.GetValue(input), parsed.GetValue(output));
            if (inputPath is null && outputPath is null)
            {
                throw new UsageException("Say --input FILE, --output FILE or both: there is nothing to compare with.");
            }

            var location = ModelLocation.Find(parsed.GetRequiredValue(model));
            using var loaded = location.Load();
            var verified = VerifiedModel.Of(
                loaded,
                location.FullName,
                parsed.GetRequiredValue(image),
                inputPath,
                outputPath,
                cancellationToken);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Output, verified);
            }
            else
            {
                VerificationText.Print(verified, terminal);
            }

            return Task.FromResult(verified.Agrees ? ExitCode.Ok : ExitCode.Differs);
        });
        return command;
    }
}
