using System.Globalization;
using SoftmaxService.Training;
using SoftmaxService.Training.Cifar10;
using SoftmaxService.Training.Mnist;
using SoftmaxService.Training.Runs;

TrainingOptions options;
try
{
    options = CommandLine.Parse(args);
}
catch (ArgumentException problem)
{
    Console.Error.WriteLine(problem.Message);
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}

try
{
    Action<TrainingOptions, Action<string>> run =
        options.DataSet == DataSet.Cifar10 ? Cifar10Command.Run : MnistCommand.Run;
    run(
        options,
        line => Console.WriteLine($"{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}  {line}"));
    return 0;
}
catch (Exception problem) when (problem is IOException or InvalidDataException)
{
    Console.Error.WriteLine(problem.Message);
    return 1;
}
