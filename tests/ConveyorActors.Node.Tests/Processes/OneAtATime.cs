// The tests start many processes; in parallel they would only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
