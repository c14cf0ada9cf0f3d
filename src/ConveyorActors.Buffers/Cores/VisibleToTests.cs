using System.Runtime.CompilerServices;

// The actors remove and recreate pipelines: they pass on a stage's last sequence, and use services without metrics for queries.
[assembly: InternalsVisibleTo("ConveyorActors.Actors")]
[assembly: InternalsVisibleTo("ConveyorActors.Storage")]

// The tests look at the padding and at who sleeps, and make drainers die.
[assembly: InternalsVisibleTo("ConveyorActors.Buffers.Tests")]
