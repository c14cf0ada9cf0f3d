using System.Runtime.CompilerServices;

// The tests look at the padding and at who sleeps, and make drainers die.
[assembly: InternalsVisibleTo("ConveyorActors.Buffers.Tests")]
