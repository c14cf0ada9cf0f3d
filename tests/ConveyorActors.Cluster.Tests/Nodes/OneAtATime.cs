// A cluster is several nodes that watch each other: two of them at a time on a small machine take each other's
// processor for a failure.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
