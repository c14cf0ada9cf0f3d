using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>What the manager keeps at a queue. A stage knows no type of the manager, so the queue has it as objects.</summary>
/// <remarks>Only this class writes them, so a cast needs no check.</remarks>
static class ManagedQueue
{
    extension(SourceQueue queue)
    {
        /// <summary>Gets or sets the source; null in a stage that stands alone.</summary>
        public SourceState? Source
        {
            get => Unsafe.As<SourceState?>(queue.SourceState);
            set => queue.SourceState = value;
        }

        /// <summary>Gets or sets the first of the source's waiters for room at the stage.</summary>
        public RoomWaiter? FirstWaiter
        {
            get => Unsafe.As<RoomWaiter?>(queue.FirstRoomWaiter);
            set => queue.FirstRoomWaiter = value;
        }

        /// <summary>Gets or sets the last of them.</summary>
        public RoomWaiter? LastWaiter
        {
            get => Unsafe.As<RoomWaiter?>(queue.LastRoomWaiter);
            set => queue.LastRoomWaiter = value;
        }
    }
}
