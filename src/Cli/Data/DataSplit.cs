namespace SoftmaxService.Cli.Data;

/// <summary>Which part of a data set that comes in two.</summary>
internal enum DataSplit
{
    Train,
    Test,
}
