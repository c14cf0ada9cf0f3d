using System.Runtime.CompilerServices;

// The actors remove and recreate pipelines: they pass on a stage's last sequence, and use services without metrics for
// queries.
[assembly: InternalsVisibleTo("ConveyorActors.Actors")]

// What the stores share is how a record stands in bytes; the cluster and the program share how a name is written, and
// which one is near.
[assembly: InternalsVisibleTo("ConveyorActors.Storage")]
[assembly: InternalsVisibleTo("ConveyorActors.Persistence")]
[assembly: InternalsVisibleTo("ConveyorActors.Cluster")]
[assembly: InternalsVisibleTo("ConveyorActors.Http")]
[assembly: InternalsVisibleTo("conveyor")]
[assembly: InternalsVisibleTo("conveyor-node")]

// The tests look at the padding and at who sleeps, and make drainers die.
[assembly: InternalsVisibleTo("ConveyorActors.Buffers.Tests")]
