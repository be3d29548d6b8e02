using SoftmaxService.Api.Processes;
using SoftmaxService.Api.Processes.Decoding;
using SoftmaxService.Api.Tests.Models.Probing;
using SoftmaxService.Inference;
using SoftmaxService.Inference.Faults;
using SoftmaxService.Inference.Imaging;
using SoftmaxService.Inference.Models;
using SoftmaxService.Tests.Support.Images;

namespace SoftmaxService.Api.Tests.Processes;

public sealed class ParentProcessTests
{
    /// <summary>
    /// Its answer is larger than the pipe, so that it would wait for ever to be read: only the hang-up of its input can
    /// end it.
    /// </summary>
    [LinuxFact]
    public void ADecoderEndsWhenItsInputHangsUpWhateverItDoes()
    {
        using var process = DecoderProcess.Start(new ChildProgram(ServiceProcess.Built, []), 1 << 28);
        var decoder = new HangingUp(process);
        using var model = ClassifierModel.Load(
            Path.Combine(RunningService.RepositoryRoot, "models", "mnist", "1"), "mnist", "1",
            new ModelSettings { Decoders = decoder });
        decoder.HangsUp = true;

        var fault = Assert.Throws<InferenceException>(() => ImageClassifier.Classify(
            model, EncodedImages.Encode(1500, 1500, EncodedImages.Colorful), new ClassificationOptions()));

        Assert.True(decoder.HasEnded);
        Assert.Contains("signal SIGKILL", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Can send a request whole and then close the process's input, instead of reading the answer.</summary>
    private sealed class HangingUp(DecoderProcess process) : IDecoderPool, IDecoderLease
    {
        public bool HangsUp { private get; set; }

        public bool HasEnded { get; private set; }

        public Stream Requests => process.Requests;

        public Stream Answers
        {
            get
            {
                if (HangsUp)
                {
                    Requests.Dispose();
                    HasEnded = SpinWait.SpinUntil(() => process.HasExited, TimeSpan.FromSeconds(30));
                }

                return process.Answers;
            }
        }

        public IDecoderLease Rent(CancellationToken cancellationToken) => this;

        public string DescribeEnd() => ProcessEnd.NameOf(process.End().Code);

        public void Complete()
        {
        }

        public void Dispose()
        {
        }
    }
}
