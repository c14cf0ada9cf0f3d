// Real processes beside each other would only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
