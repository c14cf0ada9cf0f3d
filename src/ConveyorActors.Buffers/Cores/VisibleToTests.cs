using System.Runtime.CompilerServices;

// The actors keep pipelines that come and go: they tell how far a stage has counted, and ask without being measured.
[assembly: InternalsVisibleTo("ConveyorActors.Actors")]
[assembly: InternalsVisibleTo("ConveyorActors.Storage")]

// The tests look at the padding and at who sleeps, and make drainers die.
[assembly: InternalsVisibleTo("ConveyorActors.Buffers.Tests")]
