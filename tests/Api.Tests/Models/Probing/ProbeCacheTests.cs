using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using SoftmaxService.Api.Models.Probing;

namespace SoftmaxService.Api.Tests.Models.Probing;

public sealed class ProbeCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void WhatHasPassedIsKnownToOtherProcesses()
    {
        Open().Add(Key(1));

        Assert.True(Open().HasPassed(Key(1)));
        Assert.False(Open().HasPassed(Key(2)));
    }

    [Fact]
    public void WithoutAFolderItIsKnownToThisProcess()
    {
        var cache = new ProbeCache(folder: null, NullLogger.Instance);
        cache.Add(Key(1));

        Assert.True(cache.HasPassed(Key(1)));
    }

    [Fact]
    public void TheOldestAreForgottenAndOtherFilesAreKept()
    {
        var other = _folder.Write(new string('x', 64), "");
        var notEmpty = _folder.Write(Key(9999), "text");
        var old = DateTime.UtcNow.AddDays(-1);
        File.SetLastWriteTimeUtc(other, old.AddDays(-1));
        File.SetLastWriteTimeUtc(notEmpty, old.AddDays(-1));
        for (var i = 0; i < 1000; i++)
        {
            File.SetLastWriteTimeUtc(_folder.Write(Key(i), ""), old.AddSeconds(i));
        }

        Open().Add(Key(1000));

        Assert.False(Open().HasPassed(Key(0)));
        Assert.All([1, 999, 1000], i => Assert.True(Open().HasPassed(Key(i))));
        Assert.True(File.Exists(other) && File.Exists(notEmpty));
    }

    public void Dispose() => _folder.Dispose();

    private static string Key(int number) => number.ToString("x64", CultureInfo.InvariantCulture);

    private ProbeCache Open() => new(_folder.Path, NullLogger.Instance);
}
