namespace SoftmaxService.Api.Tests;

/// <summary>All read-only tests share one running service.</summary>
[CollectionDefinition(nameof(RunningService))]
public sealed class RunningServiceGroup : ICollectionFixture<RunningService>;
