namespace SoftmaxService.Api.Tests;

/// <summary>All tests that change nothing share one running service.</summary>
[CollectionDefinition(nameof(RunningService))]
public sealed class RunningServiceGroup : ICollectionFixture<RunningService>;
