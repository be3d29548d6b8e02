// libtorch's random numbers are one state for the whole process: tests beside each other would take them from each
// other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
