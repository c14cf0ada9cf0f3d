// Systems of actors beside each other take each other's threads, and an answer that comes late is no answer.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
