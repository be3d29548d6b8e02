// libtorch has one random state per process, so parallel tests would consume each other's random numbers.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
