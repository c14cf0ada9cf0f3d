using System.Runtime.CompilerServices;

// The actors remove and recreate pipelines: they pass on a stage's last sequence, and use services without metrics for
// queries.
[assembly: InternalsVisibleTo("ConveyorActors.Actors")]

// The stores share the byte format of records; the others share the formatting of names and ids in messages, the
// search for a similar name, and the links from leases to traces.
[assembly: InternalsVisibleTo("ConveyorActors.Storage")]
[assembly: InternalsVisibleTo("ConveyorActors.Streams")]
[assembly: InternalsVisibleTo("ConveyorActors.Persistence")]
[assembly: InternalsVisibleTo("ConveyorActors.Cluster")]
[assembly: InternalsVisibleTo("ConveyorActors.Http")]
[assembly: InternalsVisibleTo("ConveyorActors.Hosting")]
[assembly: InternalsVisibleTo("conveyor")]
[assembly: InternalsVisibleTo("conveyor-node")]

// The tests check the padding and which threads sleep, and make drainers die.
[assembly: InternalsVisibleTo("ConveyorActors.Buffers.Tests")]
